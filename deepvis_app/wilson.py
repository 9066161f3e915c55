"""Bounds of a share that was counted."""

from __future__ import annotations

import math

Z95 = 1.959964  # two-sided 95 %


def wilson(hits: float, trials: float, z: float = Z95) -> tuple[float, float]:
    """Return Wilson's bounds (1927) of a share of `hits` in `trials`; (0, 1) where there are none.

    Two-sided; at the ends 0 of n and n of n they stay within 0 … 1 and never shrink to a point.
    Both may be fractions, as where trials are not independent and count for fewer.
    """
    if trials == 0:
        return 0.0, 1.0
    share, square = hits / trials, z * z
    centre = (share + square / (2 * trials)) / (1 + square / trials)
    half = (
        z
        / (1 + square / trials)
        * math.sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    )
    low = 0.0 if hits == 0 else max(0.0, centre - half)
    return low, 1.0 if hits == trials else min(1.0, centre + half)
