"""Frames around things: visible on any picture, bright or dark."""

from __future__ import annotations

import math
from functools import lru_cache

from PyQt6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QImage, QPainter, QPen

from deepvis_app.ui.kit.theme import colour

OPAQUE = 255  # alpha
STRIP_PX = 2048  # of a side that is copied from a strip
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
    painter.fillRect(QRectF(rect.left(), rect.top(), rect.width(), near), shade)
    painter.fillRect(QRectF(rect.left(), rect.bottom() - far, rect.width(), far), shade)
    _fill_side(painter, QRectF(rect.left(), rect.top() + near, near, middle), shade)
    _fill_side(painter, QRectF(rect.right() - far, rect.top() + near, far, middle), shade)


def _fill_side(painter: QPainter, rect: QRectF, shade: QColor) -> None:
    """Fill a narrow column; of a translucent one a copied strip takes a quarter of the time."""
    if rect.isEmpty():
        return
    if shade.alpha() == OPAQUE or rect.height() > STRIP_PX or painter.deviceTransform().m11() != 1:
        painter.fillRect(rect, shade)
    else:
        strip = _strip(math.ceil(rect.width()), shade.rgba())
        painter.drawImage(rect.topLeft(), strip, QRectF(0, 0, rect.width(), rect.height()))


@lru_cache(maxsize=16)
def _strip(width: int, shade: int) -> QImage:
    image = QImage(width, STRIP_PX, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(QColor.fromRgba(shade))
    return image


def around(outer: QRect, inner: QRect) -> tuple[QRect, ...]:
    """Return what of one rectangle another leaves free: up to four parts, none of them empty."""
    inner = inner & outer
    if inner.isEmpty():
        return () if outer.isEmpty() else (outer,)
    left, right = inner.left() - outer.left(), outer.right() - inner.right()
    above, below = inner.top() - outer.top(), outer.bottom() - inner.bottom()
    corner, wide, tall = outer.topLeft(), outer.width(), inner.height()
    parts = (
        QRect(corner, QSize(wide, above)),
        QRect(corner.x(), inner.bottom() + 1, wide, below),
        QRect(corner.x(), inner.top(), left, tall),
        QRect(inner.right() + 1, inner.top(), right, tall),
    )
    return tuple(part for part in parts if not part.isEmpty())


def round_corners(painter: QPainter, rect: QRect, radius: float, ground: QColor) -> None:
    """Cover the corners of what was painted in `rect` with what it lies on.

    The same as to paint it as a brush with rounded corners, which takes many times as long.
    """
    cover = _corners(radius, ground.rgb())
    side = cover.width() // 2
    for right in (False, True):
        for low in (False, True):
            x = rect.right() + 1 - side if right else rect.left()
            y = rect.bottom() + 1 - side if low else rect.top()
            part = QRect(side * right, side * low, side, side)
            painter.drawImage(QPoint(x, y), cover, part)


@lru_cache(maxsize=8)
def _corners(radius: float, ground: int) -> QImage:
    """Return a square of the ground with as much of it left out as a round picture covers."""
    side = 2 * math.ceil(radius)
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(ground)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOut)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("black"))
    painter.drawRoundedRect(QRectF(image.rect()), radius, radius)
    painter.end()
    return image


def paint_focus(painter: QPainter, rect: QRectF, radius: float = 0.0) -> None:
    """Paint the ring of keyboard focus just inside `rect`."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(colour("accent"), 1.5))
    painter.drawRoundedRect(rect.adjusted(0.75, 0.75, -0.75, -0.75), radius, radius)
    painter.restore()
