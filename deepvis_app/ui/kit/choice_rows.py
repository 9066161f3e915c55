"""Names with an amount each, one of them chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal

from deepvis_app.ui.kit.row_list import Look, Row, RowList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtCore import QModelIndex


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """A line: its name, the text of its amount, and the share 0..1 of its bar."""

    label: str
    text: str
    share: float


class ChoiceRows(RowList):
    """A click chooses a line; so do the keys that walk while it has the focus."""

    picked = pyqtSignal(int)  # place of the line

    def __init__(self, name: str) -> None:
        super().__init__(name, Look())
        self._choices: tuple[ChoiceRow, ...] = ()
        self._chosen = 0

    def set_rows(self, rows: Sequence[ChoiceRow], current: int = 0) -> None:
        self._choices = tuple(rows)
        self._chosen = current
        self.show_rows(len(rows), current)

    def row(self, place: int) -> Row:
        row = self._choices[place]
        return Row(row.label, row.text, end=min(max(row.share, 0.0), 1.0))

    def rows(self) -> tuple[ChoiceRow, ...]:
        return self._choices

    def current(self) -> int:
        return self._chosen

    def pick(self, place: int) -> None:
        """Choose a line, as a click on it does."""
        self.setCurrentIndex(self._rows.index(place))

    def tip(self, place: int) -> str:
        row = self._choices[place]
        return f"{row.label}: {row.text}. Click to see where."

    def currentChanged(self, current: QModelIndex, previous: QModelIndex) -> None:  # noqa: N802
        super().currentChanged(current, previous)
        if current.isValid() and current.row() != self._chosen:
            self._chosen = current.row()
            self.picked.emit(current.row())
