"""Small mosaics of many layers at once, for the strip."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, isfinite, sqrt
from typing import TYPE_CHECKING, NamedTuple

import torch

from deepvis_app.tiles.area import averaged
from deepvis_app.tiles.contrast import Scale, quantise
from deepvis_app.tiles.geometry import Tiling
from deepvis_app.tiles.mosaic import Mosaic, assemble, assemble_marks
from deepvis_app.tiles.sampling import even_step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from deepvis_app.tiles.tracker import ContrastTracker

MOST_UNITS = 64  # of a layer of maps
_SAMPLE = 640  # activations of a thumbnail that its range is taken from
_REST = 0.01  # part of them that may be beyond it


@dataclass(frozen=True, slots=True, eq=False)
class ThumbPicture:
    """A layer's thumbnail and how it is to be coloured."""

    mosaic: Mosaic
    signed: bool


class _Plan(NamedTuple):
    """How a layer of a shape becomes a thumbnail; equal tilings are drawn together."""

    tiling: Tiling
    pooled: tuple[int, int]  # (h, w) of a map before it is enlarged to the tile


class Shrunk(NamedTuple):
    """What a thumbnail needs of a layer: `values` (1, units, h, w), and how they are laid out."""

    values: Tensor
    tiling: Tiling


def shrunk(maps: Tensor, size_px: int) -> Shrunk:
    """Average maps (1, C, h, w) to the tiles of a thumbnail `size_px` wide and high.

    The result has memory of its own, and little: the maps may be overwritten.
    """
    plan = _plan(maps.shape[1], maps.shape[2], maps.shape[3], size_px)
    return Shrunk(_reduce(maps, plan), plan.tiling)


class ThumbSheet:
    """Thumbnails of layers that come one by one.

    A layer of maps shows at most 64 evenly picked units, a vector all of its values as far as
    there are pixels. Layers whose maps `shrunk` brought to the same size are scaled and laid out
    in one go.
    """

    def __init__(self) -> None:
        self._groups: dict[tuple[Tiling, torch.Size], dict[str, Tensor]] = defaultdict(dict)

    def add(self, layer: str, maps: Shrunk) -> None:
        """Take a layer in."""
        self._groups[maps.tiling, maps.values.shape][layer] = maps.values

    def draw(
        self, tracker: ContrastTracker, now_s: float, *, still: bool = False
    ) -> dict[str, ThumbPicture]:
        """Draw what was added. Ranges run over time in `tracker`."""
        drawn: dict[str, ThumbPicture] = {}
        for (tiling, _), members in self._groups.items():
            maps = torch.cat(list(members.values())).float()
            ranges, is_finite = _ranges(maps)
            scales = {
                name: _scale(name, *ends, tracker, now_s, still)
                for name, ends in zip(members, ranges, strict=True)
            }
            drawn |= _pictures(tiling, maps, scales, is_finite)
        return drawn


@lru_cache(maxsize=4096)
def _plan(count: int, height: int, width: int, size_px: int) -> _Plan:
    if height * width == 1:
        count = min(count, size_px * size_px)
        columns = ceil(sqrt(count))
        pitch = size_px // columns
        gap = 1 if pitch >= 4 else 0
        return _Plan(Tiling(columns, count, (pitch - gap, pitch - gap), gap), (1, 1))
    count = min(count, MOST_UNITS)
    columns = ceil(sqrt(count))
    cell = max((size_px + 1) // columns - 1, 1)
    factor = cell / max(height, width)
    pooled = max(round(height * min(factor, 1)), 1), max(round(width * min(factor, 1)), 1)
    times = max(int(factor), 1)
    tiling = Tiling(columns, count, (pooled[0] * times, pooled[1] * times))
    return _Plan(tiling, pooled)


def _reduce(maps: Tensor, plan: _Plan) -> Tensor:
    """Average maps to the plan's size and pick its units; the result has memory of its own."""
    units, count = maps.shape[1], plan.tiling.count
    is_larger = plan.pooled != (maps.shape[2], maps.shape[3])
    small = averaged(maps, plan.pooled) if is_larger else maps
    if units % count:
        return small.index_select(1, _picked(units, count, maps.device))
    picked = small[:, :: units // count]
    return picked if is_larger else picked.clone()


@lru_cache(maxsize=256)
def _picked(units: int, count: int, device: torch.device) -> Tensor:
    """Return `count` of so many units, evenly spread."""
    return torch.arange(count, device=device) * units // count


def _scale(
    layer: str, low: float, high: float, tracker: ContrastTracker, now_s: float, still: bool
) -> Scale:
    signed = tracker.is_signed(layer, low, high)
    low, high = tracker.follow(f"{layer} thumb", low, high, now_s, still=still)
    reach = max(high, -low)
    return Scale(-reach, reach, True) if signed else Scale(low, high)


def _ranges(maps: Tensor) -> tuple[list[tuple[float, float]], bool]:
    """Return robust (low, high) of each layer of maps (L, C, h, w), and whether all are finite.

    Where nothing is negative low is 0. All numbers come from the device at once.
    """
    values = maps.permute(0, 2, 3, 1).flatten(1)  # as they lie in memory: no copy
    sums = values.sum(1)
    step = even_step(values.shape[1], _SAMPLE, maps.shape[1])  # not always the same units
    values = values[:, ::step].nan_to_num(0.0, 0.0, 0.0)
    beyond = int(values.shape[1] * _REST) + 1
    ends = values.topk(beyond).values[:, -1], values.topk(beyond, largest=False).values[:, -1]
    numbers = torch.stack([*ends, sums], 1).tolist()
    ranges = [(min(low, 0.0), high) for high, low, _ in numbers]
    return ranges, all(isfinite(total) for *_, total in numbers)


def _pictures(
    tiling: Tiling, maps: Tensor, scales: Mapping[str, Scale], is_finite: bool
) -> dict[str, ThumbPicture]:
    """Draw maps (L, C, h, w) of layers, each with its scale."""
    affine = torch.tensor([scale.affine() for scale in scales.values()], device=maps.device)
    factor, offset = affine.view(-1, 2, 1, 1, 1).unbind(1)
    pixels = (
        assemble(quantise(maps, factor, offset, None if is_finite else maps), tiling).cpu().numpy()
    )
    pixels.setflags(write=False)
    marks = [None] * len(scales) if is_finite else assemble_marks(maps, tiling)
    size = tiling.tile_px, tiling.gap_px, tiling.columns, tiling.count
    return {
        name: ThumbPicture(Mosaic(picture, *size, marked), scale.signed)
        for (name, scale), picture, marked in zip(scales.items(), pixels, marks, strict=True)
    }
