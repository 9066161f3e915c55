"""A few choices side by side, one of them on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetricsF, QHelpEvent, QKeyEvent, QPainter, QPainterPath
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.keyboard_focus import KeyboardFocus
from deepvis_app.ui.kit.outline import paint_focus
from deepvis_app.ui.kit.theme import colour, font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QMouseEvent, QPaintEvent

HEIGHT = 28
PADDING = 10.0
LEAST_PADDING = 2.0
RADIUS = 6.0

# Taken before the window's shortcuts, while it has the focus.
_OWN_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right)


@dataclass(frozen=True, slots=True)
class Segment:
    """One choice; `tip` says in a sentence what it does, or why it cannot be chosen."""

    key: str
    text: str
    tip: str = ""
    enabled: bool = True


class Segmented(KeyboardFocus, QWidget):
    """Arrow keys move the choice while it has the focus."""

    picked = pyqtSignal(str)

    def __init__(
        self,
        options: Sequence[Segment],
        current: str | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._options = tuple(options)
        self._current = current if current is not None else self._options[0].key
        self._hovered: str | None = None
        self._keeps_words = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_current(self, key: str) -> None:
        """Show `key` as chosen; an unknown key shows none as chosen."""
        if key != self._current:
            self._current = key
            self.update()

    def set_options(self, options: Sequence[Segment]) -> None:
        """Offer other choices, or the same ones in other words."""
        if tuple(options) != self._options:
            self._options = tuple(options)
            self.updateGeometry()
            self.update()

    def keep_words(self, keep: bool) -> None:
        """Ask for room for all words, where else they are cut when others want it."""
        self._keeps_words = keep
        self.updateGeometry()

    def current(self) -> str:
        return self._current

    def set_option_enabled(self, key: str, enabled: bool, why: str = "") -> None:
        """Allow or forbid one choice; `why` becomes its tooltip while it is forbidden."""
        self._options = tuple(
            replace(o, enabled=enabled, tip=o.tip if enabled else why or o.tip)
            if o.key == key
            else o
            for o in self._options
        )
        self.update()

    def option_rect(self, key: str) -> QRectF:
        """Return where a choice is drawn."""
        left = 1.0
        for option, width in zip(self._options, self._widths(), strict=True):
            if option.key == key:
                return QRectF(left, 1, width, self.height() - 2)
            left += width
        return QRectF()

    def sizeHint(self) -> QSize:
        return QSize(round(sum(map(self._natural, self._options))) + 2, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        if not self._keeps_words:
            return QSize(36 * len(self._options), HEIGHT)
        saved = 2 * (PADDING - LEAST_PADDING) * len(self._options)
        return QSize(ceil(sum(map(self._natural, self._options)) - saved) + 2, HEIGHT)

    def _natural(self, option: Segment) -> float:
        return QFontMetricsF(font()).horizontalAdvance(option.text) + 2 * PADDING

    def _widths(self) -> list[float]:
        """Return how wide the choices are drawn: in a narrow place padding goes before text."""
        room = self.width() - 2
        natural = [self._natural(o) for o in self._options]
        saved = (sum(natural) - room) / len(natural)
        if 0 < saved <= 2 * (PADDING - LEAST_PADDING):
            return [width - saved for width in natural]
        return [width * room / sum(natural) for width in natural]

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        path = QPainterPath()
        path.addRoundedRect(frame, RADIUS, RADIUS)
        painter.save()
        painter.setClipPath(path)
        for option in self._options:
            self._paint_option(painter, option)
        painter.restore()
        painter.setPen(colour("line"))
        painter.drawPath(path)
        if self.shows_focus:
            paint_focus(painter, QRectF(self.rect()), RADIUS)

    def _paint_option(self, painter: QPainter, option: Segment) -> None:
        rect = self.option_rect(option.key)
        is_on = option.key == self._current
        is_hot = option.key == self._hovered and option.enabled and self.isEnabled()
        if is_on or is_hot:
            painter.fillRect(rect, colour("chosen" if is_on else "control_hover"))
        painter.setFont(font())
        name = "chosen_text" if is_on else "text" if is_hot and self.isEnabled() else "muted"
        painter.setPen(colour(name, 1.0 if option.enabled else 0.5))
        room = rect.width() - 2 * LEAST_PADDING
        mode = Qt.TextElideMode.ElideRight
        text = elided(QFontMetricsF(font()), option.text, mode, room + 0.01)  # rounding
        painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), text)

    def _option_at(self, point: QPointF) -> Segment | None:
        return next((o for o in self._options if self.option_rect(o.key).contains(point)), None)

    def _pick(self, option: Segment | None) -> None:
        if option is not None and option.enabled and option.key != self._current:
            self._current = option.key
            self.update()
            self.picked.emit(option.key)

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            option = self._option_at(QPointF(event.pos()))
            text = option.tip if option and option.tip else self.toolTip()
            QToolTip.showText(event.globalPos() + QPoint(0, 8), text, self)
            return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            event.setAccepted(event.key() in _OWN_KEYS)
            return event.isAccepted()
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._pick(self._option_at(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        option = self._option_at(event.position()) if event else None
        self._hover(option.key if option else None)

    def leaveEvent(self, _event: QEvent | None) -> None:
        self._hover(None)

    def _hover(self, key: str | None) -> None:
        if key != self._hovered:
            self._hovered = key
            self.update()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        usable = [o for o in self._options if o.enabled]
        keys = [o.key for o in usable]
        if usable:
            here = keys.index(self._current) if self._current in keys else -step
            self._pick(usable[min(max(here + step, 0), len(usable) - 1)])
