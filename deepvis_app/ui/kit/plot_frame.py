"""What every plot has around its curves: the ground, the range at the left, the ends below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QPainter

from deepvis_app.ui.kit.theme import Size, colour, font
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget

TOP, BOTTOM = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignBottom
LEFT, RIGHT = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight


def paint_ground(painter: QPainter, widget: QWidget, caption: float) -> QRectF:
    """Paint a plot's ground and return its area: all but the line of words below."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    area = QRectF(widget.rect()).adjusted(0, 0, 0, -caption)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour("control"))
    painter.drawRoundedRect(area, 4, 4)
    return area


def paint_range(
    painter: QPainter, area: QRectF, span: tuple[float, float], inset: tuple[float, float] = (6, 3)
) -> None:
    """Write the lowest and the highest value at the left; words that follow look the same."""
    painter.setFont(font(Size.CAPTION))
    painter.setPen(colour("muted"))
    inside = area.adjusted(inset[0], inset[1], -inset[0], -inset[1])
    painter.drawText(inside, int(TOP | LEFT), figure(span[1]))
    painter.drawText(inside, int(BOTTOM | LEFT), figure(span[0]))


def paint_ends(painter: QPainter, below: QRectF, first: str, last: str) -> None:
    """Write what the left and the right end of the axis are."""
    painter.drawText(below, int(BOTTOM | LEFT), first)
    painter.drawText(below, int(BOTTOM | RIGHT), last)
