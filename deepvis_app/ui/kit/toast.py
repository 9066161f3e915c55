"""A short confirmation that goes away by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QObject, QPoint, Qt, QTimer
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

if TYPE_CHECKING:
    from collections.abc import Callable

    from PyQt6.QtGui import QHideEvent, QShowEvent

MARGIN = 24  # from the lower edge of the window, above the status line
STATUS = 32


class Toast(QFrame):
    """Stands at the bottom of its parent; stays while the mouse is on it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("surface", "card")
        self._parent = parent
        self._text = QLabel()
        self._action = QPushButton()
        self._action.setProperty("kind", "quiet")
        self._action.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._action.clicked.connect(self._on_action)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(self._text)
        row.addWidget(self._action)
        self._do: Callable[[], None] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_time)
        self.hide()

    def show_message(
        self,
        text: str,
        action: str = "",
        seconds: float = 5.0,
        do: Callable[[], None] | None = None,
    ) -> None:
        """Show `text`, with a button where `action` names one, and what that does."""
        self._do = do
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setText(text)
        self._action.setText(action)
        self._action.setVisible(bool(action))
        self.adjustSize()
        self._place()
        self.show()
        self.raise_()
        self._timer.start(round(seconds * 1000))

    def _place(self) -> None:
        room = self._parent.rect()
        self.setMaximumWidth(max(room.width() - 2 * MARGIN, 1))
        x = (room.width() - self.width()) // 2
        self.move(QPoint(x, room.height() - STATUS - MARGIN - self.height()))

    def _on_time(self) -> None:
        if self.underMouse():
            self._timer.start(1000)
        else:
            self.hide()

    def _on_action(self) -> None:
        self.hide()
        if self._do is not None:
            self._do()

    # Qt's own methods. The parent is watched while it is shown: every repaint of it is an event.

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._place()
        self._parent.installEventFilter(self)

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self._parent.removeEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if watched is self._parent and event is not None and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)
