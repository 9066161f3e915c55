"""A page with nothing on it yet: what it is for, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QWidget

from deepvis_app.ui.kit.notice import paint_empty

if TYPE_CHECKING:
    from PyQt6.QtGui import QPaintEvent


class EmptyPage(QWidget):
    """A sentence in the middle, and a smaller one below."""

    def __init__(self) -> None:
        super().__init__()
        self._text, self._remedy = "", ""

    def set_text(self, text: str, remedy: str = "") -> None:
        if (text, remedy) != (self._text, self._remedy):
            self._text, self._remedy = text, remedy
            self.setAccessibleName(f"{text}. {remedy}")
            self.update()

    def text(self) -> str:
        return self._text

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        paint_empty(painter, QRectF(self.rect()), self._text, self._remedy)
