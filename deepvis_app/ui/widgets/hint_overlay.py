"""The few things to try, shown once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QGridLayout, QLabel, QPushButton, QWidget

from deepvis_app.ui.widgets.key_caps import KeyCaps
from deepvis_app.ui.widgets.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QKeyEvent

WIDEST = 520


class HintOverlay(Sheet):
    """Opens at once; Enter, Esc, the button or a click beside the card dismiss it."""

    dismissed = pyqtSignal()

    def __init__(self, parent: QWidget, title: str, hints: Sequence[tuple[str, str]]) -> None:
        super().__init__(parent, WIDEST, dim=0.35)  # what moves behind it must be seen
        heading = QLabel(title)
        heading.setProperty("role", "title")
        rows = QGridLayout()
        rows.setHorizontalSpacing(16)
        rows.setVerticalSpacing(12)
        rows.setColumnStretch(1, 1)
        for row, (keys, text) in enumerate(hints):
            words = QLabel(text)
            words.setWordWrap(True)
            rows.addWidget(KeyCaps(keys), row, 0, Qt.AlignmentFlag.AlignRight)
            rows.addWidget(words, row, 1)
        self._button = QPushButton("Start")
        self._button.setProperty("kind", "primary")
        self._button.clicked.connect(self.close_sheet)
        self.content.addWidget(heading)
        self.content.addLayout(rows)
        self.content.addWidget(self._button, 0, Qt.AlignmentFlag.AlignRight)
        self.closed.connect(self.dismissed)
        self.open()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.close_sheet()
        else:
            super().keyPressEvent(event)
