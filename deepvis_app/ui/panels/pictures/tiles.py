"""Pictures side by side, each with what it gave: to be pointed at, walked through, taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPointF, QRectF, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QFont, QFontMetricsF, QPainter

from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.outline import paint_focus, paint_outline, round_corners
from deepvis_app.ui.kit.pictures.cell_grid import GAP, RADIUS, CellGrid
from deepvis_app.ui.kit.pictures.pill import paint_pill
from deepvis_app.ui.kit.pixels import use_device_pixels
from deepvis_app.ui.kit.theme import Size, active_theme, colour, font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent

    from deepvis_app.known.patches import Crop

STRIP = 20  # height of the words on it
REST_MS = 150  # how long the pointer rests on a tile before more is shown of it
FADED = 0.72  # how much of what does not hold any more is covered
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


class TileGrid(CellGrid):
    """Square tiles, `columns` in a row, as wide as there is room."""

    least_px = 40
    usual_px = 344
    pointed = pyqtSignal(int)  # the pointer rests on a tile, or the keyboard is there
    left = pyqtSignal()
    picked = pyqtSignal(int)
    used = pyqtSignal(int)  # Enter, or a double click
    opened = pyqtSignal(int)  # Ctrl + Enter

    def __init__(self, columns: int, name: str) -> None:
        super().__init__(columns, name)
        self._tiles: tuple[Tile, ...] = ()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._tell)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def set_tiles(self, tiles: Sequence[Tile]) -> None:
        """Show these from left to right, row by row."""
        has_grown = self._rows(len(tiles)) != self._rows(len(self._tiles))
        self._tiles = tuple(tiles)
        self._take_count(is_resized=has_grown)

    def tiles(self) -> tuple[Tile, ...]:
        return self._tiles

    def count(self) -> int:
        return len(self._tiles)

    def cell_rect(self, index: int) -> QRectF:
        row, column = divmod(index, self._columns)
        side = self._side(self.width())
        return QRectF(column * (side + GAP), row * (side + GAP), side, side)

    # Size

    def heightForWidth(self, width: int) -> int:
        rows = self._rows(len(self._tiles))
        return max(rows * (self._side(width) + GAP) - GAP, 0)

    def _side(self, width: int) -> int:
        return max((width - (self._columns - 1) * GAP) // self._columns, 1)

    # Painting

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        for index, tile in enumerate(self._tiles):
            rect = self.cell_rect(index)
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
            paint_focus(painter, self.cell_rect(self._cursor), RADIUS)

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
            painter.drawImage(part.topLeft(), self._scaled(index, crop.picture, part.size()))
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

    # Pointing and keys

    def _tip(self, index: int) -> str:
        return self._tiles[index].tip

    def _takes(self, event: QKeyEvent) -> bool:
        others = event.modifiers() & ~(_CONTROL | Qt.KeyboardModifier.KeypadModifier)
        takes = event.key() in _TAKES and not others
        return bool(self._tiles) and (super()._takes(event) or takes)

    def _hover(self, index: int | None) -> None:
        if index != self._hovered:
            self._rest.start()
        super()._hover(index)

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

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        key = Qt.Key(event.key())
        if key in _TAKES and self._tiles:
            has_control = bool(event.modifiers() & _CONTROL)
            (self.opened if has_control else self.used).emit(self._cursor)
        elif self._move(key):
            self.pointed.emit(self._cursor)
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
    painter.drawText(area, flags, elided(QFontMetricsF(plain), tile.label, mode, area.width()))
