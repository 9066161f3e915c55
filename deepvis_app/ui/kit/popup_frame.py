"""A frame that drops down from a button and goes away by Esc or a click elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QPoint, Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QLayout, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from PyQt6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent


class PopupFrame(QFrame):
    """Holds one widget."""

    closed = pyqtSignal()

    def __init__(self, content: QWidget, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setProperty("surface", "popup")
        # Else the click on the button that closes the popup would open it again.
        self.setAttribute(Qt.WidgetAttribute.WA_NoMouseReplay)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSizeConstraint(QLayout.SizeConstraint.SetFixedSize)  # follows its content
        column.addWidget(content)
        self._content = content
        self._foot: int | None = None  # of the screen, where it stands above its anchor
        content.show()

    def open_below(self, anchor: QWidget) -> None:
        """Show below `anchor`, or above it where the screen ends, never beyond its edges."""
        hint = max(self._content.minimumSizeHint().width(), self._content.minimumWidth())
        self._content.setMinimumWidth(max(hint, anchor.width() - 2))
        self.adjustSize()
        at = anchor.mapToGlobal(QPoint(0, anchor.height() + 4))
        self._foot, screen = None, anchor.screen()
        if screen is not None:
            room = screen.availableGeometry()
            if at.y() + self.height() > room.bottom():
                self._foot = anchor.mapToGlobal(QPoint(0, -4)).y()
                at.setY(max(self._foot - self.height(), room.top()))
            at.setX(max(min(at.x(), room.right() - self.width()), room.left()))
        self.move(at)
        self.show()
        self._content.setFocus(Qt.FocusReason.PopupFocusReason)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Stay at its anchor when what it holds grows or shrinks."""
        super().resizeEvent(event)
        if self._foot is not None and self.isVisible():
            self.move(self.x(), max(self._foot - self.height(), 0))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        super().closeEvent(event)
        self.closed.emit()
