"""The layers that a network lists, as places of a pass: whose units the elements of a value are."""

from __future__ import annotations

from functools import cached_property, lru_cache
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.weights.following import before
from deepvis_app.corpus.weights.incoming import Inputs
from deepvis_app.corpus.weights.layer_places import LayerPlaces
from deepvis_app.corpus.weights.origins import operations_of, origins
from deepvis_app.corpus.weights.passage import INPUT
from deepvis_app.corpus.weights.rules import Kind, activation_title, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deepvis_app.corpus.weights.following import Back, Index
    from deepvis_app.corpus.weights.operation import Operation
    from deepvis_app.corpus.weights.origins import Origin
    from deepvis_app.corpus.weights.passage import Passage
    from deepvis_app.nets import Network
    from deepvis_app.nets.taps import Site

KNOWN = 64  # layers whose places are kept


class ListedLayers:
    """A network's layers in one pass; `steps` are the numbers of their values, in order."""

    def __init__(self, network: Network, passage: Passage) -> None:
        self.network, self.passage = network, passage
        self.operations = operations_of(passage)
        self.steps = {
            info.name: passage.places[site]
            for info in network.own_layers
            if (site := network.site(info.name)) in passage.places
        }
        self._weighted: dict[str, bool] = {}  # what is known of layers: whether they have any
        self._named: dict[int, list[str]] = {}
        for name, number in self.steps.items():
            self._named.setdefault(number, []).append(name)
        self.places = lru_cache(KNOWN)(self._make_places)

    def origins(self, layer: str, units: Index, *, all_places: bool = True) -> list[Origin]:
        """Return where units of a layer come from; those without weights are in none.

        Without `all_places` only their first place is followed, which costs less.
        """
        number = self.steps.get(layer)
        if number is None:
            return []
        elements = self.places(layer).elements(units)
        elements = elements if all_places else elements[:, :1]
        return origins(self.passage, self.operations, number, elements)

    def weighted_before(self, number: int) -> str:
        """Return the last listed layer with weights that a step's value is made from."""
        known, waiting = set[int](), [number]
        while waiting:
            sources = set(self.passage.steps[waiting.pop()].sources()) - known
            known |= sources
            waiting += sources
        for each in sorted(known, reverse=True):
            for layer in self._named.get(each, ()):
                if self.has_weights(layer):
                    return layer
        return ""

    def whose(self, number: int, elements: Index) -> Inputs:
        """Return whose units elements (n,) of a step's value are.

        Of listed layers on the way back the first with weights, so that one can go on from there;
        where none has, the first.
        """
        layers: dict[str, int] = {}
        layer_of, units = np.zeros(len(elements), int), np.full(len(elements), -1)
        through: dict[str, None] = {}
        for sure in (True, False):
            for step, rows, there in self._back(number, elements, sure=sure):
                name, found = self._read(step, there, sure=sure)
                if name is None:
                    if sure and (title := self._between(step)):
                        through[title] = None
                    continue
                fresh = (found >= 0) & (units[rows] < 0)
                if fresh.any():
                    layer_of[rows[fresh]] = layers.setdefault(name, len(layers))
                    units[rows[fresh]] = found[fresh]
        return Inputs(tuple(layers) or ("",), layer_of, units, tuple(through))

    def _back(
        self, number: int, elements: Index, *, sure: bool
    ) -> Iterator[tuple[int, Index, Index]]:
        """Go back from elements (n,) up to layers: steps, numbers among the elements, elements."""
        waiting = [(number, np.arange(len(elements)), elements[:, None])]
        while waiting:
            step, rows, there = waiting.pop()
            yield step, rows, there[:, 0]
            if self._read(step, there[:, 0], sure=sure)[0] is None:
                for back in self.before(step, there):
                    waiting.append((back.step, rows[back.rows], back.elements))

    def _read(self, number: int, elements: Index, *, sure: bool) -> tuple[str | None, Index]:
        """Return which listed layer a step's value is, and whose units elements are in it.

        None: it is none, or, where it is to be `sure`, none with weights.
        """
        step = self.passage.steps[number]
        if step.name == INPUT:
            return "", elements // prod(step.shape[2:])
        names = [n for n in self._named.get(number, ()) if not sure or self.has_weights(n)]
        if not names:
            return None, elements
        found = {name: self.places(name).units(elements)[0] for name in names}
        best = max(names, key=lambda name: int((found[name] >= 0).sum()))  # tokens, class tokens
        return best, found[best]

    def has_weights(self, layer: str) -> bool:
        """Tell whether weighted operations give a layer, by its first unit."""
        if layer not in self._weighted:
            found = self.origins(layer, np.array([0]), all_places=False)
            self._weighted[layer] = bool(found)
        return self._weighted[layer]

    def _between(self, number: int) -> str:
        step = self.passage.steps[number]
        if kind_of(step) is Kind.POINTWISE:
            return activation_title(step)
        if kind_of(step) is Kind.POOLED:
            return "pooling"
        return "batch norm" if step.name == "batch_norm" else ""

    def outputs(self, operation: Operation, outputs: Index) -> tuple[str, Index]:
        """Return whose units an operation's outputs are: the first listed layer that has them."""
        first = np.array([operation.first(int(o)) for o in outputs])
        if operation.step in self._named:
            name = self._named[operation.step][0]
            return name, self.places(name).units(first)[0]
        for name, number in self.steps.items():
            if number <= operation.step:
                continue
            every = np.arange(self.network.layer(name).unit_count)
            for origin in self.origins(name, every, all_places=False):
                term = origin.terms[0]
                if term.operation is operation:
                    units = np.full(operation.count, -1)
                    units[term.outputs] = origin.rows
                    return name, units[outputs]
        return "", outputs

    def before(self, number: int, elements: Index) -> list[Back]:
        """Follow elements (n, places) of a step's value one step back."""
        return before(self.passage, self.passage.steps[number], elements)

    @cached_property
    def _sites(self) -> dict[int, Site]:
        """Where each step's value can be had: rather where a module gives it than gets it."""
        found: dict[int, Site] = {}
        for site, number in sorted(self.passage.places.items(), key=lambda each: each[0].enters):
            found.setdefault(number, site)
        return found

    def site(self, number: int) -> Site | None:
        """Return where a step's value can be had, None where no module gives or gets it."""
        return self._sites.get(number)

    def _make_places(self, layer: str) -> LayerPlaces:
        shape = self.passage.steps[self.steps[layer]].shape
        return LayerPlaces(self.network, self.network.layer(layer), shape)

    def map_size(self, layer: str, count: int) -> tuple[int, int]:
        """Return (rows, columns) of `count` places of a layer's map ("": of the input).

        It is another size where pooling came between: a square, else one row.
        """
        size = self.network.layer(layer).map_size if layer else self.network.input_shape[1:]
        if prod(size) == count:
            return size[0], size[1]
        side = round(count**0.5)
        return (side, side) if side * side == count else (1, count)
