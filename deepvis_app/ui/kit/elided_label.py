"""A line of text that ends in … where the room ends; the tooltip has all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtWidgets import QLabel, QSizePolicy

from deepvis_app.ui.kit.elided import elided

if TYPE_CHECKING:
    from PyQt6.QtGui import QResizeEvent


class ElidedLabel(QLabel):
    """Use `set_text`; `text` is what is shown."""

    def __init__(self, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight) -> None:
        super().__init__()
        self._mode = mode
        self._whole = ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_text(self, text: str) -> None:
        if text != self._whole:
            self._whole = text
            self.updateGeometry()
            self._elide()

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self._whole) + 2, self._height())

    def minimumSizeHint(self) -> QSize:
        return QSize(24, self._height())

    def _height(self) -> int:
        """Return one height whatever the text is, also where that has none."""
        metrics, margins = self.fontMetrics(), self.contentsMargins()
        return max(metrics.height(), metrics.lineSpacing()) + margins.top() + margins.bottom()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        shown = elided(self.fontMetrics(), self._whole, self._mode, self.width())
        self.setText(shown)
        self.setToolTip(self._whole if shown != self._whole else "")
