"""What two pictures differ in, so large that it can be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

REACH = 127  # levels from grey to black or white
MOST = 64
SAMPLE = 200_000  # values that are looked at: enough to know how large they are


def amplified(change: NDArray[np.floating], most: int = MOST) -> tuple[NDArray[np.uint8], int]:
    """Return a change (H, W, 3), in levels of 255, about grey; and how many times as large it is.

    The times are a power of two, at most `most`, with which nearly all of it (all but a thousandth
    of the values) can still be told apart; the rest is black or white.
    """
    some = np.abs(change.ravel()[:: change.size // SAMPLE + 1])
    peak = float(np.quantile(some, 0.999)) if change.size else 0.0
    times = times_for(peak, most)
    levels = np.rint(128 + change.astype(np.float32) * times)
    return levels.clip(0, 255).astype(np.uint8), times


def times_for(peak: float, most: int = MOST) -> int:
    """Return how many times as large a change of at most `peak` levels can be shown."""
    times = 1
    while times < most and peak * times * 2 <= REACH:
        times *= 2
    return times


def difference(
    before: NDArray[np.uint8], after: NDArray[np.uint8], most: int = MOST
) -> tuple[NDArray[np.uint8], int]:
    """Return `amplified` of what comes from one picture (H, W, 3) to another one of its size."""
    return amplified(after.astype(np.int16) - before.astype(np.int16), most)  # type: ignore[arg-type]
