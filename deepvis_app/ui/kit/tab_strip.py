"""Flat tabs: words in a row, the open one underlined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QPainter, QPaintEvent

from deepvis_app.ui.kit.keyboard_focus import KeyboardFocus
from deepvis_app.ui.kit.outline import paint_focus
from deepvis_app.ui.kit.theme import colour
from deepvis_app.ui.kit.wheel import TabBar

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget

_OWN_KEYS = (Qt.Key.Key_Left, Qt.Key.Key_Right)  # before the window's shortcuts, with the focus


class TabStrip(KeyboardFocus, TabBar):
    """Speaks of keys; left and right change the tab while it has the focus."""

    picked = pyqtSignal(str)  # by the person

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setUsesScrollButtons(False)
        self.setElideMode(Qt.TextElideMode.ElideNone)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.currentChanged.connect(lambda index: self.picked.emit(str(self.tabData(index))))

    def add(self, key: str, text: str, tip: str = "") -> None:
        """Add a tab at the end; the first one added is open."""
        self.blockSignals(True)
        index = self.addTab(text)
        self.setTabData(index, key)
        self.setTabToolTip(index, tip)
        self.blockSignals(False)

    def keys(self) -> tuple[str, ...]:
        return tuple(str(self.tabData(index)) for index in range(self.count()))

    def current(self) -> str:
        return str(self.tabData(self.currentIndex())) if self.count() else ""

    def set_current(self, key: str) -> None:
        """Open a tab without telling; an unknown key changes nothing."""
        if key in self.keys():
            self.blockSignals(True)
            self.setCurrentIndex(self.keys().index(key))
            self.blockSignals(False)
            self.update()

    # Qt's own methods

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            event.setAccepted(event.key() in _OWN_KEYS)
            return event.isAccepted()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), colour("line"))
        painter.end()
        super().paintEvent(event)
        if self.shows_focus and self.count():
            painter = QPainter(self)
            ring = QRectF(self.tabRect(self.currentIndex()))
            paint_focus(painter, ring.adjusted(0, 2, 0, -4), 4)
