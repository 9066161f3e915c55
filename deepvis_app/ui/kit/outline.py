"""Frames around things: visible on any picture, bright or dark."""

from __future__ import annotations

from PyQt6.QtCore import QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen

from deepvis_app.ui.kit.theme import colour

THIN = 1.5  # of a frame: Qt fills one pixel of it at the left and the top, two opposite


def paint_outline(painter: QPainter, rect: QRectF, shade: str, width: float) -> None:
    """Paint a frame of `width` just outside `rect` with a dark hairline on both sides."""
    halo, mark = colour("halo", 0.6), colour(shade)
    if QRectF(rect.toRect()) == rect:
        if width == round(width):
            for out, inner, shown in ((width + 1, width, halo), (width, 0, mark), (0, -1, halo)):
                outer = rect.adjusted(-out, -out, out, out)
                _fill_frame(painter, outer, out - inner, out - inner, shown)
            return
        if width == THIN and min(rect.width(), rect.height()) > 2 and _is_on_pixels(painter):
            _fill_frame(painter, rect.adjusted(-2, -2, 3, 3), 3, 4, halo)
            _fill_frame(painter, rect.adjusted(-1, -1, 2, 2), 1, 2, mark)
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


def _is_on_pixels(painter: QPainter) -> bool:
    """Tell whether whole units are whole pixels, not smoothed: strokes are then known."""
    smooth = painter.testRenderHint(QPainter.RenderHint.Antialiasing)
    at = painter.deviceTransform()
    moved = at.dx() == round(at.dx()) and at.dy() == round(at.dy())
    return not smooth and moved and (at.m11(), at.m22()) == (1, 1)


def _fill_frame(painter: QPainter, rect: QRectF, near: float, far: float, shade: QColor) -> None:
    """Fill whole pixels at the edges of `rect`: a fifth of a stroke.

    `near` is how wide the frame is at the left and the top, `far` at the right and below.
    """
    middle = rect.height() - near - far
    for part in (
        QRectF(rect.left(), rect.top(), rect.width(), near),
        QRectF(rect.left(), rect.bottom() - far, rect.width(), far),
        QRectF(rect.left(), rect.top() + near, near, middle),
        QRectF(rect.right() - far, rect.top() + near, far, middle),
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
