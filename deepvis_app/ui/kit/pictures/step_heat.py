"""One picture of layers by steps: a row a layer, a column some steps, the colour a quantity."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, isfinite
from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetricsF, QImage, QKeyEvent, QPainter, QPolygonF
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis_app.tiles.over_steps import (
    BAD,
    NUMBER,
    StepColumns,
    even_shades,
    gathered,
    log_shades,
)
from deepvis_app.tiles.palette import palette
from deepvis_app.tiles.shades import TOP
from deepvis_app.ui.kit.bubble import Tip, paint_bubble
from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.keyboard_focus import KeyboardFocus
from deepvis_app.ui.kit.notice import paint_empty
from deepvis_app.ui.kit.outline import paint_focus, paint_outline
from deepvis_app.ui.kit.pixels import rgb_image, use_device_pixels
from deepvis_app.ui.kit.theme import Size, active_theme, colour, font
from deepvis_app.words.figures import MINUS, figure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from PyQt6.QtGui import QMouseEvent, QPaintEvent, QResizeEvent

    from deepvis_app.ui.kit.pictures.colour_bar import Bar

COLOURS = "magma"
BAD_COLOUR = "#2ee6a8"  # in none of the map's colours, and apart from them for any eye
ROW, LEAST_ROW, USUAL_ROWS = 14, 3, 12  # pixels of a layer's row; rows that have all of them
CELL = 5  # width of a column
GUTTER, BESIDE, ABOVE = 96, 50, 8  # names at the left, the bar at the right, ticks on top
BAR = 6
_KEYS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_PRESSES = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


@dataclass(frozen=True, slots=True, eq=False)
class HeatLook:
    """What is shown: `values` and `kinds` (S, L) of `rows` (L,) at `steps` (S,).

    Colours go from `low` to `high`, by their ratio with `is_log`; `word` says a value; the picture
    goes on to the step `last`, where nothing was measured with what was before.
    """

    rows: tuple[str, ...]
    steps: NDArray[np.int64]
    values: NDArray[np.float32]
    kinds: NDArray[np.uint8]
    low: float
    high: float
    is_log: bool = True
    last: int | None = None
    word: Callable[[float], str] = figure

    def shades(self, columns: StepColumns) -> NDArray[np.uint8]:
        way = log_shades if self.is_log else even_shades
        return way(columns, self.low, self.high)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark over a step; `shade` is a colour of the theme."""

    step: int
    text: str
    shade: str = "muted"


