"""Small mosaics of many layers at once, for the strip."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, sqrt
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch.nn import functional

from deepvis_app.tiles.contrast import Scale, quantise
from deepvis_app.tiles.geometry import Tiling
from deepvis_app.tiles.mosaic import Mosaic, assemble

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from deepvis_app.tiles.tracker import ContrastTracker

MOST_UNITS = 64  # of a layer of maps
_PART = 0.99  # the quantile that is the highest shade
_SAMPLE = 2048  # activations of a thumbnail that its range is taken from


class _Plan(NamedTuple):
    """How a layer of a shape becomes a thumbnail; equal plans are drawn together."""

    tiling: Tiling
    pooled: tuple[int, int]  # (h, w) of a map before it is enlarged to the tile


@dataclass(frozen=True, slots=True, eq=False)
class ThumbPicture:
    """A layer's thumbnail and how it is to be coloured."""

    mosaic: Mosaic
    signed: bool


def thumbnails(
    layers: Mapping[str, Tensor],
    size_px: int,
    tracker: ContrastTracker,
    now_s: float,
    *,
    still: bool = False,
) -> dict[str, ThumbPicture]:
    """Draw maps (C, h, w) of many layers, each within `size_px` by `size_px` pixels.

    A layer of maps shows at most 64 evenly picked units, a vector all of its values as far as
    there are pixels. Maps are averaged to the tile first; what is left of layers with the same
    plan is scaled and laid out in one go. Ranges run over time in `tracker`.
    """
    groups: dict[_Plan, dict[str, Tensor]] = defaultdict(dict)
    for name, maps in layers.items():
        plan = _plan(tuple(maps.shape), size_px)
        groups[plan][name] = _reduce(maps, plan)
    drawn: dict[str, ThumbPicture] = {}
    for plan, members in groups.items():
        drawn |= _draw(plan, members, tracker, now_s, still)
    return drawn


@lru_cache(maxsize=4096)
def _plan(shape: tuple[int, int, int], size_px: int) -> _Plan:
    count, height, width = shape
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
    return _Plan(Tiling(columns, count, (pooled[0] * times, pooled[1] * times)), pooled)


def _reduce(maps: Tensor, plan: _Plan) -> Tensor:
    """Pick the units of the plan and average their maps: (count, h, w)."""
    count = plan.tiling.count
    last = maps.permute(1, 2, 0).contiguous().unsqueeze(0).permute(0, 3, 1, 2)
    if plan.pooled != tuple(maps.shape[1:]):
        last = functional.adaptive_avg_pool2d(last, plan.pooled)
    if count < len(maps):
        picked = torch.arange(count, device=maps.device) * len(maps) // count
        last = last.index_select(1, picked)
    return last[0].float()


def _draw(
    plan: _Plan,
    members: Mapping[str, Tensor],
    tracker: ContrastTracker,
    now_s: float,
    still: bool,
) -> dict[str, ThumbPicture]:
    maps = torch.stack(list(members.values()))  # (L, C, h, w)
    rows, signs = [], []
    for name, (low, high) in zip(members, _ranges(maps), strict=True):
        signed = tracker.is_signed(name, low, high)
        low, high = tracker.follow(f"{name} thumb", low, high, now_s, still=still)
        reach = max(high, -low)
        rows.append(Scale(-reach, reach, True) if signed else Scale(low, high))
        signs.append(signed)
    factors = torch.tensor([scale.affine() for scale in rows], device=maps.device)
    factor, offset = factors.view(-1, 2, 1, 1, 1).unbind(1)
    pictures = assemble(quantise(maps, factor, offset), plan.tiling).cpu().numpy()
    pictures.setflags(write=False)
    tiling = plan.tiling
    return {
        name: ThumbPicture(
            Mosaic(picture, tiling.tile_px, tiling.gap_px, tiling.columns, tiling.count), signed
        )
        for name, picture, signed in zip(members, pictures, signs, strict=True)
    }


def _ranges(maps: Tensor) -> list[tuple[float, float]]:
    """Robust (low, high) of each layer of maps (L, C, h, w); nothing negative: low is 0."""
    values = maps.flatten(1)
    values = values[:, :: max(values.shape[1] // _SAMPLE, 1)]
    if not bool(values.sum().isfinite()):
        values = values.nan_to_num(0.0, 0.0, 0.0)
    last = values.shape[1]
    high = values.kthvalue(max(round(last * _PART), 1), dim=1).values
    low = values.amin(1)
    if bool((low < 0).any()):
        robust = values.kthvalue(max(round(last * (1 - _PART)), 1), dim=1).values
        low = torch.where(low < 0, robust.clamp(max=-1e-12), 0.0)
    else:
        low = torch.zeros_like(low)
    return [(a, b) for a, b in torch.stack([low, high], 1).tolist()]
