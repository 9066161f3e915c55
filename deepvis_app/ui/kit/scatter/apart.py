"""Which of many squares are shown, so that no two of them overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int32]
    Places = NDArray[np.int64]

_AROUND = tuple((across, down) for down in (-1, 0, 1) for across in (-1, 0, 1))


def apart(x: Ints, y: Ints, side: int) -> NDArray[np.bool_]:
    """Return which squares are kept: one after another, each that overlaps none kept before.

    Their middles are (x, y), (n,) each, whole pixels, those first that are to be kept most.

    The plane is cut into cells as large as a square, of which each holds the middle of at most one
    that is kept. All that come before whatever lies in the cells around them are kept at once, then
    what overlaps these is put aside, until nothing is left: a few rounds, none of them a loop over
    squares.
    """
    count = len(x)
    kept = np.zeros(count, bool)
    if not count:
        return kept
    column, row = x // side, y // side
    column, row = column - column.min() + 1, row - row.min() + 1
    wide, tall = int(column.max()) + 2, int(row.max()) + 2
    cell = row.astype(np.int64) * wide + column
    holder = np.full(wide * tall, count)  # which kept square lies in a cell; `count`: none
    left = np.arange(count)
    while len(left):
        first = np.full(wide * tall, count)
        first[cell[left[::-1]]] = left[::-1]  # the last one written stays: the one that comes first
        is_first = _least_around(first.reshape(tall, wide)).ravel()[cell[left]] == left
        chosen = left[is_first]
        kept[chosen] = True
        holder[cell[chosen]] = chosen
        left = left[~is_first]
        left = left[~_overlap(left, x, y, side, cell, holder, wide)]
    return kept


def _least_around(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each cell (h, w) the least value of it and its eight neighbours."""
    across = values.copy()
    np.minimum(across[:, 1:], values[:, :-1], out=across[:, 1:])
    np.minimum(across[:, :-1], values[:, 1:], out=across[:, :-1])
    found = across.copy()
    np.minimum(found[1:], across[:-1], out=found[1:])
    np.minimum(found[:-1], across[1:], out=found[:-1])
    return found


def _overlap(
    squares: Places, x: Ints, y: Ints, side: int, cell: Places, holder: Places, wide: int
) -> NDArray[np.bool_]:
    """Return which squares overlap one that is kept."""
    found = np.zeros(len(squares), bool)
    far = np.append(x, 2**30), np.append(y, 2**30)  # of no square
    for across, down in _AROUND:
        other = holder[cell[squares] + down * wide + across]
        near = np.abs(far[0][other] - x[squares]) < side
        found |= near & (np.abs(far[1][other] - y[squares]) < side)
    return found
