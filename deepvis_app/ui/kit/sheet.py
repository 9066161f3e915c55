"""A card over the dimmed window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6 import sip
from PyQt6.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QPainter
from PyQt6.QtWidgets import QApplication, QFrame, QSizePolicy, QVBoxLayout, QWidget

from deepvis_app.ui.kit.tab_stops import tab_stops
from deepvis_app.ui.kit.theme import active_theme, colour

if TYPE_CHECKING:
    from PyQt6.QtGui import QHideEvent, QMouseEvent, QPaintEvent, QShowEvent

MARGIN = 32
DIM = 0.7  # of what is behind


class Sheet(QWidget):
    """Covers its parent and keeps the keyboard; Esc or a click beside the card closes it."""

    closed = pyqtSignal()

    def __init__(self, parent: QWidget, widest: int) -> None:
        super().__init__(parent)
        self._parent = parent
        self._before: QWidget | None = None  # had the focus
        self.card = QFrame()
        self.card.setProperty("surface", "sheet")
        self.card.setMaximumWidth(widest)
        self.card.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.content = QVBoxLayout(self.card)
        self.content.setContentsMargins(24, 24, 24, 24)
        self.content.setSpacing(16)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        outer.addStretch(1)
        outer.addWidget(self.card, 1000, Qt.AlignmentFlag.AlignCenter)
        outer.addStretch(1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.hide()

    def open(self) -> None:
        self.setGeometry(self._parent.rect())
        self._before = QApplication.focusWidget()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_sheet(self) -> None:
        if self.isVisible():
            self.hide()
            before = self._before
            gone = before is None or sip.isdeleted(before) or not before.isVisible()
            (self._parent if gone else before).setFocus()  # type: ignore[union-attr]
            self.closed.emit()

    def is_open(self) -> bool:
        return self.isVisible()

    def event(self, event: QEvent | None) -> bool:
        """Keep single keys from the window's shortcuts; those with Ctrl still work."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            control = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.MetaModifier
            if not event.modifiers() & control:
                event.accept()
                return True
        return super().event(event)

    def focusNextPrevChild(self, forwards: bool) -> bool:  # noqa: N802
        """Let Tab go round in the card."""
        stops = [w for w in tab_stops(self) if w.isVisible() and w.isEnabled()]
        if stops:
            here = QApplication.focusWidget()
            place = stops.index(here) if here in stops else -1 if forwards else 0
            reason = (
                Qt.FocusReason.TabFocusReason if forwards else Qt.FocusReason.BacktabFocusReason
            )
            stops[(place + (1 if forwards else -1)) % len(stops)].setFocus(reason)
        return True

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.close_sheet()
        elif event is not None:
            event.accept()  # what is below must not answer

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and not self.card.geometry().contains(event.position().toPoint()):
            self.close_sheet()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        strength = DIM if active_theme().is_dark else DIM * 0.65
        QPainter(self).fillRect(self.rect(), colour("halo", strength))

    # The parent is watched while this is open: every repaint of it is an event.

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self.setGeometry(self._parent.rect())
        self._parent.installEventFilter(self)

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self._parent.removeEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if watched is self._parent and event is not None and event.type() == QEvent.Type.Resize:
            self.setGeometry(self._parent.rect())
        return super().eventFilter(watched, event)
