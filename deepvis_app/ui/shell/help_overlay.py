"""All keys on one sheet, by group, with a search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from deepvis_app.errors import short_text
from deepvis_app.ui.kit.icon_button import IconButton
from deepvis_app.ui.kit.key_caps import KeyCaps
from deepvis_app.ui.kit.sheet import MARGIN, Sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QResizeEvent

WIDEST = 1180
COLUMN = 340  # least width of a column of groups
KEYS = 132  # least width of the keys, so that the texts of all groups stand in line


@dataclass(frozen=True, slots=True)
class HelpGroup:
    """Rows are (keys, what they do); keys as `KeyCaps` wants them."""

    title: str
    rows: tuple[tuple[str, str], ...]


class HelpOverlay(Sheet):
    """Typing searches; Esc clears the search first, then closes."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, WIDEST)
        self._groups: tuple[HelpGroup, ...] = ()
        heading = QLabel("Keys and mouse")
        heading.setProperty("role", "title")
        self._search = QLineEdit()
        self._search.setPlaceholderText("Search")
        self._search.setClearButtonEnabled(True)
        self._search.setMaximumWidth(240)
        self._search.textChanged.connect(self._refill)
        close = IconButton("close", "Close this sheet (Esc)")
        close.clicked.connect(self.close_sheet)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(heading, 1)
        top.addWidget(self._search)
        top.addWidget(close)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.content.addLayout(top)
        self.content.addWidget(self._area, 1)
        self.setFocusProxy(self._search)

    def set_groups(self, groups: Sequence[HelpGroup]) -> None:
        self._groups = tuple(groups)
        self._refill()

    def open(self) -> None:
        self._search.clear()
        self._refill()
        super().open()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if self.isVisible():  # the window became another size below it
            self._refill()

    def shown_rows(self) -> tuple[tuple[str, str], ...]:
        """Return the rows that the search leaves."""
        return tuple(row for group in self._found() for row in group.rows)

    def _found(self) -> tuple[HelpGroup, ...]:
        words = self._search.text().casefold().split()
        groups = (
            HelpGroup(
                group.title,
                tuple(
                    row
                    for row in group.rows
                    if all(w in f"{group.title} {row[0]} {row[1]}".casefold() for w in words)
                ),
            )
            for group in self._groups
        )
        return tuple(group for group in groups if group.rows)

    def _refill(self) -> None:
        found = self._found()
        body = QWidget()
        columns = QHBoxLayout(body)
        columns.setContentsMargins(0, 0, 8, 0)
        columns.setSpacing(32)
        room = min(self._parent.width() - 2 * MARGIN, WIDEST) - 56
        for groups in _in_columns(found, max(room // COLUMN, 1)):
            column = QVBoxLayout()
            column.setSpacing(16)
            for group in groups:
                column.addLayout(_group_layout(group))
            column.addStretch(1)
            columns.addLayout(column, 1)
        if not found:
            nothing = QLabel(f"No key matches “{short_text(self._search.text())}”")
            nothing.setProperty("role", "muted")
            columns.addWidget(nothing, 0, Qt.AlignmentFlag.AlignTop)
        self._area.setWidget(body)
        margins = self.content.contentsMargins()
        height = body.sizeHint().height() + margins.top() + margins.bottom() + 56
        self.card.setMinimumHeight(max(min(height, self._parent.height() - 96), 160))
        self.card.setMinimumWidth(min(self._parent.width() - 2 * MARGIN, WIDEST))


def _in_columns(groups: Sequence[HelpGroup], count: int) -> list[list[HelpGroup]]:
    """Deal groups to at most `count` columns, in order, of about the same length."""
    lengths = [len(group.rows) + 2 for group in groups]
    target = max(sum(lengths) / max(count, 1), max(lengths, default=0))
    columns: list[list[HelpGroup]] = [[]]
    filled = 0.0
    for group, length in zip(groups, lengths, strict=True):
        if filled + length / 2 > target and len(columns) < count:
            columns.append([])
            filled = 0.0
        columns[-1].append(group)
        filled += length
    return columns


def _group_layout(group: HelpGroup) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(6)
    grid.setColumnMinimumWidth(0, KEYS)
    grid.setColumnStretch(1, 1)
    title = QLabel(group.title)
    title.setProperty("role", "heading")
    grid.addWidget(title, 0, 0, 1, 2)
    for row, (keys, text) in enumerate(group.rows, start=1):
        words = QLabel(text)
        words.setWordWrap(True)
        grid.addWidget(KeyCaps(keys), row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(words, row, 1)
    return grid
