"""The units of the table, and the lines that they stand in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.nets import Unit
    from deepvis_app.state.selection import Selection
    from deepvis_app.ui.panels.grid.table.columns import Column
    from deepvis_app.ui.panels.grid.table.rows import UnitRows


class Standing:
    """`order` (N,) has the rows that are left by the filter, from the first line to the last."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self.rows: UnitRows | None = None
        self.order: NDArray[np.int64] = np.zeros(0, np.int64)
        self.columns: tuple[Column, ...] = ()

    def units(self, first: int, count: int) -> list[Unit]:
        """Return the units of some lines."""
        rows = self.rows
        return [] if rows is None else [rows.at(int(r)) for r in self.order[first : first + count]]

    def picked(self) -> int | None:
        """Return the row of the picked unit; None where it is not in the table."""
        rows, selection = self.rows, self._selection
        return None if rows is None else rows.row_of(selection.layer, selection.unit)

    def line_of_picked(self) -> int | None:
        """Return in which line the picked unit stands; None where the filter leaves it out."""
        row = self.picked()
        lines = [] if row is None else np.flatnonzero(self.order == row).tolist()
        return lines[0] if lines else None
