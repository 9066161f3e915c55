"""Histograms over powers of two: outlines on one shared axis, and quantiles.

A histogram is what `log2` of a value's size is, in bins one wide: `counts` (..., B), the first bin
beginning at `first`. Nothing here knows where the counts come from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

BETWEEN = 4  # points of an outline a bin


def shared_axis(counts: Iterable[Whole], leave: float = 2e-3, least: int = 6) -> tuple[int, int]:
    """Return the bins (first, after the last) that one axis for all histograms has.

    Of each array of counts (..., B) at most a share of `leave` lies below, and as much above; what
    lies there is to be told of at the ends. At least `least` bins; (0, least) without any count.
    """
    first, after = [], []
    for each in counts:
        total = each.reshape(-1, each.shape[-1]).sum(0)
        if total.sum():
            part = np.cumsum(total) / total.sum()
            first.append(int(np.searchsorted(part, leave, "right")))
            after.append(int(np.searchsorted(part, 1 - leave)) + 1)
    if not first:
        return 0, least
    low, high = min(first), max(after)
    missing = max(least - (high - low), 0)
    return low - missing // 2, high + missing - missing // 2


def within(counts: Whole, axis: tuple[int, int]) -> Whole:
    """Return the counts (..., B) of an axis's bins alone; what lies beyond is added to its ends."""
    low, high = axis
    bins = counts.shape[-1]
    below, above = max(-low, 0), max(high - bins, 0)
    pad = [(0, 0)] * (counts.ndim - 1) + [(below, above)]
    padded = np.pad(counts, pad)
    start, end = low + below, high + below
    found: Whole = padded[..., start:end].copy()
    found[..., 0] += padded[..., :start].sum(-1)
    found[..., -1] += padded[..., end:].sum(-1)
    return found


def shares(counts: Whole, total: Whole | None = None) -> Floats:
    """Return counts (..., B) as shares of `total` (...), by default of their own sum; 0 of none."""
    whole = counts.sum(-1) if total is None else total
    found: Floats = counts / np.maximum(whole, 1)[..., None]
    return found


def outline(heights: Floats) -> tuple[Floats, Floats]:
    """Return places and heights of a smooth line through the middles of bins, (..., n) each.

    Places are in bins from the first one's left edge. Between two middles the line goes evenly from
    one height to the other along half a wave, so it never leaves the heights that were counted;
    half a bin beyond the ends it is down to zero.
    """
    bins = heights.shape[-1]
    pad = [(0, 0)] * (heights.ndim - 1) + [(1, 1)]
    knots = np.pad(heights, pad)
    part = np.arange(BETWEEN) / BETWEEN
    weight = (1 - np.cos(np.pi * part)) / 2
    line = knots[..., :-1, None] * (1 - weight) + knots[..., 1:, None] * weight
    line = line.reshape(*heights.shape[:-1], -1)
    line = np.concatenate([line, knots[..., -1:]], -1)
    places = np.arange((bins + 1) * BETWEEN + 1) / BETWEEN - 0.5
    return np.clip(places, 0, bins), line


def quantiles(counts: Whole, wanted: Sequence[float], first: float) -> Floats:
    """Return log2 of the sizes below which shares of them lie, (..., len(wanted)); NaN of none.

    Within a bin, counts are taken to be even over the power of two: off by less than one.
    """
    ends = np.cumsum(counts, -1)
    total = ends[..., -1]
    found = np.full((*total.shape, len(wanted)), np.nan)
    for column, share in enumerate(wanted):
        target = share * total
        place = (ends < target[..., None]).sum(-1)[..., None]
        inside = np.take_along_axis(counts, place, -1)[..., 0]
        before = np.take_along_axis(ends, place, -1)[..., 0] - inside
        part = (target - before) / np.maximum(inside, 1)
        found[..., column] = first + place[..., 0] + np.clip(part, 0.0, 1.0)
    found[total == 0] = np.nan
    return found
