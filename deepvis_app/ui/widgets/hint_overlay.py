"""The few things to try, shown once, on a card that is in nobody's way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from deepvis_app.ui.widgets.key_caps import KeyCaps

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH_PX = 440
ABOVE_PX = 56  # of the window's lower edge: the status line stays in view


class HintOverlay(QFrame):
    """Takes neither keys nor the clicks beside it: what it suggests can be tried at once.

    Its button dismisses it, and whoever made it may.
    """

    dismissed = pyqtSignal()

    def __init__(self, parent: QWidget, title: str, hints: Sequence[tuple[str, str]]) -> None:
        super().__init__(parent)
        self._parent = parent
        self.setProperty("surface", "sheet")
        self.setFixedWidth(WIDTH_PX)
        heading = QLabel(title)
        heading.setProperty("role", "title")
        self._button = QPushButton("Got it")
        self._button.setToolTip("Put this card away (Esc)")
        self._button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._button.clicked.connect(lambda: self.dismiss())
        top = QHBoxLayout()
        top.addWidget(heading, 1)
        top.addWidget(self._button)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 16, 20)
        column.setSpacing(12)
        column.addLayout(top)
        column.addLayout(_rows(hints))
        parent.installEventFilter(self)
        self._place()
        self.show()
        self.raise_()

    def dismiss(self) -> bool:
        """Put the card away; return whether there was one."""
        if self.isHidden():
            return False
        self.hide()
        self.dismissed.emit()
        return True

    def _place(self) -> None:
        self.adjustSize()
        room = self._parent.rect()
        self.move((room.width() - self.width()) // 2, room.height() - ABOVE_PX - self.height())

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if watched is self._parent and event is not None and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)


def _rows(hints: Sequence[tuple[str, str]]) -> QGridLayout:
    rows = QGridLayout()
    rows.setHorizontalSpacing(16)
    rows.setVerticalSpacing(12)
    rows.setColumnStretch(1, 1)
    for row, (keys, text) in enumerate(hints):
        words = QLabel(text)
        words.setWordWrap(True)
        rows.addWidget(KeyCaps(keys), row, 0, Qt.AlignmentFlag.AlignRight)
        rows.addWidget(words, row, 1)
    return rows
