"""Words on a picture, with a dark ground of their own."""

from __future__ import annotations

from functools import lru_cache

from PyQt6.QtCore import QPointF, QRectF, QSizeF, Qt
from PyQt6.QtGui import QFontMetricsF, QImage, QPainter

from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.theme import Size, active_theme, colour, font

HEIGHT, ROOM = 16.0, 8.0  # logical pixels; beside the words, both sides together
CORNER = 3.0
GROUND = 0.65  # how dark it is


@lru_cache(maxsize=64)
def pill_size(words: str) -> QSizeF:
    """Return how large it is, in logical pixels."""
    return QSizeF(QFontMetricsF(font(Size.CAPTION)).horizontalAdvance(words) + ROOM, HEIGHT)


def cut_to(words: str, room: float) -> str:
    """Return words as far as their pill has room, in logical pixels; "" where it has none."""
    if room <= ROOM + HEIGHT:
        return ""
    metrics = QFontMetricsF(font(Size.CAPTION))
    return elided(metrics, words, Qt.TextElideMode.ElideRight, room - ROOM)


def paint_pill(painter: QPainter, at: QPointF, words: str, shade: str = "") -> None:
    """Paint it with its upper left corner at about a point: on the screen's nearest pixel.

    `shade` is that of the words, the theme's mark where none is given.
    """
    ratio = painter.deviceTransform().m11()
    x, y = round(at.x() * ratio) / ratio, round(at.y() * ratio) / ratio
    painter.drawImage(QPointF(x, y), _pill(words, ratio, shade or active_theme().mark))


@lru_cache(maxsize=32)
def _pill(words: str, ratio: float, shade: str) -> QImage:
    """Return it as an image: it is painted with every picture, and hardly ever changes."""
    size = pill_size(words)
    pixels = (size * ratio).toSize()
    image = QImage(pixels, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    image.setDevicePixelRatio(ratio)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour("halo", GROUND))
    box = QRectF(QPointF(0, 0), pixels.toSizeF() / ratio)
    painter.drawRoundedRect(box, CORNER, CORNER)
    painter.setFont(font(Size.CAPTION))
    painter.setPen(colour(shade))
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), words)
    painter.end()
    return image
