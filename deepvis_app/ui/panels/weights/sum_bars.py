"""Three bars that add up: what is above zero, what is below, and the sum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.paced import PacedUpdate
from deepvis_app.ui.kit.theme import Size, colour, font

if TYPE_CHECKING:
    from PyQt6.QtGui import QPaintEvent

    from deepvis_app.ui.panels.weights.shown import SumLines

ROW = 20.0
BAR = 12.0
VALUE_PX = 60.0
NOTE_PX = 88.0
_RIGHT = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight)


class SumBars(QWidget):
    """The second bar begins where the first ends, the third is what is left of both."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: SumLines | None = None
        self._painting = PacedUpdate(self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("What adds up to the unit's value")

    def set_lines(self, lines: SumLines | None) -> None:
        """Show a sum; None: none is known yet."""
        self._lines = lines
        self._painting.soon()
        if lines is not None:
            self.setAccessibleDescription(
                f"{lines.plus_text} and {lines.minus_text}, {lines.total_note}, "
                f"together {lines.total_text}"
            )

    def lines(self) -> SumLines | None:
        return self._lines

    def sizeHint(self) -> QSize:
        return QSize(240, round(3 * ROW))

    def minimumSizeHint(self) -> QSize:
        return QSize(200, round(3 * ROW))

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        lines = self._lines
        room = self.width() - VALUE_PX - NOTE_PX
        if lines is None:
            for row in range(3):
                self._fill(painter, row, 0.0, room, "control")
            return
        behind = lines.plus + lines.minus
        low = min(0.0, behind, lines.total)
        high = max(lines.plus, lines.total, 0.0)
        scale = room / (high - low) if high > low else 0.0

        def x(value: float) -> float:
            return (value - low) * scale

        self._fill(painter, 0, x(0.0), x(lines.plus), "plus")
        self._fill(painter, 1, x(behind), x(lines.plus), "minus")
        self._fill(painter, 2, x(min(lines.total, 0.0)), x(max(lines.total, 0.0)), "text")
        painter.fillRect(QRectF(round(x(0.0)), 0, 1, self.height()), colour("muted"))
        if behind != lines.plus:
            step = QRectF(round(x(behind)), ROW, 1, 2 * ROW)
            painter.fillRect(step, colour("muted", 0.6))
        texts = (
            (lines.plus_text, lines.plus_note),
            (lines.minus_text, lines.minus_note),
            (lines.total_text, lines.total_note),
        )
        for row, (value, note) in enumerate(texts):
            self._write(painter, row, value, note)

    def _fill(self, painter: QPainter, row: int, left: float, right: float, shade: str) -> None:
        width = right - left
        top = row * ROW + (ROW - BAR) / 2
        painter.fillRect(QRectF(round(left), top, round(width), BAR), colour(shade))

    def _write(self, painter: QPainter, row: int, value: str, note: str) -> None:
        right = float(self.width())
        weight = font().Weight.DemiBold if row == 2 else font().Weight.Normal
        painter.setFont(font(weight=weight))
        painter.setPen(colour("text"))
        painter.drawText(
            QRectF(right - NOTE_PX - VALUE_PX, row * ROW, VALUE_PX, ROW), _RIGHT, value
        )
        painter.setFont(font(Size.SMALL))
        painter.setPen(colour("muted"))
        mode = Qt.TextElideMode.ElideRight
        shown = elided(painter.fontMetrics(), note, mode, round(NOTE_PX - 8))
        painter.drawText(QRectF(right - NOTE_PX, row * ROW, NOTE_PX, ROW), _RIGHT, shown)
