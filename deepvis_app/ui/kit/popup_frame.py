"""A frame that drops down from a button and goes away by Esc or a click elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QPoint, Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QLayout, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from PyQt6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent


GAP = 4  # px to the anchor


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
        self._anchor: QWidget | None = None
        self._is_above = False  # the anchor, and stays there until it is opened again
        content.show()

    def open_below(self, anchor: QWidget) -> None:
        """Show below `anchor`, or above it where the screen ends, never beyond its edges."""
        hint = max(self._content.minimumSizeHint().width(), self._content.minimumWidth())
        self._content.setMinimumWidth(max(hint, anchor.width() - 2))
        self.adjustSize()
        self._anchor, self._is_above = anchor, False
        self.move(self._place(anchor))
        self.show()
        self._content.setFocus(Qt.FocusReason.PopupFocusReason)

    def _place(self, anchor: QWidget) -> QPoint:
        """Return where it stands; not beyond the window at the right where that is wide enough."""
        at, screen = anchor.mapToGlobal(QPoint(0, anchor.height() + GAP)), anchor.screen()
        window = anchor.window() or anchor
        right = window.mapToGlobal(QPoint(window.width(), 0)).x() - self.width()
        at.setX(min(at.x(), max(right, window.mapToGlobal(QPoint(0, 0)).x())))
        if screen is None:
            return at
        room = screen.availableGeometry()
        self._is_above = self._is_above or at.y() + self.height() > room.bottom()
        if self._is_above:
            above = anchor.mapToGlobal(QPoint(0, -GAP)).y() - self.height()
            at.setY(max(above, room.top()))
        at.setX(max(min(at.x(), room.right() - self.width()), room.left()))
        return at

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Stay at its anchor when what it holds grows or shrinks."""
        super().resizeEvent(event)
        if self._anchor is not None and self.isVisible():
            self.move(self._place(self._anchor))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        super().closeEvent(event)
        self.closed.emit()
