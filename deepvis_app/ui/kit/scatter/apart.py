"""Which of many squares are shown, so that no two of them overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int32]
    Places = NDArray[np.int64]

_AROUND = tuple((across, down) for down in (-1, 0, 1) for across in (-1, 0, 1))
_FAR = 2**30  # where no square is


def apart(x: Ints, y: Ints, side: int) -> NDArray[np.bool_]:
    """Return which squares are kept: one after another, each that overlaps none kept before.

    Their middles are (x, y), (n,) each, whole pixels, those first that are to be kept most.

    The plane is cut into cells as large as a square, each of which holds at most one that is kept.
    The first of a cell is kept where none that comes before it can overlap it; then what overlaps
    these is put aside, until nothing is left. That is a few rounds, none a loop over squares.
    """
    count = len(x)
    kept = np.zeros(count, bool)
    if not count:
        return kept
    column, row = x // side, y // side
    column, row = column - column.min() + 1, row - row.min() + 1
    shape = int(row.max()) + 2, int(column.max()) + 2
    cell = row.astype(np.int64) * shape[1] + column
    at = np.append(x, _FAR), np.append(y, _FAR)
    holder = np.full(shape[0] * shape[1], count)  # the kept one of each cell; `count`: none
    left = np.arange(count)
    while len(left):
        chosen = _surely_kept(left, cell, at, side, shape)
        kept[chosen] = True
        holder[cell[chosen]] = chosen
        left = left[~kept[left]]
        left = left[~_overlapping(left, cell, at, side, holder, shape[1])]
    return kept


def _surely_kept(
    left: Places, cell: Places, at: tuple[Ints, Ints], side: int, shape: tuple[int, int]
) -> Places:
    """Return the first one of each cell that no earlier one around it can keep out."""
    none = len(at[0]) - 1
    first = np.full(shape[0] * shape[1], none)
    first[cell[left[::-1]]] = left[::-1]  # the last one written stays: the one that comes first
    several = np.bincount(cell[left], minlength=len(first)) > 1
    cells = np.flatnonzero(first != none)
    own = first[cells]
    is_free = np.ones(len(cells), bool)
    for across, down in _AROUND:
        beside = cells + down * shape[1] + across
        other = first[beside]
        is_free &= (other >= own) | ~(several[beside] | _overlap(own, other, at, side))
    return own[is_free]


def _overlapping(
    squares: Places, cell: Places, at: tuple[Ints, Ints], side: int, holder: Places, wide: int
) -> NDArray[np.bool_]:
    """Return which squares overlap one that is kept."""
    found = np.zeros(len(squares), bool)
    for across, down in _AROUND:
        found |= _overlap(squares, holder[cell[squares] + down * wide + across], at, side)
    return found


def _overlap(some: Places, others: Places, at: tuple[Ints, Ints], side: int) -> NDArray[np.bool_]:
    x, y = at
    near: NDArray[np.bool_] = np.abs(x[others] - x[some]) < side
    near &= np.abs(y[others] - y[some]) < side
    return near
