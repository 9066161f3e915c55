"""Where a backward pass starts: the score of a unit that is explained."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import torch

from deepvis_app.errors import UserError
from deepvis_app.nets.outputs import Scale

if TYPE_CHECKING:
    from torch import Tensor

    from deepvis_app.nets import Forward, Network, Unit

Place = tuple[int, int]


class SeedKind(Enum):
    """Which number of a unit's map `a` is explained."""

    MAP = "map"  # half the sum of a squared: its gradient is the map itself
    MAXIMUM = "max"  # the largest value
    PLACE = "place"  # the value at one place (i, j)
    SUM = "sum"  # the sum of the map
    LOGIT = "logit"  # the class's score before softmax or sigmoid, see `seed_sentence`

    @property
    def sentence(self) -> str:
        return _SENTENCES[self]


_SENTENCES = {
    SeedKind.MAP: "The whole map, each place as strongly as it fires (gradient of ½ Σ a²).",
    SeedKind.MAXIMUM: "The place where the unit fires most.",
    SeedKind.PLACE: "One place of the unit's map.",
    SeedKind.SUM: "All places of the unit's map alike.",
    SeedKind.LOGIT: "The score of the class: what goes into the network's own softmax or sigmoid "
    "where it ends in one, else what it returns.",
}


def seed_sentence(network: Network, kind: SeedKind) -> str:
    """Say which number of a unit is explained, in this network."""
    if kind is not SeedKind.LOGIT:
        return kind.sentence
    if network.ending is not None:
        return f"The score of the class, before the network's own {network.ending}."
    return _RETURNED[network.scale]


_RETURNED = {
    Scale.SOFTMAX: "The score of the class as the network returns it, before softmax.",
    Scale.SIGMOID: "The score of the class as the network returns it, before sigmoid.",
    Scale.GIVEN: "The probability of the class as the network returns it; the score behind it is "
    "not known.",
    Scale.NUMBER: "The number that the network returns.",
    Scale.SHARE: "The score of the class as the network returns it.",
    None: "The network gives no class scores.",
}
_NAMES = "map, max, sum, logit or a place such as 3,5"


@dataclass(frozen=True, slots=True)
class Seed:
    """What is explained of a unit. `place` belongs to `SeedKind.PLACE` and to nothing else.

    Where a unit names a position, map, maximum and sum are those of that position alone.
    """

    kind: SeedKind
    place: Place | None = None

    def __post_init__(self) -> None:
        if (self.kind is SeedKind.PLACE) != (self.place is not None):
            raise UserError("A seed names a place exactly when it is one", f"Give {_NAMES}")

    def __str__(self) -> str:
        return "{},{}".format(*self.place) if self.place else self.kind.value

    @classmethod
    def parse(cls, value: Seed | str | Place) -> Seed:
        """Read "map", "max", "sum", "logit", "i,j" or (i, j); raises `UserError`."""
        if isinstance(value, Seed):
            return value
        if isinstance(value, tuple):
            return cls(SeedKind.PLACE, (int(value[0]), int(value[1])))
        if found := re.fullmatch(r"\(?\s*(\d+)\s*,\s*(\d+)\s*\)?", value):
            return cls(SeedKind.PLACE, (int(found[1]), int(found[2])))
        if value in {k.value for k in SeedKind if k is not SeedKind.PLACE}:
            return cls(SeedKind(value))
        raise UserError(f"There is no seed {value!r}", f"Give {_NAMES}")


def check_unit(network: Network, unit: Unit, seed: Seed) -> None:
    """Raise `UserError` where the network has no such unit, place or class."""
    info = network.layer(unit.layer)
    if not 0 <= unit.index < info.unit_count:
        raise UserError(
            f"{info.name} has no unit {unit.index}", f"Its units are 0 to {info.unit_count - 1}"
        )
    height, width = info.map_size
    for i, j in filter(None, (unit.position, seed.place)):
        if not (0 <= i < height and 0 <= j < width):
            raise UserError(
                f"The maps of {info.name} have no place {i},{j}",
                f"Places go from 0,0 to {height - 1},{width - 1}",
            )
    if seed.kind is SeedKind.LOGIT and not network.is_class(unit):
        raise UserError(
            f"Unit {unit.index} of {info.name} is no class, so it has no logit",
            "Choose a class, or the seed map, max or sum",
        )


def unit_map(forward: Forward, unit: Unit) -> Tensor:
    """Return the unit's maps (N, h, w) in float32; (N, 1, 1) where the unit names a position."""
    values = forward.activations[unit.layer][:, unit.index].float()
    if unit.position is None:
        return values
    i, j = unit.position
    return values[:, i : i + 1, j : j + 1]


def scores(forward: Forward, unit: Unit, seed: Seed) -> Tensor:
    """Return the score of each picture, float32 (N,), in the graph where gradients are enabled.

    `forward` holds `unit.layer`; for the logit it must have run to the end.
    """
    if seed.kind is SeedKind.LOGIT:
        given = forward.logits if forward.unsquashed is None else forward.unsquashed
        if given is None:
            raise UserError("The network gives no class scores", "Choose the seed map, max or sum")
        return given[:, unit.index].float()
    if seed.place is not None:
        i, j = seed.place
        return forward.activations[unit.layer][:, unit.index, i, j].float()
    values = unit_map(forward, unit).flatten(1)
    if seed.kind is SeedKind.MAP:
        return 0.5 * values.square().sum(1)
    return values.sum(1) if seed.kind is SeedKind.SUM else values.max(1).values


def weights(forward: Forward, unit: Unit, seed: Seed) -> Tensor | None:
    """Return what the backward pass starts with on the unit's map: (N, h, w), None for the logit.

    The score's gradient there: the map itself, one at the maximum or the place, or ones.
    """
    if seed.kind is SeedKind.LOGIT:
        return None
    with torch.enable_grad():
        values = forward.activations[unit.layer].detach().float().requires_grad_()
        twin = type(forward)(None, {unit.layer: values}, {})
        (found,) = torch.autograd.grad(scores(twin, unit, seed).sum(), values)
    return found[:, unit.index]
