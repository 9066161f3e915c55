"""Units one below the other: what each likes, its kernel, what that lies on, and a signed bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QHelpEvent, QImage, QKeyEvent, QPainter
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from deepvis_app.tiles import coloured, numbers, palette
from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.keyboard_focus import KeyboardFocus
from deepvis_app.ui.kit.outline import paint_focus
from deepvis_app.ui.kit.paced import PacedUpdate
from deepvis_app.ui.kit.pixels import fitted_image, rgb_image
from deepvis_app.ui.kit.theme import Size, colour, font

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from PyQt6.QtGui import QMouseEvent, QPaintEvent

    from deepvis_app.ui.panels.weights.shown import UnitRow

    Floats = NDArray[np.float32]

HEAD = 20.0
ROW = 40.0
TILE = 36.0
GAP = 8.0
NAME_PX = 40.0
VALUE_PX = 56.0
BAR = 8.0
WEIGHTS = "blue-orange"  # signed weights are blue above zero
_RIGHT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)
_LEFT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
_CENTRE = int(Qt.AlignmentFlag.AlignCenter)
_STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
_ENDS = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: -1}
_PRESSES = (Qt.Key.Key_Select, Qt.Key.Key_Return, Qt.Key.Key_Enter)


def _largest(arrays: Iterable[Floats | np.float32]) -> float:
    """Return the largest magnitude, what is not finite left out."""
    return max((float(np.abs(numbers(np.asarray(a))).max(initial=0)) for a in arrays), default=0.0)


def weight_colours(kernel: Floats, peak: float) -> NDArray[np.uint8]:
    """Return weights (rows, columns) as colours: blue above zero, orange below, dark at zero."""
    return coloured(-kernel, palette(WEIGHTS), peak, signed=True)


class UnitRows(KeyboardFocus, QWidget):
    """Up, down, Home and End walk; Enter and a click step into a unit."""

    picked = pyqtSignal(int)  # number of the row

    def __init__(self, name: str, value_head: str, *, has_seen: bool) -> None:
        super().__init__()
        self._rows: tuple[UnitRow, ...] = ()
        self._value_head, self._has_seen = value_head, has_seen
        self._palette = palette("magma")
        self._cursor = 0
        self._hovered: int | None = None
        self._likes: dict[int, tuple[object, QImage]] = {}  # by row: the picture, scaled
        self._painting = PacedUpdate(self)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    def set_rows(self, rows: Sequence[UnitRow], colours: NDArray[np.uint8] | None = None) -> None:
        """Show these units; `colours` (256, 3) are those of what they see, None: as before."""
        is_other = len(rows) != len(self._rows)
        self._rows = tuple(rows)
        self._palette = self._palette if colours is None else colours
        self._cursor = min(self._cursor, max(len(rows) - 1, 0))
        if is_other:
            self._likes.clear()
            self.updateGeometry()
        self._painting.soon()
        self._tell()

    def set_value_head(self, text: str) -> None:
        """Name the last column."""
        self._value_head = text
        self.update()

    def rows(self) -> tuple[UnitRow, ...]:
        return self._rows

    def to_top(self) -> None:
        """Put the cursor on the first row."""
        self._cursor = 0

    @property
    def is_pointed_at(self) -> bool:
        """Whether the pointer is over a row, or the keyboard in them."""
        return self._hovered is not None or self.shows_focus

    # Size

    def sizeHint(self) -> QSize:
        return QSize(300, round(HEAD + ROW * len(self._rows)))

    def minimumSizeHint(self) -> QSize:
        return QSize(240, self.sizeHint().height())

    # Painting

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        self._paint_head(painter)
        kernel_peak, seen_peak, value_peak = self._peaks()
        for number, row in enumerate(self._rows):
            top = HEAD + number * ROW
            area = QRectF(0, top, self.width(), ROW)
            has_cursor = self.shows_focus and number == self._cursor
            if number == self._hovered and row.layer is not None:
                painter.fillRect(area, colour("control"))
            self._paint_row(painter, number, row, top + (ROW - TILE) / 2, kernel_peak, seen_peak)
            self._paint_value(painter, row, area, value_peak)
            if has_cursor:
                paint_focus(painter, area, 4)

    def _peaks(self) -> tuple[float, float, float]:
        """Return the largest weight, the largest value that is seen, and the largest value."""
        rows = self._rows
        kernels = _largest(row.kernel for row in rows)
        seen = _largest(row.seen for row in rows if row.seen is not None)
        return kernels, seen, _largest(np.float32(row.value) for row in rows)

    def _lefts(self) -> tuple[float, float, float, float]:
        """Return where kernel, what is seen and the bar begin, and where the bar ends."""
        kernel = TILE + GAP + NAME_PX + GAP
        seen = kernel + TILE + GAP
        bar = seen + (TILE + GAP if self._has_seen else 0.0) + GAP
        return kernel, seen, bar, self.width() - VALUE_PX - GAP

    def _paint_head(self, painter: QPainter) -> None:
        painter.setFont(font(Size.CAPTION))
        painter.setPen(colour("muted"))
        kernel, seen, bar, _ = self._lefts()
        heads = [
            (QRectF(0, 0, TILE + GAP, HEAD), "likes", _LEFT),
            (QRectF(TILE + GAP, 0, NAME_PX, HEAD), "unit", _RIGHT),
            (QRectF(kernel, 0, TILE + GAP, HEAD), "kernel", _LEFT),
            (QRectF(bar, 0, self.width() - bar, HEAD), self._value_head, _LEFT),
        ]
        if self._has_seen:
            heads.append((QRectF(seen, 0, TILE + GAP, HEAD), "sees", _LEFT))
        for rect, text, flags in heads:
            painter.drawText(rect, flags, text)

    def _paint_row(
        self,
        painter: QPainter,
        number: int,
        row: UnitRow,
        top: float,
        kernel_peak: float,
        seen_peak: float,
    ) -> None:
        kernel_left, seen_left, _, _ = self._lefts()
        self._paint_like(painter, number, row, QRectF(0, top, TILE, TILE))
        self._paint_name(painter, row, QRectF(TILE + GAP, top, NAME_PX, TILE))
        kernel = weight_colours(row.kernel, kernel_peak)
        _paint_tile(painter, QRectF(kernel_left, top, TILE, TILE), kernel)
        if self._has_seen and row.seen is not None:
            seen = coloured(row.seen, self._palette, seen_peak, signed=False)
            _paint_tile(painter, QRectF(seen_left, top, TILE, TILE), seen)

    def _paint_name(self, painter: QPainter, row: UnitRow, rect: QRectF) -> None:
        upper = rect.adjusted(0, 0, 0, -rect.height() / 2) if row.note else rect
        painter.setFont(font())
        painter.setPen(colour("text" if row.layer is not None else "muted"))
        painter.drawText(upper, _RIGHT, row.name)
        if row.note:
            painter.setFont(font(Size.CAPTION))
            painter.setPen(colour("muted"))
            mode = Qt.TextElideMode.ElideLeft
            note = elided(painter.fontMetrics(), row.note, mode, round(NAME_PX))
            painter.drawText(rect.adjusted(0, rect.height() / 2, 0, 0), _RIGHT, note)

    def _paint_like(self, painter: QPainter, number: int, row: UnitRow, rect: QRectF) -> None:
        if row.picture is None:
            painter.fillRect(rect, colour("control"))
            painter.setFont(font(Size.CAPTION))
            painter.setPen(colour("muted"))
            painter.drawText(rect, _CENTRE, "–")
            return
        known, image = self._likes.get(number, (None, QImage()))
        if known is not row.picture:
            side = round(TILE * self.devicePixelRatioF())
            image = fitted_image(row.picture, QSize(side, side))
            self._likes[number] = row.picture, image
        painter.drawImage(rect, image)

    def _paint_value(self, painter: QPainter, row: UnitRow, area: QRectF, peak: float) -> None:
        _, _, left, right = self._lefts()
        middle = round((left + right) / 2)
        painter.fillRect(QRectF(middle, area.top() + 8, 1, ROW - 16), colour("muted", 0.6))
        share = abs(row.value) / peak if peak and np.isfinite(row.value) else 0.0
        length = share * (right - left) / 2
        start = middle + 1 if row.value >= 0 else middle - length
        bar = QRectF(start, area.center().y() - BAR / 2, max(length, 0.5), BAR)
        painter.fillRect(bar, colour("plus" if row.value >= 0 else "minus"))
        painter.setFont(font())
        painter.setPen(colour("text"))
        shown = QRectF(self.width() - VALUE_PX, area.top(), VALUE_PX, ROW)
        painter.drawText(shown, _RIGHT, row.text)

    # Pointing and keys

    def row_at(self, point: QPointF) -> int | None:
        number = int((point.y() - HEAD) // ROW)
        return number if 0 <= number < len(self._rows) and point.y() >= HEAD else None

    def row_rect(self, number: int) -> QRectF:
        return QRectF(0, HEAD + number * ROW, self.width(), ROW)

    def _press(self, number: int | None) -> None:
        if number is not None and self._rows[number].layer is not None:
            self._cursor = number
            self.picked.emit(number)

    def _tell(self) -> None:
        if self._rows:
            row = self._rows[self._cursor]
            self.setAccessibleDescription(f"Unit {row.name}, {row.text}. {row.tip}")

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._press(self.row_at(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        self._hover(self.row_at(event.position()) if event else None)

    def leaveEvent(self, _event: QEvent | None) -> None:
        self._hover(None)

    def _hover(self, number: int | None) -> None:
        if number != self._hovered:
            self._hovered = number
            self.update()

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            number = self.row_at(QPointF(event.pos()))
            text = self.toolTip() if number is None else self._rows[number].tip
            QToolTip.showText(event.globalPos() + QPoint(0, 8), text, self)
            return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            own = event.key() in (*_STEPS, *_ENDS, *_PRESSES) and bool(self._rows)
            event.setAccepted(own and plain == Qt.KeyboardModifier.NoModifier)
            return event.isAccepted()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None or not self._rows:
            return super().keyPressEvent(event)
        key = Qt.Key(event.key())
        last = len(self._rows) - 1
        if key in _PRESSES:
            self._press(self._cursor)
        elif key in _STEPS:
            self._move(min(max(self._cursor + _STEPS[key], 0), last))
        elif key in _ENDS:
            self._move(0 if key == Qt.Key.Key_Home else last)
        else:
            super().keyPressEvent(event)
        return None

    def _move(self, number: int) -> None:
        self._cursor = number
        self._by_keyboard = True
        self._tell()
        self.update()


def _paint_tile(painter: QPainter, rect: QRectF, picture: NDArray[np.uint8]) -> None:
    """Paint a small picture (rows, columns, 3) pixel by pixel, as large as fits a square."""
    rows, columns = picture.shape[:2]
    painter.fillRect(rect, colour("control"))
    if max(rows, columns) > 2 * TILE:
        step = -(-max(rows, columns) // round(2 * TILE))
        picture = np.ascontiguousarray(picture[::step, ::step])
    side = rect.width() / max(rows, columns)
    place = QRectF(0, 0, columns * side, rows * side)
    place.moveCenter(rect.center())
    painter.drawImage(place, rgb_image(picture))
