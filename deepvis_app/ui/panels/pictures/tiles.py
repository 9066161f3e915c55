"""Pictures side by side, each with what it gave: to be pointed at, walked through, taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QFont, QFontMetricsF, QHelpEvent, QImage, QKeyEvent, QPainter
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from deepvis_app.ui.kit.keyboard_focus import KeyboardFocus
from deepvis_app.ui.kit.outline import paint_focus, paint_outline, round_corners
from deepvis_app.ui.kit.pictures.pill import paint_pill
from deepvis_app.ui.kit.pixels import fitted_image, use_device_pixels
from deepvis_app.ui.kit.theme import Size, active_theme, colour, font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QFocusEvent, QMouseEvent, QPaintEvent, QResizeEvent

    from deepvis_app.known.patches import Crop

GAP = 4
LEAST = 40  # side of a tile
STRIP = 20  # height of the words on it
RADIUS = 4.0
REST_MS = 150  # how long the pointer rests on a tile before more is shown of it
FADED = 0.72  # how much of what does not hold any more is covered
_MOVES = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_TAKES = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_CONTROL = Qt.KeyboardModifier.ControlModifier


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """A picture, or `words` in its place; `value` and `label` stand on it, `note` in a corner.

    `box` (top, left, bottom, right) is framed, in shares of the picture's sides.
    """

    crop: Crop | None = None
    value: str = ""
    label: str = ""
    words: str = ""
    note: str = ""
    tip: str = ""
    is_faded: bool = False  # what is shown is not what was scanned
    box: tuple[float, float, float, float] | None = None


class TileGrid(KeyboardFocus, QWidget):
    """Square tiles, `columns` in a row, as wide as there is room."""

    pointed = pyqtSignal(int)  # the pointer rests on a tile, or the keyboard is there
    left = pyqtSignal()
    picked = pyqtSignal(int)
    used = pyqtSignal(int)  # Enter, or a double click
    opened = pyqtSignal(int)  # Ctrl + Enter

    def __init__(self, columns: int, name: str) -> None:
        super().__init__()
        self._columns = columns
        self._tiles: tuple[Tile, ...] = ()
        self._images: list[tuple[object, QImage]] = []  # (picture, scaled) by place
        self._hovered: int | None = None
        self._marked: int | None = None
        self._cursor = 0
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._tell)
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_tiles(self, tiles: Sequence[Tile]) -> None:
        """Show these from left to right, row by row."""
        has_grown = self._rows(len(tiles)) != self._rows(len(self._tiles))
        self._tiles = tuple(tiles)
        del self._images[len(tiles) :]
        self._cursor = min(self._cursor, max(len(tiles) - 1, 0))
        if has_grown:
            self.updateGeometry()
        self.update()

    def tiles(self) -> tuple[Tile, ...]:
        return self._tiles

    def set_marked(self, index: int | None) -> None:
        """Frame the tile that more is shown of."""
        if index != self._marked:
            self._marked = index
            self.update()

    def tile_rect(self, index: int) -> QRectF:
        """Return where a tile stands, in logical pixels."""
        row, column = divmod(index, self._columns)
        side = self._side(self.width())
        return QRectF(column * (side + GAP), row * (side + GAP), side, side)

    # Size

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        rows = self._rows(len(self._tiles))
        return max(rows * (self._side(width) + GAP) - GAP, 0)

    def sizeHint(self) -> QSize:
        return QSize(344, self.heightForWidth(344))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._columns * LEAST, self.heightForWidth(max(self.width(), 1)))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if event is not None and event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def _side(self, width: int) -> int:
        return max((width - (self._columns - 1) * GAP) // self._columns, 1)

    def _rows(self, count: int) -> int:
        return -(-count // self._columns)

    # Painting

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        for index, tile in enumerate(self._tiles):
            rect = self.tile_rect(index)
            painter.fillRect(rect, colour("control"))
            if tile.crop is not None:
                self._paint_crop(painter, rect, index, tile)
            if tile.words:
                _paint_words(painter, rect, tile.words)
            if tile.value or tile.label:
                _paint_strip(painter, rect, tile)
            if tile.note:
                paint_pill(painter, rect.topLeft() + QPointF(4, 4), tile.note, "#ffffff")
            round_corners(painter, rect.toRect(), RADIUS, colour("pane"))
            if index in (self._marked, self._hovered):
                shade = active_theme().mark if index == self._marked else "#ffffff"
                paint_outline(painter, rect.adjusted(2, 2, -2, -2), shade, 2.0)
        if self.shows_focus and self._tiles:
            paint_focus(painter, self.tile_rect(self._cursor), RADIUS)

    def _paint_crop(self, painter: QPainter, rect: QRectF, index: int, tile: Tile) -> None:
        crop = tile.crop
        assert crop is not None
        painter.save()
        ratio = use_device_pixels(painter)
        area = QRectF(rect.topLeft() * ratio, rect.size() * ratio)
        whole = _fitted(area, crop.shape)
        top, left, bottom, right = crop.inside
        part = QRectF(
            whole.left() + left * whole.width(), whole.top() + top * whole.height(),
            (right - left) * whole.width(), (bottom - top) * whole.height(),
        ).toRect()  # fmt: skip
        if not part.isEmpty() and crop.picture.size:
            painter.drawImage(part.topLeft(), self._scaled(index, crop, part.size()))
        if tile.box is not None:
            top, left, bottom, right = tile.box
            box = QRectF(
                whole.left() + left * whole.width(), whole.top() + top * whole.height(),
                (right - left) * whole.width(), (bottom - top) * whole.height(),
            )  # fmt: skip
            painter.setClipRect(area)
            paint_outline(painter, QRectF(box.toRect()), "#ffffff", max(round(ratio), 1))
        if tile.is_faded:
            painter.fillRect(area, colour("control", FADED))
        painter.restore()

    def _scaled(self, index: int, crop: Crop, size: QSize) -> QImage:
        while len(self._images) <= index:
            self._images.append((None, QImage()))
        known, image = self._images[index]
        if known is not crop.picture or image.size() != size:
            image = fitted_image(crop.picture, size)
            self._images[index] = (crop.picture, image)
        return image

    # Pointing and keys

    def index_at(self, point: QPointF) -> int | None:
        places = range(len(self._tiles))
        return next((i for i in places if self.tile_rect(i).contains(point)), None)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        self._hover(self.index_at(event.position()) if event else None)

    def leaveEvent(self, _event: QEvent | None) -> None:
        self._hover(None)

    def _hover(self, index: int | None) -> None:
        if index == self._hovered:
            return
        self._hovered = index
        self._rest.start()
        self.update()

    def _tell(self) -> None:
        """Say where the pointer has come to rest."""
        if self._hovered is not None:
            self.pointed.emit(self._hovered)
        elif not self.shows_focus:
            self.left.emit()

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
        if self.shows_focus and self._tiles:
            self.pointed.emit(self._cursor)

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        super().focusOutEvent(event)
        self._rest.start()

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self.index_at(QPointF(event.pos()))
            text = self._tiles[index].tip if index is not None else ""
            QToolTip.showText(event.globalPos() + QPoint(0, 8), text, self)
            return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            takes = event.key() in _TAKES and not event.modifiers() & ~(
                _CONTROL | Qt.KeyboardModifier.KeypadModifier
            )
            event.setAccepted(bool(self._tiles) and (event.key() in _MOVES or takes))
            return event.isAccepted()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        key = Qt.Key(event.key())
        if key in _TAKES and self._tiles:
            has_control = bool(event.modifiers() & _CONTROL)
            (self.opened if has_control else self.used).emit(self._cursor)
        elif key in _MOVES and self._tiles:
            across, down = _MOVES[key]
            place = self._cursor + across + down * self._columns
            self._cursor = place if 0 <= place < len(self._tiles) else self._cursor
            self._by_keyboard = True
            self.pointed.emit(self._cursor)
            self.update()
        else:
            super().keyPressEvent(event)


def _fitted(area: QRectF, shape: float) -> QRectF:
    """Return the largest part of an area, amid it, whose height by its width is `shape`."""
    height = min(area.height(), area.width() * shape)
    width = height / shape
    left = area.left() + (area.width() - width) / 2
    return QRectF(left, area.top() + (area.height() - height) / 2, width, height)


def _paint_words(painter: QPainter, rect: QRectF, words: str) -> None:
    painter.setFont(font(Size.CAPTION))
    painter.setPen(colour("muted"))
    flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignCenter
    painter.drawText(rect.adjusted(8, 8, -8, -8 - STRIP / 2), int(flags), words)


def _paint_strip(painter: QPainter, rect: QRectF, tile: Tile) -> None:
    """Paint what a picture gave, and what it is called, on a dark strip at its foot."""
    strip = QRectF(rect.left(), rect.bottom() - STRIP, rect.width(), STRIP)
    painter.fillRect(strip, colour("halo", 0.72))
    area = strip.adjusted(6, 0, -6, 0)
    painter.setPen(colour("#ffffff"))
    flags = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
    if tile.value:
        bold = font(Size.CAPTION, QFont.Weight.Bold)
        painter.setFont(bold)
        painter.drawText(area, flags, tile.value)
        area.setLeft(area.left() + QFontMetricsF(bold).horizontalAdvance(tile.value) + 5)
    plain = font(Size.CAPTION)
    painter.setFont(plain)
    mode = Qt.TextElideMode.ElideRight
    painter.drawText(area, flags, QFontMetricsF(plain).elidedText(tile.label, mode, area.width()))
