"""Cells in rows, to be pointed at and walked through: what grids of pictures have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QHelpEvent, QImage, QKeyEvent
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from deepvis_app.ui.kit.keyboard_focus import KeyboardFocus
from deepvis_app.ui.kit.pixels import fitted_image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtGui import QMouseEvent, QResizeEvent

GAP = 4
RADIUS = 4.0
_MOVES = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class CellGrid(KeyboardFocus, QWidget):
    """Rows of `columns` cells, as wide as there is room. Who inherits says how they lie and paints.

    `least_px` is the least side of a cell, `usual_px` the width asked for.
    """

    least_px = 24
    usual_px = 240

    def __init__(self, columns: int, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = columns
        self._images: list[tuple[object, QImage]] = []  # (picture, scaled) by place
        self._marked: int | None = None
        self._hovered: int | None = None
        self._cursor = 0
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    # What who inherits says

    def count(self) -> int:
        raise NotImplementedError

    def cell_rect(self, index: int) -> QRectF:
        """Return where a cell stands, in logical pixels."""
        raise NotImplementedError

    def _tip(self, index: int) -> str:
        raise NotImplementedError

    def _takes(self, event: QKeyEvent) -> bool:
        """Tell whether a key that a shortcut may have, too, is this grid's."""
        return event.key() in _MOVES

    # What it shows

    def set_marked(self, index: int | None) -> None:
        """Frame one cell in the accent."""
        if index != self._marked:
            self._marked = index
            self.update()

    def _take_count(self, *, is_resized: bool) -> None:
        """Go on with other cells."""
        count = self.count()
        del self._images[count:]
        self._cursor = min(self._cursor, max(count - 1, 0))
        if is_resized:
            self.updateGeometry()
        self.update()

    def _rows(self, count: int) -> int:
        return -(-count // self._columns)

    def _scaled(self, index: int, picture: NDArray[np.uint8], size: QSize) -> QImage:
        """Return a cell's picture at a size, kept until it is another."""
        while len(self._images) <= index:
            self._images.append((None, QImage()))
        known, image = self._images[index]
        if known is not picture or image.size() != size:
            image = fitted_image(picture, size)
            self._images[index] = (picture, image)
        return image

    # Size

    def hasHeightForWidth(self) -> bool:
        return True

    def sizeHint(self) -> QSize:
        return QSize(self.usual_px, self.heightForWidth(self.usual_px))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._columns * self.least_px, self.heightForWidth(max(self.width(), 1)))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if event is not None and event.size().width() != event.oldSize().width():
            self.updateGeometry()  # the least height is that of this width

    # Pointing and keys

    def index_at(self, point: QPointF) -> int | None:
        places = range(self.count())
        return next((i for i in places if self.cell_rect(i).contains(point)), None)

    def _hover(self, index: int | None) -> None:
        if index != self._hovered:
            self._hovered = index
            self.update()

    def _move(self, key: int) -> bool:
        """Go on by an arrow key; return whether it is one and there are cells to walk through."""
        if key not in _MOVES or not self.count():
            return False
        across, down = _MOVES[Qt.Key(key)]
        place = self._cursor + across + down * self._columns
        self._cursor = place if 0 <= place < self.count() else self._cursor
        self._by_keyboard = True
        self.update()
        return True

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        self._hover(self.index_at(event.position()) if event else None)

    def leaveEvent(self, _event: QEvent | None) -> None:
        self._hover(None)

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self.index_at(QPointF(event.pos()))
            text = self._tip(index) if index is not None else ""
            QToolTip.showText(event.globalPos() + QPoint(0, 8), text or self.toolTip(), self)
            return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            event.setAccepted(self._takes(event))
            return event.isAccepted()
        return super().event(event)
