"""Frames around things: visible on any picture, bright or dark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen

from deepvis_app.ui.kit.theme import colour

if TYPE_CHECKING:
    from PyQt6.QtGui import QFocusEvent

_BY_KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


def is_by_keyboard(event: QFocusEvent | None) -> bool:
    """Tell whether the focus came by keyboard: only then a ring helps and does not disturb."""
    return event is not None and event.reason() in _BY_KEYBOARD


def paint_outline(painter: QPainter, rect: QRectF, shade: str, width: float) -> None:
    """Paint a frame of `width` just outside `rect` with a dark hairline on both sides."""
    halo, mark = colour("halo", 0.6), colour(shade)
    if width == round(width) and QRectF(rect.toRect()) == rect:
        for out, inner, shown in ((width + 1, width, halo), (width, 0, mark), (0, -1, halo)):
            _fill_frame(painter, rect.adjusted(-out, -out, out, out), out - inner, shown)
        return
    painter.save()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen_width, pen_colour in ((width + 2, halo), (width, mark)):
        pen = QPen(pen_colour, pen_width)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        half = width / 2
        painter.drawRect(rect.adjusted(-half, -half, half, half))
    painter.restore()


def _fill_frame(painter: QPainter, rect: QRectF, width: float, shade: QColor) -> None:
    """Fill what of whole pixels lies within `width` of the edge of `rect`: a fifth of a stroke."""
    middle = rect.height() - 2 * width
    for part in (
        QRectF(rect.left(), rect.top(), rect.width(), width),
        QRectF(rect.left(), rect.bottom() - width, rect.width(), width),
        QRectF(rect.left(), rect.top() + width, width, middle),
        QRectF(rect.right() - width, rect.top() + width, width, middle),
    ):
        painter.fillRect(part, shade)


def paint_focus(painter: QPainter, rect: QRectF, radius: float = 0.0) -> None:
    """Paint the ring of keyboard focus just inside `rect`."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(colour("accent"), 1.5))
    painter.drawRoundedRect(rect.adjusted(0.75, 0.75, -0.75, -0.75), radius, radius)
    painter.restore()
