"""What a network makes of photographs: how the layers before a unit are filled, and its reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from deepvis_app.errors import UserError
from deepvis_app.pieces import finished
from deepvis_app.synth.choices import Statistics
from deepvis_app.synth.compared import compared_layers
from deepvis_app.synth.space import PictureSpace

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from torch import Tensor

    from deepvis_app.nets import Network
    from deepvis_app.synth.references import References

CODE = 1  # to be raised where the same photographs give another table
CHUNKS = 64
_PLACES = 32  # of a map's side, at most: of larger ones every second, third, … counts
_FLOOR = 0.1  # of a layer's mean spread, and of its median reach
_TINY = 1e-12  # where a whole layer is flat


@dataclass(frozen=True, slots=True, eq=False)
class NaturalTable:
    """What photographs give in the layers before others, and in those themselves.

    `targets` (Q, C) are the means over photographs of what `described` gives, by compared layer;
    `spreads` (C,) the deviation of a unit's values over places and photographs, at least a tenth
    of the layer's mean one. `reaches` (4, C) are, by layer of an objective, how far photographs
    reach above their mean, and below: of the map's mean, then of its largest and its smallest
    value. All are float32 on the CPU. `source` names the photographs.
    """

    targets: Mapping[str, Tensor]
    spreads: Mapping[str, Tensor]
    reaches: Mapping[str, Tensor]
    source: str

    def tensors(self) -> dict[str, Tensor]:
        """Return its numbers under names of their own."""
        parts = {"target": self.targets, "spread": self.spreads, "reach": self.reaches}
        return {f"{part}/{n}": t for part, found in parts.items() for n, t in found.items()}

    @classmethod
    def of_tensors(cls, tensors: Mapping[str, Tensor], source: str) -> NaturalTable:
        """Read what `tensors` gave; raises `KeyError` for anything else."""
        found: dict[str, dict[str, Tensor]] = {"target": {}, "spread": {}, "reach": {}}
        for name, tensor in tensors.items():
            part, _, layer = name.partition("/")
            found[part][layer] = tensor
        return cls(found["target"], found["spread"], found["reach"], source)


def described(maps: Tensor, statistics: Statistics, least: Tensor | float = 0.0) -> Tensor:
    """Return what is compared of maps (B, C, h, w): (B, Q, C); differentiable.

    The mean and the deviation over places, or the values in ascending order, averaged in `CHUNKS`
    equal parts: neither depends on the map's size. Of maps larger than 32 places a side only
    every second, third, … place counts. `least` (C,) is a deviation that even a flat map has: that
    of a map without any has no gradient.
    """
    flat = _thinned(maps).flatten(2)
    if statistics is Statistics.MOMENTS:
        mean = flat.mean(2, keepdim=True)
        variance = (flat - mean).square().mean(2)
        return torch.stack([mean[..., 0], (variance + least**2).sqrt()], 1)
    chunks = functional.adaptive_avg_pool1d(flat.sort(2).values, CHUNKS)
    return chunks.transpose(1, 2)


def _thinned(maps: Tensor) -> Tensor:
    """Return what is compared of maps, in one memory format: sums then round alike in both."""
    step = -(-max(maps.shape[2:]) // _PLACES)
    return maps[:, :, ::step, ::step].contiguous()


def natural_table(
    network: Network,
    layers: Sequence[str],
    references: References,
    statistics: Statistics = Statistics.MOMENTS,
) -> NaturalTable:
    """Return what photographs give before `layers` and in them.

    Raises `UserError` where the network's inputs are no photographs, where it has no layer that
    could be compared, and where what it gives is no finite number.
    """
    return finished(natural_table_steps(network, layers, references, statistics))


def natural_table_steps(
    network: Network,
    layers: Sequence[str],
    references: References,
    statistics: Statistics = Statistics.MOMENTS,
) -> Generator[None, None, NaturalTable]:
    """As `natural_table`, with a yield before each photograph's pass."""
    references.check(network)
    compared = tuple(dict.fromkeys(n for layer in layers for n in compared_layers(network, layer)))
    if not compared:
        raise UserError(
            f"{network.name} has no layer with maps that could be compared with photographs",
            "Use a recipe without naturalness, such as clear",
        )
    space = PictureSpace(network)
    filled = {name: _Filled(statistics) for name in compared}
    reached = {network.layer(layer).name: _Reached() for layer in layers}
    for picture in references.pictures:
        yield
        with torch.no_grad():
            x = space.to_input(space.from_input(network.prepare(picture)[None]))
            found = network.forward(x, {**filled, **reached}, stop_early=True).activations
            for sums in (filled, reached):
                for name, one in sums.items():
                    one.add(found[name].float())
    table = NaturalTable(
        {name: one.target() for name, one in filled.items()},
        {name: one.spread() for name, one in filled.items()},
        {name: one.reach() for name, one in reached.items()},
        references.source,
    )
    if not all(bool(t.isfinite().all()) for t in table.tensors().values()):
        raise UserError(
            f"{network.name} gives no finite numbers for photographs",
            "Check its weights, or use a recipe without naturalness",
        )
    return table


class _Filled:
    """Adds up how a layer is filled, picture by picture."""

    def __init__(self, statistics: Statistics) -> None:
        self._statistics = statistics
        self._described: list[Tensor] = []  # (Q, C) each
        self._moments: list[Tensor] = []  # (2, C) each: of values, of their squares

    def add(self, maps: Tensor) -> None:
        self._described.append(described(maps, self._statistics)[0].cpu())
        values = _thinned(maps)[0].flatten(1).double()
        self._moments.append(torch.stack([values.mean(1), values.square().mean(1)]).cpu())

    def target(self) -> Tensor:
        return torch.stack(self._described).mean(0)

    def spread(self) -> Tensor:
        mean, square = torch.stack(self._moments).mean(0)
        spread: Tensor = (square - mean.square()).clamp(min=0).sqrt().float()
        return spread.clamp(min=max(float(_FLOOR * spread.mean()), _TINY))


class _Reached:
    """Notes how far a layer's units go, picture by picture."""

    def __init__(self) -> None:
        self._found: list[Tensor] = []  # (3, C) each: mean, largest, smallest over the map

    def add(self, maps: Tensor) -> None:
        flat = maps[0].contiguous().flatten(1)
        self._found.append(torch.stack([flat.mean(1), flat.amax(1), flat.amin(1)]).cpu())

    def reach(self) -> Tensor:
        means, highest, lowest = torch.stack(self._found).unbind(1)
        middle = means.mean(0)
        rises = (
            means.amax(0) - middle, middle - means.amin(0),
            highest.amax(0) - middle, middle - lowest.amin(0),
        )  # fmt: skip
        # Some units no photograph moves: a tenth of what is usual in the layer.
        return torch.stack([r.clamp(min=max(float(_FLOOR * r.median()), _TINY)) for r in rises])
