"""A small card that says what one sees."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QCursor
from PyQt6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

WIDTH_PX = 360


class ExplanationCard(QFrame):
    """Opens beside the pointer; a click elsewhere or Esc closes it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("surface", "popup")
        self.setFixedWidth(WIDTH_PX)
        self._title = QLabel()
        self._title.setProperty("role", "title")
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.RichText)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addWidget(self._title)
        column.addWidget(self._text)

    def explain(self, title: str, text: str) -> None:
        """Show `text` (simple HTML) under `title`, within the window."""
        self._title.setText(title)
        self._text.setText(text)
        self._title.ensurePolished()
        self._text.ensurePolished()
        self.resize(WIDTH_PX, self.heightForWidth(WIDTH_PX))
        place = QCursor.pos()
        window = self.parentWidget()
        if window is not None:
            corner = window.mapToGlobal(window.rect().bottomRight())
            place.setX(min(place.x(), corner.x() - self.width() - 8))
            place.setY(min(place.y() + 12, corner.y() - self.height() - 8))
        self.move(place)
        self.show()
