"""Objectives of a whole batch, checked once and read from one forward pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from deepvis_app.errors import UserError
from deepvis_app.nets import Scale, Unit
from deepvis_app.synth.choices import Place, Quantity
from deepvis_app.synth.objectives import (
    ChannelObjective,
    DirectionObjective,
    LayerObjective,
    LogitObjective,
    Objective,
    UnitObjective,
    leaves,
    objective_of,
)
from deepvis_app.synth.reads import Reads

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from torch import Tensor

    from deepvis_app.nets import LayerInfo, Network
    from deepvis_app.synth.objectives import Sample
    from deepvis_app.synth.recipe import ObjectiveSpec

LEAST_COSINE = 0.1  # what a cosine counts at least, so that there is a way up from any picture
_TINY = 1e-30


@dataclass(frozen=True, slots=True)
class _Term:
    """One plain objective in one sample's."""

    sample: int
    weight: float
    index: int = 0
    position: tuple[int, int] | None = None  # None: the recipe's place
    whole: bool = False  # the mean of the map, whatever the recipe says
    vector: tuple[float, ...] = ()
    power: float = 0.0  # of the cosine with it


@dataclass(frozen=True, slots=True)
class _Pick:
    """Places in maps, one a term and view."""

    at: tuple[Tensor, ...]  # rows, units, i, j
    whole: Tensor | None  # bool: the mean of the map instead


