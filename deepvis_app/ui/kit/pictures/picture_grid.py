"""Small pictures side by side, each with a few words, to be picked from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QBrush, QFontMetricsF, QPainter

from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.outline import paint_focus, paint_outline
from deepvis_app.ui.kit.pictures.cell_grid import GAP, RADIUS, CellGrid
from deepvis_app.ui.kit.pictures.pill import HEIGHT, ROOM, paint_pill
from deepvis_app.ui.kit.pixels import use_device_pixels
from deepvis_app.ui.kit.theme import Size, active_theme, colour, font

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent
    from PyQt6.QtWidgets import QWidget

BELOW = 20  # height of a caption below its picture
_PRESSES = (Qt.Key.Key_Select, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One picture (H, W, 3), None while there is none; `words` stand in its place then."""

    picture: NDArray[np.uint8] | None = None
    caption: str = ""
    words: str = ""
    tip: str = ""
    is_faint: bool = False  # the caption: what it says is not final


class PictureGrid(CellGrid):
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
        super().__init__(columns, name, parent)
        self._below = BELOW if has_captions_below else 0
        self._cells: tuple[Cell, ...] = ()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_cells(self, cells: Sequence[Cell]) -> None:
        """Show these pictures from left to right, row by row."""
        grows = len(cells) != len(self._cells) or self._shape_of(cells) != self._shape()
        self._cells = tuple(cells)
        self._take_count(is_resized=grows)

    def cells(self) -> tuple[Cell, ...]:
        return self._cells

    def count(self) -> int:
        return len(self._cells)

    def cell_rect(self, index: int) -> QRectF:
        row, column = divmod(index, self._columns)
        width = self._cell_width(self.width())
        height = width * self._shape()
        return QRectF(column * (width + GAP), row * (height + self._below + GAP), width, height)

    # Size

    def heightForWidth(self, width: int) -> int:
        rows = self._rows(len(self._cells))
        height = self._cell_width(width) * self._shape() + self._below
        return max(round(rows * (height + GAP) - GAP), 0)

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

    def _paint_words(self, painter: QPainter, rect: QRectF, words: str) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("control"))
        painter.drawRoundedRect(rect, RADIUS, RADIUS)
        painter.setFont(font(Size.CAPTION))
        painter.setPen(colour("muted"))
        flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignCenter
        painter.drawText(rect.adjusted(8, 8, -8, -8), int(flags), words)

    # Pointing and keys

    def _tip(self, index: int) -> str:
        return self._cells[index].tip

    def _pick(self, index: int | None) -> None:
        if index is not None and self._cells[index].picture is not None:
            self._cursor = index
            self.picked.emit(index)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._pick(self.index_at(event.position()))

    def _hover(self, index: int | None) -> None:
        if index is not None and self._cells[index].picture is None:
            index = None
        super()._hover(index)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        key = Qt.Key(event.key())
        if key in _PRESSES and self._cells:
            self._pick(self._cursor)
        elif not self._move(key):
            super().keyPressEvent(event)


def _paint_below(painter: QPainter, rect: QRectF, cell: Cell) -> None:
    painter.setFont(font(Size.SMALL))
    painter.setPen(colour("muted" if cell.is_faint else "text"))
    box = QRectF(rect.left(), rect.bottom(), rect.width(), BELOW)
    text = elided(
        painter.fontMetrics(), cell.caption, Qt.TextElideMode.ElideRight, int(rect.width())
    )
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)


def _paint_caption(painter: QPainter, rect: QRectF, caption: str) -> None:
    room = rect.width() - 8 - ROOM
    words = elided(QFontMetricsF(font(Size.CAPTION)), caption, Qt.TextElideMode.ElideRight, room)
    paint_pill(painter, QPointF(rect.left() + 4, rect.bottom() - 4 - HEIGHT), words, "#ffffff")
