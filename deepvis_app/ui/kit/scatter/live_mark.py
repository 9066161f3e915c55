"""Where the present frame belongs: a ring with its picture, its way there, lines to its nearest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from PyQt6.QtCore import QLineF, QPointF, QRectF, QSize, QSizeF, Qt
from PyQt6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QImage, QPainter, QPen, QTransform

from deepvis_app.ui.kit.pixels import fitted_image
from deepvis_app.ui.kit.scatter.lens import Point, is_finite
from deepvis_app.ui.kit.theme import Size, active_theme, colour, font

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RADIUS, RING = 12.0, 2.0  # of the picture in it, and how thick the ring is; logical pixels
HALO = 4.0  # beyond the ring
DASHES = [2.5, 2.0]  # of a hollow ring, in widths of its line
BEAD = 2.0  # radius of a place it was at
AWAY = 8.0  # from the ring to its words
PAD, TALL = 5.0, 18.0  # beside its words, and how tall their ground is
AGES, TRAIL = 4, 1.5  # shades of the trail, and its width


@dataclass(frozen=True, slots=True, eq=False)
class LiveMark:
    """The present frame on the map.

    `point` and `trail` (T, 2), where it was before, oldest first, are in the map's units;
    `neighbours` are places of points. `is_hollow`: it is unlike all of them, and its ring dashed.
    `picture` (H, W, 3) is shown round in the ring, `words` beside it.
    """

    point: Point
    is_hollow: bool = False
    neighbours: tuple[int, ...] = ()
    trail: NDArray[np.floating] | None = None
    picture: NDArray[np.uint8] | None = None
    words: str = "this frame"

    @property
    def has_place(self) -> bool:
        return is_finite(self.point)


@dataclass(frozen=True, slots=True)
class Spot:
    """A live mark in logical pixels: where it is, its nearest, where it was."""

    mark: LiveMark
    at: QPointF
    nearest: tuple[QPointF, ...]
    trail: tuple[QPointF, ...]

    def area(self, bounds: QRectF) -> QRectF:
        """Return what it covers, with its words within bounds."""
        points = (*self.nearest, *self.trail, self.at)
        x, y = [point.x() for point in points], [point.y() for point in points]
        lines = QRectF(QPointF(min(x), min(y)), QPointF(max(x), max(y)))
        reach = RADIUS + RING + HALO + 1  # more than a bead's
        box = lines.adjusted(-reach, -reach, reach, reach)
        return box.united(self._words_rect(bounds)) if self.mark.words else box

    def _words_rect(self, bounds: QRectF) -> QRectF:
        """Return where its words stand: right of it, or left where there is more room."""
        away = RADIUS + RING + AWAY
        corner = self.at + QPointF(away, -TALL / 2)
        box = QRectF(corner, _words_size(self.mark.words))
        if box.right() > bounds.right() and self.at.x() > bounds.center().x():
            box.moveRight(self.at.x() - away)
        return box

    def paint(self, painter: QPainter, bounds: QRectF, picture: QImage | None) -> None:
        """Paint it within bounds; `picture` is the frame's, as large as the ring."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_lines(painter)
        self._paint_trail(painter)
        self._paint_ring(painter, picture)
        if self.mark.words:
            self._paint_words(painter, bounds)
        painter.restore()

    def _paint_lines(self, painter: QPainter) -> None:
        if not self.nearest:
            return
        painter.setPen(QPen(_ink(0.45), 1))
        painter.drawLines(*(QLineF(self.at, point) for point in self.nearest))

    def _paint_trail(self, painter: QPainter) -> None:
        """Join the places where it was, the older the fainter."""
        points, count = (*self.trail, self.at), len(self.trail)
        for age in range(AGES):
            part = points[count * age // AGES : count * (age + 1) // AGES + 1]
            if len(part) < 2:
                continue
            ink = _ink(0.2 + 0.5 * age / (AGES - 1))
            painter.setPen(QPen(ink, TRAIL))
            painter.drawLines(*(QLineF(*ends) for ends in pairwise(part)))
            painter.setPen(QPen(ink, 2 * BEAD, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawPoints(*part[:-1])

    def _paint_ring(self, painter: QPainter, picture: QImage | None) -> None:
        middle = RADIUS + RING / 2
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if not self.mark.is_hollow:
            if picture is not None:
                brush = QBrush(picture)
                ratio = picture.width() / (2 * RADIUS)
                corner = self.at - QPointF(RADIUS, RADIUS)
                brush.setTransform(QTransform(1 / ratio, 0, 0, 1 / ratio, corner.x(), corner.y()))
                painter.setBrush(brush)
            else:
                painter.setBrush(_ink(0.25))
        painter.setPen(QPen(_halo(), RING + 2))
        painter.drawEllipse(self.at, middle, middle)
        pen = QPen(_ink(), RING)
        if self.mark.is_hollow:
            pen.setDashPattern(DASHES)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(self.at, middle, middle)
        if not self.mark.is_hollow:
            painter.setPen(QPen(_ink(0.5), 1))
            painter.drawEllipse(self.at, middle + HALO, middle + HALO)

    def _paint_words(self, painter: QPainter, bounds: QRectF) -> None:
        ratio, box = painter.deviceTransform().m11(), self._words_rect(bounds)
        at = QPointF(round(box.left() * ratio) / ratio, round(box.top() * ratio) / ratio)
        painter.drawImage(at, _words_image(self.mark.words, ratio))


def _ink(alpha: float = 1.0) -> QColor:
    """Return the colour of what is live, on a map of any theme."""
    return colour("#ffffff" if active_theme().is_dark else "text", alpha)


def _halo() -> QColor:
    """Return the colour around what is live."""
    return colour("halo", 0.55) if active_theme().is_dark else colour("control", 0.75)


def ring_picture(picture: NDArray[np.uint8], ratio: float) -> QImage:
    """Return the middle square of a picture (H, W, 3) as large as the ring, sharp on the screen."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    px = max(round(2 * RADIUS * ratio), 1)
    return fitted_image(picture[top : top + side, left : left + side], QSize(px, px))


@lru_cache(maxsize=16)
def _words_size(words: str) -> QSizeF:
    return QSizeF(QFontMetricsF(_bold()).horizontalAdvance(words) + 2 * PAD, TALL)


@lru_cache(maxsize=16)
def _words_image(words: str, ratio: float) -> QImage:
    """Return words on a dark ground as an image: they are painted with every frame."""
    box = QRectF(QPointF(0, 0), _words_size(words))
    image = QImage((box.size() * ratio).toSize(), QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour("halo", 0.72))
    painter.drawRoundedRect(box, 3, 3)
    painter.setFont(_bold())
    painter.setPen(colour("#ffffff"))
    painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), words)
    painter.end()
    return image


def _bold() -> QFont:
    return font(Size.CAPTION, QFont.Weight.DemiBold)
