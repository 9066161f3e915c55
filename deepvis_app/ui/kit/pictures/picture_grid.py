"""Small pictures side by side, each with a few words, to be picked from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QBrush, QFontMetricsF, QHelpEvent, QImage, QKeyEvent, QPainter
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from deepvis_app.ui.kit.keyboard_focus import KeyboardFocus
from deepvis_app.ui.kit.outline import paint_focus, paint_outline
from deepvis_app.ui.kit.pictures.pill import HEIGHT, ROOM, paint_pill
from deepvis_app.ui.kit.pixels import fitted_image, use_device_pixels
from deepvis_app.ui.kit.theme import Size, active_theme, colour, font

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtGui import QMouseEvent, QPaintEvent, QResizeEvent

GAP = 4
BELOW = 20  # height of a caption below its picture
LEAST = 24  # side of a picture that can be told from others
RADIUS = 4.0
_MOVES = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_PRESSES = (Qt.Key.Key_Select, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One picture (H, W, 3), None while there is none; `words` stand in its place then."""

    picture: NDArray[np.uint8] | None = None
    caption: str = ""
    words: str = ""
    tip: str = ""
    is_faint: bool = False  # the caption: what it says is not final


class PictureGrid(KeyboardFocus, QWidget):
    """Rows of `columns` pictures as wide as there is room; arrows move, Enter picks."""

    picked = pyqtSignal(int)

    def __init__(
        self,
        columns: int,
        name: str,
        parent: QWidget | None = None,
        *,
        has_captions_below: bool = False,
    ) -> None:
        super().__init__(parent)
        self._below = BELOW if has_captions_below else 0
        self._columns = columns
        self._cells: tuple[Cell, ...] = ()
        self._images: list[tuple[object, QImage]] = []  # (picture, scaled) by place
        self._marked: int | None = None
        self._hovered: int | None = None
        self._cursor = 0
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_cells(self, cells: Sequence[Cell]) -> None:
        """Show these pictures from left to right, row by row."""
        grows = len(cells) != len(self._cells) or self._shape_of(cells) != self._shape()
        self._cells = tuple(cells)
        del self._images[len(cells) :]
        self._cursor = min(self._cursor, max(len(cells) - 1, 0))
        if grows:
            self.updateGeometry()
        self.update()

    def cells(self) -> tuple[Cell, ...]:
        return self._cells

    def set_marked(self, index: int | None) -> None:
        """Frame one picture in the accent."""
        if index != self._marked:
            self._marked = index
            self.update()

    def cell_rect(self, index: int) -> QRectF:
        """Return where a picture stands, in logical pixels."""
        row, column = divmod(index, self._columns)
        width = self._cell_width(self.width())
        height = width * self._shape()
        return QRectF(column * (width + GAP), row * (height + self._below + GAP), width, height)

    # Size

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        rows = -(-len(self._cells) // self._columns)
        height = self._cell_width(width) * self._shape() + self._below
        return max(round(rows * (height + GAP) - GAP), 0)

    def sizeHint(self) -> QSize:
        return QSize(240, self.heightForWidth(240))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._columns * LEAST, self.heightForWidth(max(self.width(), 1)))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if event is not None and event.size().width() != event.oldSize().width():
            self.updateGeometry()  # the least height is that of this width

    def _cell_width(self, width: int) -> float:
        return max((width - (self._columns - 1) * GAP) / self._columns, 1.0)

    def _shape(self) -> float:
        return self._shape_of(self._cells)

    @staticmethod
    def _shape_of(cells: Sequence[Cell]) -> float:
        """Return height per width of the first picture, 1 without one."""
        picture = next((c.picture for c in cells if c.picture is not None), None)
        return 1.0 if picture is None else picture.shape[0] / max(picture.shape[1], 1)

    # Painting

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, cell in enumerate(self._cells):
            rect = self.cell_rect(index)
            if cell.picture is None:
                self._paint_words(painter, rect, cell.words)
            else:
                self._paint_picture(painter, rect, index, cell.picture)
            if cell.caption and self._below:
                _paint_below(painter, rect, cell)
            elif cell.caption:
                _paint_caption(painter, rect, cell.caption)
            if index == self._marked or index == self._hovered:
                shade = active_theme().mark if index == self._marked else "#ffffff"
                paint_outline(painter, rect.adjusted(2, 2, -2, -2), shade, 1.5)
        if self.shows_focus and self._cells:
            paint_focus(painter, self.cell_rect(self._cursor), RADIUS)

    def _paint_picture(
        self, painter: QPainter, rect: QRectF, index: int, picture: NDArray[np.uint8]
    ) -> None:
        painter.save()
        ratio = use_device_pixels(painter)
        area = QRectF(rect.topLeft() * ratio, rect.size() * ratio).toRect()
        image = self._scaled(index, picture, area.size())
        painter.translate(QPointF(area.topLeft()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(image))
        corner = RADIUS * ratio
        painter.drawRoundedRect(QRectF(QPointF(0, 0), area.size().toSizeF()), corner, corner)
        painter.restore()

    def _scaled(self, index: int, picture: NDArray[np.uint8], size: QSize) -> QImage:
        while len(self._images) <= index:
            self._images.append((None, QImage()))
        known, image = self._images[index]
        if known is not picture or image.size() != size:
            image = fitted_image(picture, size)
            self._images[index] = (picture, image)
        return image

    def _paint_words(self, painter: QPainter, rect: QRectF, words: str) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("control"))
        painter.drawRoundedRect(rect, RADIUS, RADIUS)
        painter.setFont(font(Size.CAPTION))
        painter.setPen(colour("muted"))
        flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignCenter
        painter.drawText(rect.adjusted(8, 8, -8, -8), int(flags), words)

    # Pointing and keys

    def index_at(self, point: QPointF) -> int | None:
        places = range(len(self._cells))
        return next((i for i in places if self.cell_rect(i).contains(point)), None)

    def _pick(self, index: int | None) -> None:
        if index is not None and self._cells[index].picture is not None:
            self._cursor = index
            self.picked.emit(index)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._pick(self.index_at(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        self._hover(self.index_at(event.position()) if event else None)

    def leaveEvent(self, _event: QEvent | None) -> None:
        self._hover(None)

    def _hover(self, index: int | None) -> None:
        if index is not None and self._cells[index].picture is None:
            index = None
        if index != self._hovered:
            self._hovered = index
            self.update()

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self.index_at(QPointF(event.pos()))
            text = self._cells[index].tip if index is not None else ""
            QToolTip.showText(event.globalPos() + QPoint(0, 8), text or self.toolTip(), self)
            return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            event.setAccepted(event.key() in _MOVES)
            return event.isAccepted()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        key = Qt.Key(event.key())
        if key in _PRESSES and self._cells:
            self._pick(self._cursor)
        elif key in _MOVES and self._cells:
            across, down = _MOVES[key]
            place = self._cursor + across + down * self._columns
            self._cursor = place if 0 <= place < len(self._cells) else self._cursor
            self._by_keyboard = True
            self.update()
        else:
            super().keyPressEvent(event)


def _paint_below(painter: QPainter, rect: QRectF, cell: Cell) -> None:
    painter.setFont(font(Size.SMALL))
    painter.setPen(colour("muted" if cell.is_faint else "text"))
    box = QRectF(rect.left(), rect.bottom(), rect.width(), BELOW)
    text = painter.fontMetrics().elidedText(
        cell.caption, Qt.TextElideMode.ElideRight, int(rect.width())
    )
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)


def _paint_caption(painter: QPainter, rect: QRectF, caption: str) -> None:
    room = rect.width() - 8 - ROOM
    words = QFontMetricsF(font(Size.CAPTION)).elidedText(caption, Qt.TextElideMode.ElideRight, room)
    paint_pill(painter, QPointF(rect.left() + 4, rect.bottom() - 4 - HEIGHT), words, "#ffffff")
