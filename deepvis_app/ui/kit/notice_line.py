"""A sentence within a page that says what went wrong, with a button that mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from deepvis_app.ui.kit.theme import set_look

if TYPE_CHECKING:
    from PyQt6.QtGui import QResizeEvent


class NoticeLine(QWidget):
    """Hidden while there is nothing to say."""

    acted = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._text = _Wrapped()
        self._button = QPushButton()
        self._button.setProperty("kind", "quiet")
        self._button.clicked.connect(self.acted)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._text, 1)
        row.addWidget(self._button)
        self.set_notice("")

    def set_notice(self, text: str, action: str = "", *, is_bad: bool = True) -> None:
        """Say something, "": nothing; `action` is what the button does."""
        self._text.set_words(text)
        set_look(self._text, "role", "bad" if is_bad else "muted")
        self._button.setText(action)
        self._button.setVisible(bool(action))
        self.setVisible(bool(text))

    def text(self) -> str:
        return self._text.text()

    def action(self) -> str:
        return self._button.text()


class _Wrapped(QLabel):
    """As high as its lines, of which a page that is laid out around it need know nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)

    def hasHeightForWidth(self) -> bool:
        return False

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._fit()

    def set_words(self, text: str) -> None:
        self.setText(text)
        self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(max(self.heightForWidth(self.width()), self.fontMetrics().height()))
