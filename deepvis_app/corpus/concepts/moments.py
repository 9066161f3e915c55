"""Which pictures vouch for each other: those of one moment, and of moments that look alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

# Of the distance between pictures drawn by chance. In SqueezeNet's layers a camera's noise makes
# .1 to .2 of it, a shift by 2 % of the picture as much at most, a shift by 10 % or a zoom more.
NEAR = 0.2


def in_order(moments: Ints) -> tuple[Ints, Ints]:
    """Return moments in the order of their first pictures, and how many pictures each has."""
    names, first, sizes = np.unique(moments, return_index=True, return_counts=True)
    order = np.argsort(first, kind="stable")
    return names[order], sizes[order]


def joined(codes: Floats, labels: NDArray[np.bool_], moments: Ints) -> Ints:
    """Return moments (N,) where those of a side that look alike, one after another, are one.

    `codes` (N, C) are centred. A camera that does not move gives the same picture for minutes: all
    of it is one moment. A moment is compared with the first one of those that it would join.
    """
    far = np.sqrt(2 * np.square(codes).sum(1).mean())
    found = np.zeros(len(codes), np.int64)
    number = -1
    for side in (True, False):
        anchor = None
        for name in in_order(moments[labels == side])[0]:
            rows = (labels == side) & (moments == name)
            mean = codes[rows].mean(0)
            if anchor is None or np.linalg.norm(mean - anchor) >= NEAR * far:
                anchor, number = mean, number + 1
            found[rows] = number
    return found
