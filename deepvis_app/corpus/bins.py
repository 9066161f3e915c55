"""Logarithmic bins that are the same for every unit: a value's bin is a shift of its bits.

Eight bins an octave, of equal width within it, over 32 octaves on both sides of zero, and one bin
for all that lies nearer to zero. So two histograms merge by addition, exactly and in any order, and
no pass has to find ranges first. (DDSketch has the idea; here the octave is the float's exponent.)
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOWEST, HIGHEST = -16, 16  # powers of two: below the first a value counts as zero
AN_OCTAVE = 8
SIDE = (HIGHEST - LOWEST) * AN_OCTAVE
BINS = 2 * SIDE + 1  # ascending: negative ones, zero, positive ones
ZERO = SIDE
OCTAVES = 2 * (HIGHEST - LOWEST) + 1

_SHIFT = 20  # of 23 bits of the mantissa: three are left
_FIRST = (127 + LOWEST) * AN_OCTAVE


def bins_of(values: NDArray[np.float32]) -> NDArray[np.int16]:
    """Return the bin of each finite value; what is beyond the last bin's edge is counted there."""
    bits = np.ascontiguousarray(values, np.float32).view(np.int32)
    steps = ((bits & 0x7FFFFFFF) >> _SHIFT) - (_FIRST - 1)
    np.clip(steps, 0, SIDE, out=steps)
    return (ZERO + np.where(bits < 0, -steps, steps)).astype(np.int16)


def octaves_of(bins: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return the octave of each bin, 0 .. `OCTAVES` - 1 ascending; zero is one of its own."""
    away = bins.astype(np.int16) - np.int16(ZERO)
    steps = (np.abs(away) + (AN_OCTAVE - 1)) // AN_OCTAVE
    found: NDArray[np.int16] = (OCTAVES // 2 + np.sign(away) * steps).astype(np.int16)
    return found


@lru_cache(1)
def edges() -> NDArray[np.float64]:
    """Return the (`BINS` + 1,) edges of the bins; the outermost ones are infinite."""
    octave = np.exp2(np.arange(LOWEST, HIGHEST))
    positive = (octave[:, None] * (1 + np.arange(AN_OCTAVE) / AN_OCTAVE)).ravel()
    found = np.concatenate([[-np.inf], -positive[::-1][:-1], [-positive[0]], positive, [np.inf]])
    found.setflags(write=False)
    return found


def quantile(histogram: NDArray[np.int64], share: float) -> float:
    """Return the value below which a share (0..1) of a histogram's values lies, within a bin.

    It is found by straight interpolation within its bin. NaN where the histogram is empty.
    """
    total = int(histogram.sum())
    if not total:
        return float("nan")
    upto = np.cumsum(histogram)
    place = int(np.searchsorted(upto, min(max(share, 0.0), 1.0) * total))
    place = min(place, int(np.flatnonzero(histogram)[-1]))
    low, high = edges()[place], edges()[place + 1]
    if place == ZERO:
        return 0.0
    if not np.isfinite(low) or not np.isfinite(high):
        return float(high if np.isfinite(high) else low)
    before = int(upto[place]) - int(histogram[place])
    part = (share * total - before) / int(histogram[place])
    return float(low + (high - low) * min(max(part, 0.0), 1.0))
