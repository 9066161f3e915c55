"""The table of units as Qt and screen readers want it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PyQt6.QtCore import QAbstractTableModel, QModelIndex, Qt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PyQt6.QtCore import QObject

    from deepvis_app.ui.panels.grid.table.columns import Column
    from deepvis_app.ui.panels.grid.table.rows import UnitRows


class UnitModel(QAbstractTableModel):
    """Lines in an order of rows; a cell's words are asked for when they are needed."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.rows: UnitRows | None = None
        self.order: NDArray[np.int64] = np.zeros(0, np.int64)
        self.columns: tuple[Column, ...] = ()

    def set_rows(self, rows: UnitRows | None) -> None:
        self.beginResetModel()
        self.rows, self.order = rows, np.zeros(0, np.int64)
        self.endResetModel()

    def set_order(self, order: NDArray[np.int64]) -> None:
        self.beginResetModel()
        self.order = order
        self.endResetModel()

    def set_columns(self, columns: Sequence[Column]) -> None:
        self.beginResetModel()
        self.columns = tuple(columns)
        self.endResetModel()

    def row_at(self, line: int) -> int | None:
        """Return the row that stands in a line."""
        return int(self.order[line]) if 0 <= line < len(self.order) else None

    def tell(self, lines: tuple[int, int], columns: Sequence[int]) -> None:
        """Say that cells of some lines (first, count) and columns are other ones."""
        first, count = lines
        if count and self.rows is not None:
            for column in columns:
                last = self.index(first + count - 1, column)
                self.dataChanged.emit(self.index(first, column), last)

    # Qt's own methods

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.order)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008, N802
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.row_at(index.row())
        if row is None or self.rows is None or index.column() >= len(self.columns):
            return None
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.rows.text(row, column.key)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.rows.tip(row, column.key)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{column.title or column.key}: {self.rows.text(row, column.key) or 'picture'}"
        return None

    def headerData(  # noqa: N802
        self, section: int, side: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if side is not Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.columns[section].tip
        return None
