"""The most probable classes as bars; each can be asked about, and pinned to stay in view."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, isnan
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, QSizeF, Qt, pyqtSignal
from PyQt6.QtGui import QContextMenuEvent, QFont, QFontMetricsF, QHelpEvent, QKeyEvent, QPainter
from PyQt6.QtWidgets import QMenu, QSizePolicy, QToolTip, QWidget

from deepvis_app.ui.kit.icons import paint_icon
from deepvis_app.ui.kit.notice import paint_empty
from deepvis_app.ui.kit.outline import is_by_keyboard, paint_focus
from deepvis_app.ui.kit.paced import PacedUpdate
from deepvis_app.ui.kit.theme import active_theme, colour, font
from deepvis_app.ui.panels.input.class_menu import class_menu
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QFocusEvent, QMouseEvent, QPaintEvent

ROW = 24.0
LABEL_SHARE = 0.47  # of the width
VALUE = 40.0
GAP = 8.0
BAR = 6.0
PIN = 12.0
MORE = 10.0  # the sign at the end of a row that there is a menu

# Taken before the window's shortcuts, while it has the focus.
_OWN_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down)
_PRESSES = (Qt.Key.Key_Select, Qt.Key.Key_Return, Qt.Key.Key_Enter)


@dataclass(frozen=True, slots=True)
class Score:
    """A class and its score: 0..1, or a number of either sign that fills the bar at `extent`."""

    index: int
    label: str
    value: float
    pinned: bool = False
    extent: float | None = None

    @property
    def text(self) -> str:
        is_share = self.extent is None and isfinite(self.value)
        return f"{self.value:.2f}" if is_share else figure(self.value)


class ScoreBars(QWidget):
    """A click asks about a class, one on the pin keeps it in view.

    With the focus, up and down move, and what presses a focused control asks.
    """

    class_pin_toggled = pyqtSignal(int)
    class_asked = pyqtSignal(int, str)  # and a page of the inspector

    def __init__(self, rows: int = 5, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._least_rows = rows
        self._scores: tuple[Score, ...] | None = ()
        self._empty = ("No class scores yet", "They come with the first picture")
        self._is_muted = False
        self._hovered = -1
        self._cursor = 0
        self._pressed: Score | None = None  # rows may change places before the button is up
        self._why_not = ""  # the classes have no unit
        self._by_keyboard = False
        self._painting = PacedUpdate(self)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Most probable classes")

    def set_scores(self, scores: Sequence[Score] | None) -> None:
        """Show classes in the given order, values as they are; None: there is no class output."""
        before = self.sizeHint()
        self._scores = None if scores is None else tuple(scores)
        if self.sizeHint() != before:
            self.updateGeometry()
        self._painting.soon()

    def set_barred(self, why: str) -> None:
        """Say why classes cannot be asked about; "": they can."""
        self._why_not = why

    def set_muted(self, muted: bool) -> None:
        """Show the classes in grey: none of them should be believed."""
        if muted != self._is_muted:
            self._is_muted = muted
            self.update()

    def set_empty_text(self, text: str, remedy: str = "") -> None:
        self._empty = (text, remedy)
        self.update()

    def sizeHint(self) -> QSize:
        rows = max(len(self._scores or ()), self._least_rows)
        return QSize(240, round(rows * ROW))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    # Painting --------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        if self._scores is None:
            paint_empty(painter, QRectF(self.rect()), *self._empty)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row, score in enumerate(self._scores):
            self._paint_row(painter, row, score)

    def _paint_row(self, painter: QPainter, row: int, score: Score) -> None:
        rect = QRectF(0, row * ROW, self.width(), ROW)
        shade = "pinned" if score.pinned else "muted" if self._is_muted else "accent"
        label = self._label_rect(rect)
        is_hot = row == self._hovered or self._has_cursor(row)
        if is_hot:
            self._paint_more(painter, rect)
        if is_hot or score.pinned:
            self._paint_pin(painter, rect, "pinned" if score.pinned else "muted")
            label.setLeft(rect.left() + PIN + 4)
        bold = row == 0 and not self._is_muted
        painter.setFont(_label_font(bold))
        plain = "muted" if self._is_muted else "text"
        painter.setPen(colour("pinned" if score.pinned else plain))
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(label, middle, _elided(score.label, bold, label.width()))
        self._paint_bar(painter, rect, score, shade)
        painter.setFont(font())
        painter.setPen(colour("muted"))
        value = QRectF(rect.right() - MORE - VALUE, rect.top(), VALUE, ROW)
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(value, int(right), score.text)
        if self._has_cursor(row):
            paint_focus(painter, rect.adjusted(0, 1, 0, -1), 4)

    def _has_cursor(self, row: int) -> bool:
        return self.hasFocus() and self._by_keyboard and row == self._cursor

    def _paint_pin(self, painter: QPainter, rect: QRectF, shade: str) -> None:
        square = QRectF(rect.left(), rect.center().y() - PIN / 2, PIN, PIN)
        paint_icon(painter, square, "pin", str(getattr(active_theme(), shade)))

    def _paint_more(self, painter: QPainter, rect: QRectF) -> None:
        square = QRectF(rect.right() - MORE + 1, rect.center().y() - MORE / 2, MORE, MORE)
        paint_icon(painter, square, "chevron-right", active_theme().muted)

    def _paint_bar(self, painter: QPainter, rect: QRectF, score: Score, shade: str) -> None:
        left = self._label_rect(rect).right() + GAP
        end = rect.right() - MORE - VALUE - GAP
        trough = QRectF(left, rect.center().y() - BAR / 2, end - left, BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("control" if active_theme().is_dark else "line"))
        painter.drawRoundedRect(trough, BAR / 2, BAR / 2)
        zero = colour("muted")
        bar = _filled(trough, score)
        if bar.width() > 0.25:
            painter.setBrush(colour(shade))
            painter.drawRoundedRect(bar, min(BAR, bar.width()) / 2, BAR / 2)
        if score.extent is not None:  # zero, from where the number goes to either side
            painter.fillRect(QRectF(trough.center().x() - 0.5, trough.top() - 2, 1, BAR + 4), zero)

    def _label_rect(self, rect: QRectF) -> QRectF:
        return QRectF(rect.left(), rect.top(), rect.width() * LABEL_SHARE, ROW)

    # Pointing --------------------------------------------------------------------------------

    def _row_at(self, point: QPointF) -> int:
        row = int(point.y() // ROW)
        inside = 0 <= row < len(self._scores or ()) and 0 <= point.x() < self.width()
        return row if inside else -1

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            row = self._row_at(QPointF(event.pos()))
            text = self._tip(self._scores[row]) if self._scores and row >= 0 else self.toolTip()
            QToolTip.showText(event.globalPos(), text, self)
            return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            event.setAccepted(event.key() in _OWN_KEYS)
            return event.isAccepted()
        return super().event(event)

    def _tip(self, score: Score) -> str:
        pin = "the pin lets it go" if score.pinned else "the pin keeps it in view"
        kind = "class" if score.extent is None else "output"
        known = f"{score.label} · {kind} {score.index} · {_exact(score.value)}"
        return f"{known}. Click for its unit, its preferred image and why; {pin}."

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        self._hover(self._row_at(event.position()) if event else -1)

    def leaveEvent(self, _event: QEvent | None) -> None:
        self._hover(-1)

    def _hover(self, row: int) -> None:
        if row != self._hovered:
            self._hovered = row
            self.update()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        row = self._row_at(event.position())
        self._pressed = None
        if event.position().x() < PIN + 4:
            self._toggle(row)
        elif self._scores and row >= 0:
            self._pressed = self._scores[row]

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        score, self._pressed = self._pressed, None
        if event is not None and score is not None and self._row_at(event.position()) >= 0:
            self._open_menu(score, event.globalPosition().toPoint())

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        if event is None or not self._scores:
            return
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        row = self._cursor if by_key else self._row_at(QPointF(event.pos()))
        if 0 <= row < len(self._scores):
            self._open_menu(self._scores[row], self._below(row) if by_key else event.globalPos())

    def _open_menu(self, score: Score, at: QPoint) -> None:
        """Open with the first question below the pointer: a double click asks it."""
        menu = self.menu_for(score)
        menu.adjustSize()
        first = menu.actionGeometry(menu.actions()[0])
        menu.popup(at - QPoint(first.left() + 16, first.center().y()))

    def menu_for(self, score: Score) -> QMenu:
        """Return the menu of a class; it deletes itself when it closes."""
        return class_menu(
            self,
            score,
            self._why_not,
            lambda page: self.class_asked.emit(score.index, page),
            lambda: self.class_pin_toggled.emit(score.index),
        )

    def _below(self, row: int) -> QPoint:
        return self.mapToGlobal(QPoint(round(PIN) + 4, round((row + 1) * ROW)))

    def _toggle(self, row: int) -> None:
        if self._scores and 0 <= row < len(self._scores):
            self.class_pin_toggled.emit(self._scores[row].index)

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        self._by_keyboard = is_by_keyboard(event)
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is not None and self._scores:
            self._cursor = min(max(self._cursor + step, 0), len(self._scores) - 1)
            self.update()
        elif event.key() == Qt.Key.Key_Space:
            self._toggle(self._cursor)
        elif event.key() in _PRESSES and self._scores:
            row = min(self._cursor, len(self._scores) - 1)
            self._open_menu(self._scores[row], self._below(row))
        else:
            super().keyPressEvent(event)


def _exact(value: float) -> str:
    return f"{value:.4f}" if isfinite(value) else figure(value)


def _filled(trough: QRectF, score: Score) -> QRectF:
    """Return the bar in its trough: from the left, or from the middle for signed numbers."""
    if isnan(score.value):
        return QRectF()
    if score.extent is None:
        return QRectF(
            trough.topLeft(), QSizeF(trough.width() * min(max(score.value, 0.0), 1.0), BAR)
        )
    share = score.value / score.extent if score.extent > 0 else 0.0
    half = trough.width() / 2 * min(max(share, -1.0), 1.0)
    left = trough.center().x() + min(half, 0.0)
    return QRectF(left, trough.top(), abs(half), BAR)


def _label_font(bold: bool) -> QFont:
    return font(weight=QFont.Weight.DemiBold if bold else QFont.Weight.Normal)


def _elided(text: str, bold: bool, width: float) -> str:
    metrics = QFontMetricsF(_label_font(bold))
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
