"""Long curves drawn with few points that look the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def thinned(x: Floats, y: Floats, most: int) -> tuple[Floats, Floats]:
    """Return at most about `most` points of a curve: of each stretch the lowest and the highest.

    What is not finite stays a gap.
    """
    kept = telling(y, most)
    return (x, y) if len(kept) == len(y) else (x[kept], y[kept])


def telling(y: Floats, most: int) -> NDArray[np.int64]:
    """Return which values (n,) of a curve `thinned` keeps, rising."""
    stretch = -(-2 * len(y) // max(most, 2))
    if stretch <= 2:
        return np.arange(len(y))
    starts = np.arange(0, len(y) - stretch + 1, stretch)
    parts = y[: len(starts) * stretch].reshape(-1, stretch)
    low = np.where(np.isfinite(parts), parts, np.inf).argmin(1)
    high = np.where(np.isfinite(parts), parts, -np.inf).argmax(1)
    broken = ~np.isfinite(parts)
    gaps = starts[broken.any(1)] + broken.argmax(1)[broken.any(1)]
    tail = np.arange(len(starts) * stretch, len(y))
    return np.unique(np.concatenate([[0], starts + low, starts + high, gaps, tail]))
