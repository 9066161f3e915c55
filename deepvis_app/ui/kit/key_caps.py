"""Keys drawn as keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QFontMetricsF, QPainter
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis_app.ui.kit.theme import Size, colour, font

if TYPE_CHECKING:
    from PyQt6.QtGui import QPaintEvent

HEIGHT = 20
PADDING = 6.0
GAP = 4.0


class KeyCaps(QWidget):
    """Draws "Ctrl+K, K" or "Ctrl+K or K" as two caps; "[drag]" in brackets is plain text."""

    def __init__(self, keys: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._caps = _split(keys)
        self.setAccessibleName(keys)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_keys(self, keys: str) -> None:
        """Draw other keys."""
        if keys == self.accessibleName():
            return
        self._caps = _split(keys)
        self.setAccessibleName(keys)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        total = sum(map(self._width, self._caps)) + GAP * max(len(self._caps) - 1, 0)
        return QSize(round(total) + 1, HEIGHT)

    def _width(self, cap: str) -> float:
        width = QFontMetricsF(font(Size.SMALL)).horizontalAdvance(cap.strip("[]")) + 2 * PADDING
        return max(width, HEIGHT)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(font(Size.SMALL))
        x = 0.0
        for cap in self._caps:
            box = QRectF(x, 0, self._width(cap), HEIGHT).adjusted(0.5, 0.5, -0.5, -0.5)
            is_key = not cap.startswith("[")
            if is_key:
                painter.setPen(colour("line"))
                painter.setBrush(colour("control"))
                painter.drawRoundedRect(box, 4, 4)
            painter.setPen(colour("text" if is_key else "muted"))
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), cap.strip("[]"))
            x += self._width(cap) + GAP


def _split(keys: str) -> tuple[str, ...]:
    """Return the single keys of a text; "Ctrl+," is one."""
    parts = (part for several in keys.split(" or ") for part in several.split(", "))
    return tuple(part.strip() for part in parts if part.strip())
