"""A map cut into square cells."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Points = NDArray[np.floating]

TRIMMED = 1.0  # percent of the points at either end that the grid need not reach
MARGIN = 0.1  # of what is left, that it reaches further


@dataclass(frozen=True, slots=True, eq=False)
class Square:
    """A cell: its row and column (row 0 has the largest y), its middle, and who is in it.

    `places` (n,) are of the points, in their order.
    """

    row: int
    column: int
    middle: tuple[float, float]
    places: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Square cells of side `side` over points; `low` is the corner of least x and y."""

    low: tuple[float, float]
    side: float
    rows: int
    columns: int

    def squares(self, points: Points, least: int) -> tuple[Square, ...]:
        """Return the cells that have at least so many points, the fullest first.

        What lies beyond the grid counts with the cell at its border. Of cells of as many the one
        nearer to the middle of the grid goes first.
        """
        column = np.clip((points[:, 0] - self.low[0]) // self.side, 0, self.columns - 1)
        row = np.clip((points[:, 1] - self.low[1]) // self.side, 0, self.rows - 1)
        numbers = ((self.rows - 1 - row) * self.columns + column).astype(np.int64)
        order = np.argsort(numbers, kind="stable")
        found, starts = np.unique(numbers[order], return_index=True)
        parts = zip(found.tolist(), np.split(order, starts[1:]), strict=True)
        squares = [self._square(number, own) for number, own in parts if len(own) >= least]
        return tuple(sorted(squares, key=self._order))

    def _square(self, number: int, places: NDArray[np.int64]) -> Square:
        row, column = divmod(number, self.columns)
        x = self.low[0] + (column + 0.5) * self.side
        y = self.low[1] + (self.rows - row - 0.5) * self.side
        return Square(row, column, (x, y), places)

    def _order(self, square: Square) -> tuple[int, float, int, int]:
        rows, columns = square.row - (self.rows - 1) / 2, square.column - (self.columns - 1) / 2
        return -len(square.places), math.hypot(rows, columns), square.row, square.column


def grid_over(points: Points, cells: int) -> Grid:
    """Return a grid over points (N, 2), `cells` along its longer side.

    It reaches over the 1st to 99th percentile each way and a tenth further, as in the library
    lucid, but never further than the points themselves do.
    """
    low, high = np.percentile(points, [TRIMMED, 100 - TRIMMED], axis=0)
    reach = MARGIN * (high - low)
    low, high = np.maximum(low - reach, points.min(0)), np.minimum(high + reach, points.max(0))
    extent = np.maximum(high - low, 1e-12)
    side = float(extent.max()) / cells
    columns, rows = (max(math.ceil(float(length) / side - 1e-6), 1) for length in extent)
    middle = (low + high) / 2
    corner = middle - side * np.array([columns, rows]) / 2
    return Grid((float(corner[0]), float(corner[1])), side, rows, columns)
