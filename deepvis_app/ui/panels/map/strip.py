"""A row of small pictures, to be pointed at, walked through and taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QSizePolicy

from deepvis_app.ui.kit.outline import paint_focus, paint_outline, round_corners
from deepvis_app.ui.kit.paced import PacedUpdate
from deepvis_app.ui.kit.pictures.cell_grid import CellGrid
from deepvis_app.ui.kit.pictures.pill import HEIGHT, paint_pill
from deepvis_app.ui.kit.pixels import use_device_pixels
from deepvis_app.ui.kit.theme import colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent

GAP = 4
RADIUS = 3.0
_TAKES = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_CONTROL = Qt.KeyboardModifier.ControlModifier


@dataclass(frozen=True, slots=True, eq=False)
class Small:
    """A picture (side, side, 3), None while it is not there, and words on it."""

    picture: NDArray[np.uint8] | None
    words: str = ""
    tip: str = ""


class Strip(CellGrid):
    """As many squares as there is room for; `capacity_changed` tells how many that are."""

    pointed = pyqtSignal(int)  # a picture, -1: none
    picked = pyqtSignal(int)
    used = pyqtSignal(int)  # Enter, or a double click
    opened = pyqtSignal(int)  # Ctrl + Enter
    capacity_changed = pyqtSignal(int)

    def __init__(self, side: int, name: str) -> None:
        super().__init__(1000, name)
        self._side, self._capacity = side, 0
        self._cells: tuple[Small, ...] = ()
        self._painting = PacedUpdate(self)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setSizePolicy(policy)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def set_cells(self, cells: Sequence[Small], *, paced: bool = False) -> None:
        """Show these, as many as there is room for; `paced`: as fast as one can read."""
        has_other_count = len(cells) != len(self._cells)
        self._cells = tuple(cells)
        if has_other_count:
            self._take_count(is_resized=False)
        elif paced:
            self._painting.soon()
        else:
            self.update()

    @property
    def capacity(self) -> int:
        """How many there is room for."""
        return self._capacity

    def cells(self) -> tuple[Small, ...]:
        return self._cells

    def count(self) -> int:
        return min(len(self._cells), self._capacity)

    def cell_rect(self, index: int) -> QRectF:
        return QRectF(index * (self._side + GAP), 0, self._side, self._side)

    # Size

    def hasHeightForWidth(self) -> bool:
        return False

    def heightForWidth(self, _width: int) -> int:
        return self._side

    def sizeHint(self) -> QSize:
        return QSize(5 * (self._side + GAP), self._side)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._side, self._side)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        capacity = max((self.width() + GAP) // (self._side + GAP), 1)
        if capacity != self._capacity:
            self._capacity = capacity
            self.capacity_changed.emit(capacity)

    # Painting

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        for index in range(self.count()):
            cell, rect = self._cells[index], self.cell_rect(index)
            painter.fillRect(rect, colour("control"))
            if cell.picture is not None:
                self._paint_picture(painter, rect, index, cell.picture)
            if cell.words:
                paint_pill(painter, rect.bottomLeft() + QPointF(3, -3 - HEIGHT), cell.words, "#fff")
            round_corners(painter, rect.toRect(), RADIUS, colour("pane"))
            if index == self._hovered:
                paint_outline(painter, rect.adjusted(2, 2, -2, -2), "#ffffff", 1.5)
        if self.shows_focus and self.count():
            paint_focus(painter, self.cell_rect(min(self._cursor, self.count() - 1)), RADIUS)

    def _paint_picture(
        self, painter: QPainter, rect: QRectF, index: int, picture: NDArray[np.uint8]
    ) -> None:
        painter.save()
        ratio = use_device_pixels(painter)
        area = QRectF(rect.topLeft() * ratio, rect.size() * ratio).toRect()
        painter.drawImage(area.topLeft(), self._scaled(index, picture, area.size()))
        painter.restore()

    # Pointing and keys

    def _tip(self, index: int) -> str:
        return self._cells[index].tip

    def _takes(self, event: QKeyEvent) -> bool:
        others = event.modifiers() & ~(_CONTROL | Qt.KeyboardModifier.KeypadModifier)
        takes = event.key() in _TAKES and not others
        return bool(self.count()) and (super()._takes(event) or takes)

    def _hover(self, index: int | None) -> None:
        if index != self._hovered:
            super()._hover(index)
            self.pointed.emit(-1 if index is None else index)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        index = self.index_at(event.position()) if event else None
        if event is not None and index is not None and event.button() == Qt.MouseButton.LeftButton:
            self._cursor = index
            self.picked.emit(index)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        index = self.index_at(event.position()) if event else None
        if index is not None:
            self.used.emit(index)

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        super().focusInEvent(event)
        if self.shows_focus and self.count():
            self.pointed.emit(min(self._cursor, self.count() - 1))

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        super().focusOutEvent(event)
        self.pointed.emit(-1)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        if event.key() in _TAKES and self.count():
            has_control = bool(event.modifiers() & _CONTROL)
            (self.opened if has_control else self.used).emit(min(self._cursor, self.count() - 1))
        elif self._move(event.key()):
            self.pointed.emit(self._cursor)
        else:
            super().keyPressEvent(event)
