"""A map as a grid: every picture in a cell of its own, near where it was."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_ASSIGNED = 1500  # beyond, the best assignment takes seconds: its time is cubic


def snapped(points: NDArray[np.floating], aspect: float = 1.0) -> NDArray[np.int64]:
    """Return the cell (row, column) of each of N points, (N, 2); row 0 is at the largest y.

    No two share one. `aspect` is the grid's columns by its rows. Up to `MOST_ASSIGNED` points the
    sum of squared ways is the least that can be (scipy's assignment); more are cut at the median,
    again and again, the longer side first (a k-d order).
    """
    count = len(points)
    columns = max(math.ceil(math.sqrt(count * aspect)), 1)
    rows = max(math.ceil(count / columns), 1)
    if count <= MOST_ASSIGNED:
        return _assigned(points, rows, columns)
    cells = np.zeros((count, 2), np.int64)
    _cut(points, np.arange(count), (0, 0, rows, columns), cells)
    return cells


def _assigned(points: NDArray[np.floating], rows: int, columns: int) -> NDArray[np.int64]:
    from scipy.optimize import linear_sum_assignment

    row, column = np.divmod(np.arange(rows * columns), columns)
    low, high = points.min(0), points.max(0)
    away = (points - low) / np.where(high > low, high - low, 1)
    cell_x, cell_y = (column + 0.5) / columns, 1 - (row + 0.5) / rows
    cost = (away[:, :1] - cell_x) ** 2 + (away[:, 1:] - cell_y) ** 2
    _, chosen = linear_sum_assignment(cost)
    return np.stack([row[chosen], column[chosen]], 1)


def _cut(
    points: NDArray[np.floating],
    members: NDArray[np.int64],
    area: tuple[int, int, int, int],
    cells: NDArray[np.int64],
) -> None:
    """Give members the cells of an area: its first row and column, its rows and columns."""
    top, left, rows, columns = area
    if not len(members):
        return
    if rows == columns == 1:
        cells[members] = top, left
        return
    if columns >= rows:
        half = columns // 2
        order = members[np.argsort(points[members, 0], kind="stable")]
        first = _share(len(members), rows * half, rows * (columns - half))
        _cut(points, order[:first], (top, left, rows, half), cells)
        _cut(points, order[first:], (top, left + half, rows, columns - half), cells)
        return
    half = rows // 2
    order = members[np.argsort(-points[members, 1], kind="stable")]
    first = _share(len(members), half * columns, (rows - half) * columns)
    _cut(points, order[:first], (top, left, half, columns), cells)
    _cut(points, order[first:], (top + half, left, rows - half, columns), cells)


def _share(count: int, first: int, second: int) -> int:
    """Return how many of `count` go to the first of two areas by their cells."""
    share = round(count * first / (first + second))
    return min(max(share, count - second), first)
