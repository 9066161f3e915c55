"""All weights of a network by unit: one pass tells which operation reads what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.weights.following import affine
from deepvis_app.corpus.weights.incoming import Incoming, Inputs, UnitWeights
from deepvis_app.corpus.weights.listed import ListedLayers
from deepvis_app.corpus.weights.outgoing import Outgoing, readings
from deepvis_app.corpus.weights.passage import INPUT, record
from deepvis_app.corpus.weights.read_out import read_out, spread_of
from deepvis_app.corpus.weights.rules import Kind, kind_of, words
from deepvis_app.corpus.weights.spread import LayerWeights, layer_weights
from deepvis_app.errors import UserError
from deepvis_app.nets import Unit

if TYPE_CHECKING:
    import torch

    from deepvis_app.corpus.weights.following import Index
    from deepvis_app.corpus.weights.incoming import Floats
    from deepvis_app.corpus.weights.operation import Operation
    from deepvis_app.corpus.weights.origins import Origin, Term
    from deepvis_app.corpus.weights.passage import Step
    from deepvis_app.nets import Network


class WeightBook:
    """The weights of one network, by what really happens in a pass. It runs the network once.

    Weights are read when they are asked for: they are those of that moment.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._layers = ListedLayers(network, record(network))

    # Incoming

    def unit(self, unit: Unit) -> UnitWeights:
        """Return what gives a unit.

        Raises `UserError` that says so in a sentence where it has no weights, or none that can be
        followed.
        """
        self.check(unit)
        if (directions := self._network.directions(unit.layer)) is not None:
            return read_out(self._network, unit, directions, self._shape(unit.layer))
        origin = self._origin(unit)
        incoming = tuple(self._incoming(term) for term in origin.terms)
        after = tuple(each.title for each in origin.after)

        def activate(value: float, place: int) -> float:
            for each in origin.after:
                value = each(value, 0, place)
            return value

        return UnitWeights(unit, incoming, after, activate)

    def check(self, unit: Unit) -> None:
        """Raise `UserError` where the network has no such unit."""
        info = self._network.layer(unit.layer)
        if not 0 <= unit.index < info.unit_count:
            raise UserError(
                f"{unit.layer} has no unit {unit.index}",
                f"It has units 0 to {info.unit_count - 1}",
            )

    def _shape(self, layer: str) -> torch.Size:
        """Return the shape of the value that directions are read from."""
        base = self._network.base_layer(layer)
        number = self._layers.steps.get(base)
        if number is None:
            raise UserError(f"What gives {base} is not seen by torch", "Choose a layer before it")
        return self._layers.passage.steps[number].shape

    def _origin(self, unit: Unit) -> Origin:
        found = self._layers.origins(unit.layer, np.array([unit.index]))
        if not found:
            raise UserError(*self._why_none(unit))
        return found[0]

    def _why_none(self, unit: Unit) -> tuple[str, str]:
        """Return in a sentence why a unit has no weights, and where to look instead."""
        number = self._layers.steps.get(unit.layer)
        if number is None:
            return f"What gives {unit.layer} is not seen by torch", "Choose a layer before it"
        last = self._layers.weighted_before(number)
        remedy = f"{last} before it has" if last else "No layer before it has any either"
        elements = self._layers.places(unit.layer).elements(np.array([unit.index]))
        while True:
            step = self._layers.passage.steps[number]
            varies = kind_of(step) is Kind.AFFINE and affine(step, elements) is None
            ends = varies or kind_of(step) is Kind.POOLED
            back = [] if ends else self._layers.before(number, elements)
            if not back:
                break
            number, elements = back[0].step, back[0].elements
        return _without_weights(step, varies=varies), remedy

    def _incoming(self, term: Term) -> Incoming:
        scale, shift, elements = float(term.scale[0]), float(term.shift[0]), term.elements[0]
        operation = term.operation
        if operation is None:
            shape = self._layers.passage.steps[term.step].shape
            kernels = np.full((1, 1, 1), scale, np.float32)
            inputs = self._layers.whose(term.step, elements[:1])
            site = self._layers.site(term.step)
            return Incoming(None, kernels, inputs, shift, site, shape, elements)
        output = int(term.outputs[0])
        weights = operation.kernel(output).cpu().double().numpy() * scale
        reads = operation.inputs(output)
        inputs = self._inputs(operation).taken(slice(reads.start, reads.stop))
        bias = operation.bias_of(output) * scale + shift
        order = self._by_unit(inputs) if weights[0].size == 1 else None
        if order is not None:
            inputs = inputs.taken(order[:, 0])
            weights = weights.reshape(-1)[order].reshape(
                len(order), *self._layers.map_size(inputs.layers[0], order.shape[1])
            )
        kernels = np.ascontiguousarray(weights, np.float32)
        kernels.setflags(write=False)
        shape = self._layers.passage.steps[operation.given].shape
        site = self._layers.site(operation.given)
        return Incoming(operation, kernels, inputs, bias, site, shape, elements, order)

    def _by_unit(self, inputs: Inputs) -> Index | None:
        """Return which inputs (units, places) are places of the same units; None: each its own."""
        if len(inputs.layers) != 1 or (inputs.units < 0).any():
            return None
        counts = np.bincount(inputs.units)
        counts = counts[counts > 0]
        if counts[0] == 1 or (counts != counts[0]).any():
            return None
        return np.argsort(inputs.units, kind="stable").reshape(-1, counts[0])

    def _inputs(self, operation: Operation) -> Inputs:
        return self._layers.whose(operation.given, operation.input_elements())

    # Outgoing

    def outgoing(self, unit: Unit) -> tuple[Outgoing, ...]:
        """Return how the next operations read a unit, in their order.

        Through activations, pooling and concatenation; where nothing reads it but as a summand,
        through one sum. () where no weighted operation reads it.
        """
        self._network.layer(unit.layer)
        return readings(self._layers, unit)

    # Layers

    def layer(self, layer: str) -> LayerWeights:
        """Return how a layer's weights are spread, and the norms of its units' weights.

        Raises `UserError` where it has none.
        """
        if (directions := self._network.directions(layer)) is not None:
            return spread_of(directions)
        info = self._network.layer(layer)
        found = self._layers.origins(layer, np.arange(info.unit_count), all_places=False)
        if not found:
            raise UserError(*self._why_none(Unit(layer, 0)))
        return layer_weights(info.unit_count, found)

    def weighted_before(self, layer: str) -> str:
        """Return the last layer with weights that a layer is made from; "": there is none."""
        if (base := self._network.base_layer(layer)) != self._network.layer(layer).name:
            return base
        number = self._layers.steps.get(layer)
        return "" if number is None else self._layers.weighted_before(number)

    def first_layer(self) -> str:
        """Return the first listed layer whose units read the picture itself; "": there is none."""
        for name in self._layers.steps:
            if self.reads_picture(name):
                return name
        return ""

    def reads_picture(self, layer: str) -> bool:
        """Tell whether a layer's units read nothing but the picture."""
        for origin in self._layers.origins(layer, np.array([0]), all_places=False):
            operations = [term.operation for term in origin.terms]
            return all(
                op is not None
                and self._inputs(op).layers == ("",)
                and bool((self._inputs(op).units >= 0).all())
                for op in operations
            )
        return False

    def filters(self, layer: str) -> Floats:
        """Return the kernels of all units of a layer that reads the picture, (U, C, rows, columns).

        Raises `UserError` where its units have not each one kernel of the same size.
        """
        count = self._network.layer(layer).unit_count
        kernels = [self.unit(Unit(layer, index)).incoming for index in range(count)]
        if any(len(k) != 1 or k[0].kernels.shape != kernels[0][0].kernels.shape for k in kernels):
            raise UserError(f"The units of {layer} have no kernels of one size", "Look at each one")
        return np.stack([k[0].kernels for k in kernels])


def _without_weights(step: Step, *, varies: bool) -> str:
    """Say why a step's value is no sum of weighted inputs."""
    if varies:
        return "What is added here differs from place to place"
    if kind_of(step) in (Kind.JOINED, Kind.CONVOLUTION, Kind.PRODUCT):
        return "What gives this unit comes from several operations"
    what = words(step)
    none = "weights" if kind_of(step) is Kind.POOLED or step.name == INPUT else "fixed weights"
    return f"{what[:1].upper()}{what[1:]} has no {none}"
