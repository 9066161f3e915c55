"""How far a picture is from photographs, in what the layers before its unit make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from deepvis_app.errors import UserError
from deepvis_app.synth.choices import Direction, Place, Quantity
from deepvis_app.synth.compared import compared_layers
from deepvis_app.synth.natural_table import described
from deepvis_app.synth.objectives import (
    ChannelObjective,
    LogitObjective,
    UnitObjective,
    leaves,
    objective_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from deepvis_app.nets import Network
    from deepvis_app.synth.natural_table import NaturalTable
    from deepvis_app.synth.objectives import Objective, Sample
    from deepvis_app.synth.recipe import ObjectiveSpec

_FLAT = 1e-3  # of a spread: the deviation of a flat map


class Naturalness:
    """What the samples of a batch give up for being unlike photographs.

    A sample's picture is worth a / r - w A: its activation in units of the reach r that
    photographs have, less its distance A = mean over layers, units and statistics of
    ((q - T) / s)**2, with targets T and spreads s of a `NaturalTable`. `read` gives w r A, so that
    it can be taken from the activation as it is. `layers` are those that it needs.
    """

    def __init__(
        self,
        network: Network,
        samples: Sequence[Sample],
        spec: ObjectiveSpec,
        table: NaturalTable,
    ) -> None:
        self._count, self._statistics = len(samples), spec.statistics
        objectives = [objective_of(sample.objective) for sample in samples]
        reaches = [_reach(network, one, spec, table) for one in objectives]
        compared = [compared_layers(network, _deepest(network, one)) for one in objectives]
        self.layers = tuple(dict.fromkeys(name for names in compared for name in names))
        device = network.device
        self._targets = {name: table.targets[name].to(device) for name in self.layers}
        self._spreads = {name: table.spreads[name].to(device) for name in self.layers}
        self._least = {name: _FLAT * spread for name, spread in self._spreads.items()}
        # What a layer counts for in each sample: nothing where it is not before its unit.
        self._shares = {
            name: torch.tensor(
                [
                    spec.naturalness * reach * (name in names) / len(names)
                    for reach, names in zip(reaches, compared, strict=True)
                ],
                device=device,
            )
            for name in self.layers
        }

    def read(self, activations: Mapping[str, Tensor]) -> Tensor:
        """Return what each sample gives up, (B,) in units of its activation; differentiable.

        Views of one picture lie together and are averaged.
        """
        total: Tensor | float = 0.0
        for name in self.layers:
            found = described(activations[name].float(), self._statistics, self._least[name])
            away = ((found - self._targets[name]) / self._spreads[name]).square().mean((1, 2))
            total = total + self._shares[name] * away.unflatten(0, (self._count, -1)).mean(1)
        assert isinstance(total, torch.Tensor)  # a table has layers
        return total


def target_layers(network: Network, objective: Objective) -> tuple[str, ...]:
    """Return the layers of an objective's units, from the first to the deepest.

    Raises `UserError` for an objective that is for no units.
    """
    found = {_layer(network, leaf) for _, leaf in leaves(objective)}
    order = [info.name for info in network.layers]
    return tuple(sorted(found, key=lambda name: order.index(name) if name in order else -1))


def _deepest(network: Network, objective: Objective) -> str:
    return target_layers(network, objective)[-1]


def _layer(network: Network, leaf: Objective) -> str:
    match leaf:
        case UnitObjective(unit):
            return network.layer(unit.layer).name
        case ChannelObjective(layer):
            return network.layer(layer).name
        case LogitObjective() if network.output_layer is not None:
            return network.output_layer
    raise UserError(
        f"{leaf} has no reach in photographs that naturalness could be weighed against",
        "Choose a unit, a channel or a class, or set objective.naturalness = 0",
    )


def _reach(
    network: Network, objective: Objective, spec: ObjectiveSpec, table: NaturalTable
) -> float:
    """Return how far photographs drive an objective from its mean, the way that is wanted."""
    if spec.quantity is Quantity.PROBABILITY:
        return 1.0  # a probability has its own measure
    return sum(
        abs(weight) * _reach_of_leaf(network, leaf, weight, spec, table)
        for weight, leaf in leaves(objective)
    )


def _reach_of_leaf(
    network: Network, leaf: Objective, weight: float, spec: ObjectiveSpec, table: NaturalTable
) -> float:
    unit: Any = getattr(leaf, "unit", leaf)
    has_position = getattr(unit, "position", None) is not None
    is_mean = isinstance(leaf, ChannelObjective) or (
        spec.place is Place.CHANNEL and not has_position
    )
    is_up = (weight > 0) == (spec.direction is Direction.MAXIMISE)
    row = (0 if is_mean else 2) + (0 if is_up else 1)
    return float(table.reaches[_layer(network, leaf)][row, unit.index])
