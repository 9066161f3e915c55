"""The lines of the table of units: pointed at, walked through, picked and opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QPainter
from PyQt6.QtWidgets import QFrame, QTableView

from deepvis_app.ui.kit.keyboard_focus import KeyboardFocus
from deepvis_app.ui.kit.outline import paint_focus
from deepvis_app.ui.kit.theme import colour, font
from deepvis_app.ui.panels.grid.table.columns import Kind
from deepvis_app.ui.panels.grid.table.delegate import ROW, UnitDelegate
from deepvis_app.ui.panels.grid.table.head import UnitHead
from deepvis_app.ui.panels.grid.table.model import UnitModel

if TYPE_CHECKING:
    from PyQt6.QtGui import QMouseEvent, QPaintEvent, QResizeEvent

_STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
_OPENS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class UnitTable(KeyboardFocus, QTableView):
    """Lines of units, painted; a click picks, Enter and a double click open."""

    takes_letters = False  # they are the window's keys, not a search in the table
    stepped = pyqtSignal(int)  # lines down
    row_picked = pyqtSignal(int)
    row_opened = pyqtSignal(int)
    seen_changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.units = UnitModel(self)
        self.cells = UnitDelegate(self, self.units)
        self.head = UnitHead(self.units, self)
        self.empty: tuple[str, str] = ("", "")
        self._seen = (0, 0)
        self.setModel(self.units)
        self.setItemDelegate(self.cells)
        self.setHorizontalHeader(self.head)
        if (side := self.verticalHeader()) is not None:
            side.hide()
            side.setMinimumSectionSize(ROW)
            side.setDefaultSectionSize(ROW)
        self.setProperty("surface", "flat")
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setWordWrap(False)
        self.setSelectionMode(QTableView.SelectionMode.NoSelection)
        self.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setTabKeyNavigation(False)  # else Tab would go from cell to cell and never out
        self.setAccessibleName("Units of the layer")
        self.entered.connect(lambda index: self._point(index.row()))
        self.clicked.connect(lambda index: self._emit(self.row_picked, index.row()))
        self.doubleClicked.connect(lambda index: self._emit(self.row_opened, index.row()))
        if (bar := self.verticalScrollBar()) is not None:
            bar.setSingleStep(ROW)
            bar.valueChanged.connect(lambda _: self.look())

    def _point(self, line: int) -> None:
        """Let the whole line under the pointer stand out; -1: there is none."""
        before, self.cells.hot = self.cells.hot, line
        if (viewport := self.viewport()) is not None and before != line:
            for each in (before, line):
                top = self.rowViewportPosition(each)
                viewport.update(0, top, viewport.width(), ROW)

    def _emit(self, signal: object, line: int) -> None:
        if (row := self.units.row_at(line)) is not None:
            signal.emit(row)  # type: ignore[attr-defined]  # a bound signal

    def seen(self) -> tuple[int, int]:
        """Return the first line in view, and how many are."""
        bar, viewport = self.verticalScrollBar(), self.viewport()
        if bar is None or viewport is None:
            return 0, 0
        first = min(bar.value() // ROW, max(len(self.units.order) - 1, 0))
        count = viewport.height() // ROW + 2
        return first, min(count, len(self.units.order) - first)

    def look(self) -> None:
        """Say so where other lines are in view."""
        if self.seen() != self._seen:
            self._seen = self.seen()
            self.seen_changed.emit()

    def lay_columns(self) -> None:
        """Give columns the room there is."""
        columns, viewport = self.units.columns, self.viewport()
        if viewport is None or not columns:
            return
        several = self.units.rows is not None and len(self.units.rows.layers) > 1
        least = [
            max(c.width, self.head.needs(c)) + (64 if several and c.kind is Kind.UNIT else 0)
            for c in columns
        ]
        left = max(viewport.width() - sum(least), 0)
        parts = sum(c.grows for c in columns) or 1
        for number, (column, width) in enumerate(zip(columns, least, strict=True)):
            self.setColumnWidth(number, width + left * column.grows // parts)

    # Qt's own methods

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self.lay_columns()
        self.look()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        viewport = self.viewport()
        if viewport is not None and self.shows_focus:
            paint_focus(QPainter(viewport), QRectF(viewport.rect()), 4)
        if not any(self.empty) or viewport is None:
            return
        painter = QPainter(viewport)
        area = viewport.rect().adjusted(16, 24, -16, -16)
        top = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        for text, shade in zip(self.empty, ("text", "muted"), strict=True):
            painter.setFont(font())
            painter.setPen(colour(shade))
            wraps = top | int(Qt.TextFlag.TextWordWrap)
            area.setTop(painter.boundingRect(area, wraps, text).bottom() + 6)
            used = painter.boundingRect(area, wraps, text)
            painter.drawText(area.adjusted(0, -used.height() - 6, 0, 0), wraps, text)

    def event(self, event: QEvent | None) -> bool:
        """Take Enter before the window's shortcuts."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.key() in _OPENS
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() in _OPENS and self.cells.picked is not None:
            self.row_opened.emit(self.cells.picked)
        elif event is not None and event.key() in _STEPS:
            self._by_keyboard = True
            self.stepped.emit(_STEPS[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def leaveEvent(self, event: QEvent | None) -> None:
        super().leaveEvent(event)
        self._point(-1)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        super().mousePressEvent(event)
