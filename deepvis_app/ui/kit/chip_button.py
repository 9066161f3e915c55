"""A button that tells what is in use, with a detail, and drops down the choice of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QRectF, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QFont, QFontMetricsF, QPainter, QPen
from PyQt6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.icons import paint_icon
from deepvis_app.ui.kit.keyboard_focus import KeyboardFocus
from deepvis_app.ui.kit.outline import paint_focus
from deepvis_app.ui.kit.popup_frame import PopupFrame
from deepvis_app.ui.kit.theme import Size, active_theme, colour, font

if TYPE_CHECKING:
    from PyQt6.QtGui import QPaintEvent

HEIGHT = 32
PADDING = 12.0
GAP = 8.0
MARK = 12.0  # chevron or turning arc
RADIUS = 6.0
TURN_MS = 60
LEAST_DETAIL = 64.0  # less of it says nothing


class ChipButton(KeyboardFocus, QAbstractButton):
    """Title, muted detail and a chevron.

    Where there is little room the detail gives way first, then what stands before the title.
    """

    popup_opened = pyqtSignal()

    def __init__(self, tip: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lead, self._title, self._detail = "", "", ""
        self._icon_name: str | None = None
        self._popup: PopupFrame | None = None
        self._angle = 0
        self._turning = QTimer(self)
        self._turning.setInterval(TURN_MS)
        self._turning.timeout.connect(self._on_turn)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.clicked.connect(self.open_popup)

    def set_texts(self, title: str, detail: str = "") -> None:
        if (title, detail) != (self._title, self._detail):
            self._title, self._detail = title, detail
            self.setAccessibleName(f"{self._lead} {title} {detail}".strip())
            self.updateGeometry()
            self.update()

    def set_lead(self, lead: str) -> None:
        """Say before the title, muted, what it is of."""
        self._lead = lead
        self.updateGeometry()
        self.update()

    def set_icon(self, icon_name: str | None) -> None:
        self._icon_name = icon_name
        self.updateGeometry()
        self.update()

    def set_busy(self, busy: bool) -> None:
        """Turn an arc in place of the chevron while something loads."""
        if busy and not self._turning.isActive():
            self._turning.start()
        elif not busy:
            self._turning.stop()
        self.update()

    def is_busy(self) -> bool:
        return self._turning.isActive()

    def set_popup(self, content: QWidget) -> None:
        """Set what drops down at a click."""
        self._popup = PopupFrame(content, self)
        self._popup.closed.connect(self.update)

    def open_popup(self) -> None:
        if self._popup is not None and not self._popup.isVisible():
            self.popup_opened.emit()
            self._popup.open_below(self)

    def close_popup(self) -> None:
        if self._popup is not None:
            self._popup.close()

    # Size and painting -----------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        width = 2 * PADDING + self._fixed_width() + self._title_width()
        if self._detail:
            width += GAP + QFontMetricsF(font(Size.SMALL)).horizontalAdvance(self._detail)
        return QSize(round(width) + 1, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        least = 2 * PADDING + self._fixed_width() + min(self._title_width(), 64)
        return QSize(round(least), HEIGHT)

    def _title_width(self) -> float:
        return QFontMetricsF(font()).horizontalAdvance(self._title)

    def _fixed_width(self) -> float:
        lead = QFontMetricsF(font()).horizontalAdvance(self._lead) + GAP if self._lead else 0.0
        return GAP + MARK + (16 + GAP if self._icon_name else 0) + lead

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(self.rect())
        is_open = self._popup is not None and self._popup.isVisible()
        is_hot = self.isEnabled() and (self.underMouse() or self.isDown() or is_open)
        painter.setPen(colour("line"))
        painter.setBrush(colour("control_hover" if is_hot else "control"))
        painter.drawRoundedRect(whole.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)
        if self.shows_focus:
            paint_focus(painter, whole, RADIUS)
        self._paint_texts(painter, whole.adjusted(PADDING, 0, -PADDING, 0))

    def _paint_texts(self, painter: QPainter, area: QRectF) -> None:
        self._paint_mark(painter, area)
        area.setRight(area.right() - MARK - GAP)
        if self._icon_name:
            square = QRectF(area.left(), area.center().y() - 8, 16, 16)
            paint_icon(painter, square, self._icon_name, active_theme().muted)
            area.setLeft(area.left() + 16 + GAP)
        if self._has_room_for_lead(area.width()):
            used = self._paint_text(painter, area, self._lead, font(), "muted")
            area.setLeft(area.left() + used + GAP)
        used = self._paint_text(painter, area, self._title, font(), "text")
        area.setLeft(area.left() + used + GAP)
        whole = QFontMetricsF(font(Size.SMALL)).horizontalAdvance(self._detail)
        if area.width() >= min(whole, LEAST_DETAIL):
            self._paint_text(painter, area, self._detail, font(Size.SMALL), "muted")

    def _has_room_for_lead(self, width: float) -> bool:
        """Whether it takes nothing from the title that this would have without it."""
        metrics = QFontMetricsF(font())
        title, lead = map(metrics.horizontalAdvance, (self._title, self._lead))
        return bool(self._lead) and not title <= width < lead + GAP + title

    def _paint_text(
        self, painter: QPainter, area: QRectF, text: str, kind: QFont, shade: str
    ) -> float:
        painter.setFont(kind)
        painter.setPen(colour(shade if self.isEnabled() else "muted"))
        metrics = QFontMetricsF(painter.font())
        shown = elided(metrics, text, Qt.TextElideMode.ElideRight, area.width() + 0.5)
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), shown)
        return metrics.horizontalAdvance(shown)

    def _paint_mark(self, painter: QPainter, area: QRectF) -> None:
        square = QRectF(area.right() - MARK, area.center().y() - MARK / 2, MARK, MARK)
        if self.is_busy():
            painter.setPen(QPen(colour("accent"), 1.6))
            painter.drawArc(square.adjusted(1, 1, -1, -1), -self._angle * 16, 270 * 16)
        else:
            paint_icon(painter, square, "chevron-down", active_theme().muted)

    def _on_turn(self) -> None:
        self._angle = (self._angle + 20) % 360
        self.update()
