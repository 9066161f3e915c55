"""Names with an amount each, one of them chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QPointF, QRectF, QSize, QSizeF, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetricsF, QKeyEvent, QPainter
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis_app.ui.kit.outline import is_by_keyboard, paint_focus
from deepvis_app.ui.kit.theme import active_theme, colour, font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QFocusEvent, QMouseEvent, QPaintEvent

ROW = 24.0
LABEL_SHARE = 0.5  # of the width
VALUE = 48.0
GAP = 8.0
BAR = 6.0

_OWN_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down)  # before the window's shortcuts, with the focus


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """A line: its name, the text of its amount, and the share 0..1 of its bar."""

    label: str
    text: str
    share: float


class ChoiceRows(QWidget):
    """A click chooses a line; so do up and down while it has the focus."""

    picked = pyqtSignal(int)  # place of the line

    def __init__(self, name: str) -> None:
        super().__init__()
        self._rows: tuple[ChoiceRow, ...] = ()
        self._current = 0
        self._hovered = -1
        self._by_keyboard = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    def set_rows(self, rows: Sequence[ChoiceRow], current: int = 0) -> None:
        count = len(self._rows)
        self._rows = tuple(rows)
        self._current = current
        if len(self._rows) != count:
            self.updateGeometry()
        self.update()

    def rows(self) -> tuple[ChoiceRow, ...]:
        return self._rows

    def current(self) -> int:
        return self._current

    def sizeHint(self) -> QSize:
        return QSize(240, round(len(self._rows) * ROW))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place, row in enumerate(self._rows):
            self._paint_row(painter, place, row)
        if self.hasFocus() and self._by_keyboard and self._rows:
            focused = QRectF(0, self._current * ROW, self.width(), ROW)
            paint_focus(painter, focused.adjusted(0, 1, 0, -1), 4)

    def _paint_row(self, painter: QPainter, place: int, row: ChoiceRow) -> None:
        rect = QRectF(0, place * ROW, self.width(), ROW)
        is_on = place == self._current
        painter.setPen(Qt.PenStyle.NoPen)
        if is_on or place == self._hovered:
            painter.setBrush(colour("control_hover" if is_on else "control"))
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), 4, 4)
        label = QRectF(GAP, rect.top(), rect.width() * LABEL_SHARE - GAP, ROW)
        painter.setFont(font())
        painter.setPen(colour("text"))
        middle = Qt.AlignmentFlag.AlignVCenter
        mode = Qt.TextElideMode.ElideRight
        shown = QFontMetricsF(painter.font()).elidedText(row.label, mode, label.width())
        painter.drawText(label, int(middle), shown)
        self._paint_bar(painter, rect, label.right() + GAP, row.share)
        painter.setPen(colour("text" if is_on else "muted"))
        value = QRectF(rect.right() - VALUE - GAP, rect.top(), VALUE, ROW)
        painter.drawText(value, int(middle | Qt.AlignmentFlag.AlignRight), row.text)

    def _paint_bar(self, painter: QPainter, rect: QRectF, left: float, share: float) -> None:
        right = rect.right() - VALUE - 2 * GAP
        trough = QRectF(left, rect.center().y() - BAR / 2, right - left, BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("background" if active_theme().is_dark else "line"))
        painter.drawRoundedRect(trough, BAR / 2, BAR / 2)
        full = trough.width() * min(max(share, 0.0), 1.0)
        if full > 0.25:
            painter.setBrush(colour("accent"))
            radius = min(BAR, full) / 2
            painter.drawRoundedRect(QRectF(trough.topLeft(), QSizeF(full, BAR)), radius, BAR / 2)

    # Pointing --------------------------------------------------------------------------------

    def _place_at(self, point: QPointF) -> int:
        place = int(point.y() // ROW)
        return place if 0 <= place < len(self._rows) else -1

    def _pick(self, place: int) -> None:
        if 0 <= place < len(self._rows) and place != self._current:
            self._current = place
            self.update()
            self.picked.emit(place)

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            event.setAccepted(event.key() in _OWN_KEYS)
            return event.isAccepted()
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        self._hover(self._place_at(event.position()) if event else -1)

    def leaveEvent(self, _event: QEvent | None) -> None:
        self._hover(-1)

    def _hover(self, place: int) -> None:
        if place != self._hovered:
            self._hovered = place
            row = self._rows[place] if place >= 0 else None
            self.setToolTip(f"{row.label}: {row.text}. Click to see where." if row else "")
            self.update()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._pick(self._place_at(event.position()))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key())) if event else None
        if step is None:
            super().keyPressEvent(event)
            return
        self._by_keyboard = True
        self._pick(self._current + step)

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        self._by_keyboard = is_by_keyboard(event)
        super().focusInEvent(event)
        self.update()