class Plan:
    """What to read from a forward pass for a batch of samples.

    Raises `UserError` for what the network does not have. `layers` are those that it needs;
    `read` and `tops` take their activations. With several views a sample, its rows lie together
    and their values are averaged.
    """

    def __init__(self, network: Network, samples: Sequence[Sample], spec: ObjectiveSpec) -> None:
        self._network = network
        self._spec = spec
        self._count = len(samples)
        self._squares: dict[str, list[_Term]] = {}
        self._vectors: dict[str, list[_Term]] = {}
        self._units: dict[str, list[_Term]] = {}
        self._own: list[tuple[_Term, Reads]] = []  # those that read their layers themselves
        self._picks: dict[Hashable, _Pick] = {}
        self._single: set[int] = set()  # samples that are for one unit
        for number, sample in enumerate(samples):
            self._add(number, objective_of(sample.objective))
        if not (self._units or self._vectors or self._squares or self._own):
            raise UserError("An objective without terms has nothing to drive", "Give it a term")
        read = {layer: None for _, one in self._own for layer in one.layers(network)}
        self.layers = tuple({**self._units, **self._vectors, **self._squares, **read})
        cuts = [network.behaviour.cut(layer) for layer in self.layers]
        if cuts and all(cuts):
            raise UserError(
                f"{network.name} {cuts[0]}",
                "Preferred images need gradients: choose a layer that has them, or change the "
                "network's code so that it lets them pass",
            )

    def _add(self, sample: int, objective: Objective) -> None:
        parts = list(leaves(objective))
        for weight, leaf in parts:
            if isinstance(leaf, Reads):
                self._own.append((_Term(sample, weight), leaf))
                continue
            group, layer, term = self._term(sample, weight, leaf)
            if self._spec.quantity is Quantity.PROBABILITY and group is not self._units:
                raise UserError(
                    f"{leaf} has no probability",
                    "Set objective.quantity = 'activation', or choose a unit",
                )
            group.setdefault(layer, []).append(term)
        if len(parts) == 1 and parts[0][0] == 1 and self._is_unit(parts[0][1]):
            self._single.add(sample)

    @staticmethod
    def _is_unit(leaf: Objective) -> bool:
        return isinstance(leaf, UnitObjective | ChannelObjective | LogitObjective)

    def _term(
        self, sample: int, weight: float, leaf: Objective
    ) -> tuple[dict[str, list[_Term]], str, _Term]:
        match leaf:
            case UnitObjective(unit):
                name = self._checked(unit).name
                return self._units, name, _Term(sample, weight, unit.index, unit.position)
            case ChannelObjective(layer, index):
                name = self._checked(Unit(layer, index)).name
                return self._units, name, _Term(sample, weight, index, whole=True)
            case LogitObjective(index):
                name = self._checked(Unit(self._output(), index)).name
                return self._units, name, _Term(sample, weight, index)
            case LayerObjective(layer):
                return self._squares, self._network.layer(layer).name, _Term(sample, weight)
            case DirectionObjective(layer, vector, power):
                name = self._checked_direction(layer, vector).name
                return self._vectors, name, _Term(sample, weight, vector=vector, power=power)
        raise UserError(f"{leaf!r} is no objective", "Use one of deepvis_app.synth")

    def _output(self) -> str:
        if self._network.output_layer is None:
            raise UserError(
                f"{self._network.name} gives no class scores", "Choose a unit of one of its layers"
            )
        return self._network.output_layer

    def _checked(self, unit: Unit) -> LayerInfo:
        info = self._network.layer(unit.layer)
        if not 0 <= unit.index < info.unit_count:
            raise UserError(
                f"{unit.layer} has no unit {unit.index}",
                f"Its units are 0 to {info.unit_count - 1}",
            )
        height, width = info.map_size
        i, j = unit.position or (0, 0)
        if not (0 <= i < height and 0 <= j < width):
            raise UserError(
                f"{unit.layer} has no position {unit.position}",
                f"Its positions go from (0, 0) to ({height - 1}, {width - 1})",
            )
        return info

    def _checked_direction(self, layer: str, vector: tuple[float, ...]) -> LayerInfo:
        info = self._network.layer(layer)
        if len(vector) != info.unit_count or not any(vector):
            raise UserError(
                f"A direction of {len(vector)} numbers does not fit {layer}",
                f"Give {info.unit_count} numbers, not all zero",
            )
        return info

    def read(self, activations: Mapping[str, Tensor]) -> Tensor:
        """Return what the objectives are worth, (B,), differentiable.

        Beside the layers, `activations` has the pictures x (B, C, H, W) under `reads.PICTURE`.
        """
        values = [
            self._summed(
                terms, self._unit_values(layer, terms, self._quantity(layer, activations[layer]))
            )
            for layer, terms in self._units.items()
        ]
        values += [
            self._summed(terms, self._vector_values(terms, activations[layer]))
            for layer, terms in self._vectors.items()
        ]
        for layer, terms in self._squares.items():
            squares = activations[layer].square().flatten(1).mean(1)
            rows = [term.sample for term in terms]
            values.append(self._summed(terms, self._averaged(squares)[rows]))
        if self._own:
            own = torch.stack([one.read(self._of(term, activations)) for term, one in self._own])
            terms = [term for term, _ in self._own]
            values.append(self._summed(terms, own.to(values[0].dtype) if values else own))
        return torch.stack(values).sum(0)

    def _of(self, term: _Term, activations: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return what is of a term's sample: its views, and its picture."""
        seen = {}
        for layer, maps in activations.items():
            views = len(maps) // self._count
            seen[layer] = maps[term.sample * views : (term.sample + 1) * views]
        return seen

    def _summed(self, terms: Sequence[_Term], values: Tensor) -> Tensor:
        """Add terms up, (terms,) -> (B,)."""
        if [(term.sample, term.weight) for term in terms] == [(k, 1) for k in range(self._count)]:
            return values
        weights = values.new_tensor([term.weight for term in terms])
        rows = torch.tensor([term.sample for term in terms], device=values.device)
        return values.new_zeros(self._count).index_add(0, rows, weights * values)

    def _averaged(self, per_row: Tensor) -> Tensor:
        """Average the views of every sample, (B * views, …) -> (B, …)."""
        if len(per_row) == self._count:
            return per_row
        mean: Tensor = per_row.unflatten(0, (self._count, -1)).mean(1)
        return mean

    def _unit_values(self, layer: str, terms: Sequence[_Term], maps: Tensor) -> Tensor:
        """Return what terms are worth, (terms,): at a position, or the mean of the map."""
        pick = self._pick(layer, terms, maps)
        values = maps[pick.at]
        if pick.whole is not None:
            values = torch.where(pick.whole, maps.mean((2, 3))[pick.at[:2]], values)
        mean: Tensor = values.unflatten(0, (len(terms), -1)).mean(1)
        return mean

    def _pick(self, layer: str, terms: Sequence[_Term], maps: Tensor) -> _Pick:
        """Return where terms are in maps (B * views, C, h, w); kept, as it is wanted each step."""
        key = (layer, tuple(terms), tuple(maps.shape), maps.device)
        if key not in self._picks:
            count = len(maps) // self._count
            rows, units, i, j, whole = [], [], [], [], []
            for term in terms:
                place = self._place(layer, maps, term)
                rows += [term.sample * count + view for view in range(count)]
                units += [term.index] * count
                i += [place[0] if place else 0] * count
                j += [place[1] if place else 0] * count
                whole += [place is None] * count
            self._picks[key] = _Pick(
                torch.tensor([rows, units, i, j], device=maps.device).unbind(),
                torch.tensor(whole, device=maps.device) if any(whole) else None,
            )
        return self._picks[key]

    def _place(self, layer: str, maps: Tensor, term: _Term) -> tuple[int, int] | None:
        """Return a position of these maps, None for the mean of the map.

        Where the pictures are not of the network's own size, positions move with the maps' size.
        """
        height, width = maps.shape[2:]
        if term.whole or (term.position is None and self._spec.place is Place.CHANNEL):
            return None
        if term.position is None:
            return height // 2, width // 2
        rows, columns = self._network.layer(layer).map_size
        i, j = term.position
        return min(i * height // rows, height - 1), min(j * width // columns, width - 1)

    def _quantity(self, layer: str, maps: Tensor) -> Tensor:
        if self._spec.quantity is Quantity.ACTIVATION:
            return maps
        info, scale = self._network.layer(layer), self._network.scale
        if info.kind in ("Softmax", "Sigmoid"):
            return maps
        is_output = info.name == self._network.output_layer
        if is_output and scale is Scale.GIVEN:
            return maps
        if info.unit_count == 1 or (is_output and scale is Scale.SIGMOID):
            return maps.sigmoid()
        return torch.softmax(maps, 1)

    def _vector_values(self, terms: Sequence[_Term], maps: Tensor) -> Tensor:
        if self._spec.place is Place.CENTRE:
            seen = maps[:, :, maps.shape[2] // 2, maps.shape[3] // 2]
        else:
            seen = maps.mean((2, 3))
        seen = self._averaged(seen)[[term.sample for term in terms]]
        vectors = seen.new_tensor([term.vector for term in terms])
        along = (seen * functional.normalize(vectors)).sum(1)
        if not any(term.power for term in terms):
            return along
        cosines = along / torch.linalg.vector_norm(seen, dim=1).clamp(min=_TINY)
        powers = seen.new_tensor([term.power for term in terms])
        found: Tensor = along * cosines.clamp(min=LEAST_COSINE) ** powers
        return found

    def tops(self, activations: Mapping[str, Tensor], sign: float) -> Tensor:
        """Return for which samples the unit is above all others of its layer, bool (B,).

        At a position: above all units at all positions. With `sign` -1: below them. Always False
        for what is not one unit. Several views are averaged.
        """
        result: list[Tensor] = []
        rows: list[int] = []
        for layer, terms in self._units.items():
            own = [term for term in terms if term.sample in self._single]
            if not own:
                continue
            maps = activations[layer].detach()
            maps = maps if sign > 0 else -maps
            result.append(self._unit_values(layer, own, maps) >= self._highest(layer, own, maps))
            rows += [term.sample for term in own]
        found = torch.zeros(self._count, dtype=torch.bool)
        if rows:
            found = found.to(result[0].device)
            found[rows] = torch.cat(result)
        return found

    def _highest(self, layer: str, terms: Sequence[_Term], maps: Tensor) -> Tensor:
        """Return the highest value of each term's layer, taken as the term is, (terms,)."""
        rows = [term.sample for term in terms]
        averaged = self._averaged(maps)
        peaks = averaged.amax((1, 2, 3))[rows]
        whole = [self._place(layer, maps, term) is None for term in terms]
        if not any(whole):
            return peaks
        means = averaged.mean((2, 3)).amax(1)[rows]
        return torch.where(torch.tensor(whole, device=maps.device), means, peaks)