class StepHeat(KeyboardFocus, QWidget):
    """Pointing tells layer, steps and value; a click or Enter picks layer and step."""

    pointed = pyqtSignal(object)  # the step under the pointer, None: none
    picked = pyqtSignal(int, int)  # row, step

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look: HeatLook | None = None
        self._columns: StepColumns | None = None
        self._image = QImage()
        self._cell = QSize(1, 1)  # in pixels of the screen
        self._ticks: tuple[Tick, ...] = ()
        self._step: int | None = None
        self._row: int | None = None
        self._hovered: tuple[int, int] | None = None  # row, column
        self._cursor = (0, 0)
        self._empty = ("", "")
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    # What it shows

    def set_look(self, look: HeatLook | None) -> None:
        """Show these numbers; None: the notice says why there are none."""
        rows = 0 if self._look is None else len(self._look.rows)
        self._look = look
        self._image = QImage()
        if (0 if look is None else len(look.rows)) != rows:
            self._hovered, self._cursor = None, (0, 0)
            self.updateGeometry()
        self.setAccessibleDescription(self._told())
        self.update()

    def set_notice(self, text: str, remedy: str = "") -> None:
        """Say why there is nothing, and what to do."""
        if (text, remedy) != self._empty:
            self._empty = (text, remedy)
            self.update()

    def set_ticks(self, ticks: Sequence[Tick]) -> None:
        """Mark steps on top of the picture."""
        if tuple(ticks) != self._ticks:
            self._ticks = tuple(ticks)
            self.update()

    def set_step(self, step: int | None) -> None:
        """Draw the one line of a step that other plots have, too."""
        if step != self._step:
            self._step = step
            self.update()

    def set_row(self, row: int | None) -> None:
        """Frame the row of the picked layer."""
        if row != self._row:
            self._row = row
            self.update()

    def look(self) -> HeatLook | None:
        return self._look

    def columns(self) -> StepColumns | None:
        """Return what the picture is painted from, at its present width."""
        self._draw()
        return self._columns

    def bar(self) -> Bar | None:
        """Return what the colours mean, for a figure."""
        from deepvis_app.ui.kit.pictures.colour_bar import Bar

        look = self._look
        return None if look is None else Bar(palette(COLOURS), look.low, look.high)

    def count(self) -> int:
        return 0 if self._look is None else len(self._look.rows)

    def _told(self) -> str:
        look = self._look
        if look is None or not len(look.steps):
            return ""
        newest = zip(look.rows, look.values[-1], strict=True)
        return "; ".join(f"{name} {look.word(float(value))}" for name, value in newest)

    # Where what lies, in logical pixels

    def picture_rect(self) -> QRectF:
        """Return where the cells lie."""
        ratio = self.devicePixelRatioF()
        wide = self._cell.width() * (0 if self._columns is None else self._columns.values.shape[1])
        tall = self._cell.height() * self.count()
        return QRectF(self._gutter(), ABOVE, wide / ratio, tall / ratio)

    def cell_at(self, point: QPointF) -> tuple[int, int] | None:
        """Return row and column of a place; None beside the cells."""
        self._draw()
        area, columns = self.picture_rect(), self._columns
        if columns is None or not area.contains(point):
            return None
        rows, wide = columns.values.shape
        row = int((point.y() - area.top()) / area.height() * rows)
        column = int((point.x() - area.left()) / area.width() * wide)
        return min(row, rows - 1), min(column, wide - 1)

    def step_of(self, row: int, column: int) -> int:
        """Return the step that a cell shows: of several the one with the value that is shown."""
        look, columns = self._look, self._columns
        assert look is not None
        assert columns is not None
        first, end = columns.rows[column]
        kinds = look.kinds[first:end, row]
        key = np.where(kinds == NUMBER, look.values[first:end, row], -np.inf)
        key = np.where(kinds == BAD, np.inf, key)
        return int(look.steps[first + int(key.argmax())])

    def tip(self, row: int, column: int) -> Tip:
        """Return what is told of a cell."""
        look, columns = self._look, self._columns
        assert look is not None
        assert columns is not None
        first, end = columns.rows[column]
        steps = look.steps[first:end]
        when = f"step {_grouped(int(steps[0]))}"
        if len(steps) > 1:
            when = f"steps {_grouped(int(steps[0]))}–{_grouped(int(steps[-1]))}, largest"
        kind = int(columns.kinds[row, column])
        value = float(columns.values[row, column])
        said = look.word(value) if kind == NUMBER else _WORDS[kind]
        return Tip(look.rows[row], ((("", said),), ((when, ""),)))

    def _gutter(self) -> int:
        metrics = QFontMetricsF(font(Size.CAPTION))
        names = () if self._look is None else self._look.rows
        widest = max(map(metrics.horizontalAdvance, names), default=0.0)
        return min(ceil(widest) + 9, GUTTER)

    def _row_px(self) -> int:
        rows = self.count()
        return ROW if rows <= USUAL_ROWS else max(ROW * USUAL_ROWS // rows, LEAST_ROW)

    # Size

    def sizeHint(self) -> QSize:
        rows = self.count()
        return QSize(400, ABOVE + (rows * self._row_px() if rows else 4 * ROW))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    # Painting

    def _draw(self) -> None:
        """Make the picture anew where it is another, or another one is wanted."""
        look = self._look
        if look is None or not len(look.steps) or not look.rows:
            self._columns = None
            return
        if not self._image.isNull():
            return
        ratio = self.devicePixelRatioF()
        room, wide = round((self.width() - self._gutter() - BESIDE) * ratio), round(CELL * ratio)
        count = max(room // wide, 1)
        self._columns = gathered(look.steps, look.values, look.kinds, count, look.last)
        self._cell = QSize(wide, round(self._row_px() * ratio))
        colours = palette(COLOURS)[look.shades(self._columns)]
        colours[self._columns.kinds == BAD] = _rgb(BAD_COLOUR)
        colours[(self._columns.kinds != BAD) & (self._columns.kinds != NUMBER)] = _rgb("control")
        large = colours.repeat(self._cell.height(), 0).repeat(wide, 1)
        self._image = rgb_image(np.ascontiguousarray(large))

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        self._draw()
        painter = QPainter(self)
        if self._columns is None or self._look is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour("control"))
            painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
            paint_empty(painter, QRectF(self.rect()), *self._empty)
        else:
            self._paint_picture(painter)
            self._paint_names(painter, self._look)
            self._paint_bar(painter, self._look)
            self._paint_marks(painter)
        if self.shows_focus:
            paint_focus(painter, QRectF(self.rect()), 4)

    def _paint_picture(self, painter: QPainter) -> None:
        area = self.picture_rect()
        painter.save()
        ratio = use_device_pixels(painter)
        corner = QPoint(round(area.left() * ratio), round(area.top() * ratio))
        painter.drawImage(corner, self._image)
        painter.restore()

    def _paint_names(self, painter: QPainter, look: HeatLook) -> None:
        area = self.picture_rect()
        pitch = area.height() / len(look.rows)
        painter.setFont(font(Size.CAPTION))
        every = max(1, -(-ROW // max(round(pitch), 1))) if pitch < ROW else 1
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for row, name in enumerate(look.rows):
            if row % every and row != self._row:
                continue
            if self._row is not None and row != self._row and abs(row - self._row) < every:
                continue  # the picked one has the room
            painter.setPen(colour("text" if row == self._row else "muted"))
            text = elided(
                painter.fontMetrics(), name, Qt.TextElideMode.ElideMiddle, self._gutter() - 8
            )
            middle = area.top() + (row + 0.5) * pitch
            box = QRectF(0, middle - ROW / 2, area.left() - 8, ROW)
            painter.drawText(box, int(right), text)

    def _paint_bar(self, painter: QPainter, look: HeatLook) -> None:
        area = self.picture_rect()
        left = round(self.width() - BESIDE + 8)
        shades = np.arange(TOP, -1, -1)
        image = rgb_image(np.ascontiguousarray(palette(COLOURS)[shades][:, None]))
        painter.drawImage(QRect(left, round(area.top()), BAR, round(area.height())), image)
        painter.setFont(font(Size.CAPTION))
        painter.setPen(colour("muted"))
        beside = QRectF(left + BAR + 4, area.top() - 2, BESIDE - BAR - 12, area.height() + 4)
        start = Qt.AlignmentFlag.AlignLeft
        painter.drawText(beside, int(start | Qt.AlignmentFlag.AlignTop), _short(look.high))
        painter.drawText(beside, int(start | Qt.AlignmentFlag.AlignBottom), _short(look.low))

    def _paint_marks(self, painter: QPainter) -> None:
        area = self.picture_rect()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for tick in self._ticks:
            self._paint_tick(painter, area, tick)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        if self._step is not None:
            x = round(self._x_of(self._step))
            painter.fillRect(QRectF(x, area.top(), 1, area.height()), colour("#ffffff", 0.75))
        if self._row is not None and self._row < self.count():
            pitch = area.height() / self.count()
            top = round(area.top() + self._row * pitch)
            frame = QRectF(area.left(), top, area.width(), round(pitch))
            paint_outline(painter, frame, active_theme().mark, 1)
        here = self._cursor if self.shows_focus else self._hovered
        if here is not None and self._columns is not None:
            cell = self._cell_rect(*here)
            paint_outline(painter, cell, "#ffffff", 1)
            paint_bubble(painter, self.tip(*here), cell, QRectF(self.rect()))

    def _paint_tick(self, painter: QPainter, area: QRectF, tick: Tick) -> None:
        x, top = self._x_of(tick.step) + 0.5, area.top()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(tick.shade))
        shape = [QPointF(x - 4, top - 7), QPointF(x + 4, top - 7), QPointF(x, top - 1)]
        painter.drawPolygon(QPolygonF(shape))

    def _x_of(self, step: int) -> float:
        """Return where the column of a step begins."""
        area, columns = self.picture_rect(), self._columns
        assert columns is not None
        wide = int(columns.values.shape[1])
        return area.left() + columns.column_of(step) * area.width() / wide

    def _cell_rect(self, row: int, column: int) -> QRectF:
        area, columns = self.picture_rect(), self._columns
        assert columns is not None
        rows, wide = columns.values.shape
        size = area.width() / wide, area.height() / rows
        return QRectF(area.left() + column * size[0], area.top() + row * size[1], *size)

    # Pointing and keys

    def tick_at(self, point: QPointF) -> Tick | None:
        """Return the mark that a place on top of the picture belongs to."""
        if self._columns is None or point.y() > ABOVE:
            return None
        near = [(abs(self._x_of(t.step) - point.x()), k) for k, t in enumerate(self._ticks)]
        distance, place = min(near, default=(99.0, 0))
        return self._ticks[place] if distance <= 6 else None

    def _point_at(self, cell: tuple[int, int] | None) -> None:
        if cell != self._hovered:
            self._hovered = cell
            self.pointed.emit(None if cell is None else self.step_of(*cell))
            self.update()

    def _pick(self, cell: tuple[int, int] | None) -> None:
        if cell is not None and self._columns is not None:
            self._cursor = cell
            self.picked.emit(cell[0], self.step_of(*cell))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is not None:
            tick = self.tick_at(event.position())
            self.setToolTip("" if tick is None else f"Step {_grouped(tick.step)}: {tick.text}")
            self._point_at(self.cell_at(event.position()))

    def leaveEvent(self, _event: QEvent | None) -> None:
        self._point_at(None)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._pick(self.cell_at(event.position()))

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            event.setAccepted(event.key() in _KEYS)
            return event.isAccepted()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None or self._columns is None:
            return
        key = Qt.Key(event.key())
        if key in _PRESSES:
            self._pick(self._cursor)
        elif key in _KEYS:
            across, down = _KEYS[key]
            rows, wide = self._columns.values.shape
            row, column = self._cursor
            self._cursor = (
                min(max(row + down, 0), rows - 1),
                min(max(column + across, 0), wide - 1),
            )
            self._by_keyboard = True
            self.pointed.emit(self.step_of(*self._cursor))
            self.update()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._image = QImage()

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.StyleChange:
            self._image = QImage()


_WORDS = {BAD: "not finite", 1: "not measured"}


def _rgb(shade: str) -> tuple[int, int, int]:
    found = colour(shade)
    return found.red(), found.green(), found.blue()


def _short(value: float) -> str:
    """Return a value in the few letters that stand beside the bar."""
    if not isfinite(value):
        return figure(value)
    if value == 0 or 1e-2 <= value < 100:
        return f"{value:.2g}" if value >= 1 else f"{value:.1g}"
    mantissa, exponent = f"{value:.0e}".split("e")
    return f"{mantissa}e{int(exponent)}".replace("-", MINUS)


def _grouped(count: int) -> str:
    return f"{count:,}".replace(",", "\u2009")
