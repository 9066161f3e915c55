"""A map of two numbers: a picture of what is said of every place, and points on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis_app.frames.cv import cv2
from deepvis_app.ui.kit.bubble import Tip, paint_bubble
from deepvis_app.ui.kit.notice import paint_empty
from deepvis_app.ui.kit.pixels import rgb_image, use_device_pixels
from deepvis_app.ui.kit.theme import Size, active_theme, colour, font
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PyQt6.QtCore import QEvent
    from PyQt6.QtGui import QMouseEvent, QPaintEvent

    Floats = NDArray[np.float32]

SIDE, BELOW = 320, 18
DOT, NEAR = 3.2, 8.0  # a point's radius; how near the pointer must be


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Places (n, 2), each with a class (n,), and whether something else is said of it (n,)."""

    places: Floats
    classes: NDArray[np.int64]
    is_wrong: NDArray[np.bool_]
    is_hollow: bool = False  # drawn as rings: other data than the filled ones


@dataclass(frozen=True, slots=True, eq=False)
class RegionLook:
    """`picture` (h, w, 3) lies from `low` to `high`, both (x, y), its first row on top.

    `colours` and `names` are those of the classes.
    """

    picture: NDArray[np.uint8]
    low: tuple[float, float]
    high: tuple[float, float]
    points: tuple[Points, ...]
    colours: tuple[str, ...]
    names: tuple[str, ...]


class RegionView(QWidget):
    """Points in their classes' colours; a dark ring is around those of which another is said."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._look: RegionLook | None = None
        self._empty = ("", "")
        self._at: QPointF | None = None
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_look(self, look: RegionLook | None) -> None:
        """Show these; None: the notice says why there is nothing."""
        self._look = look
        if look is not None:
            wrong = sum(int(p.is_wrong.sum()) for p in look.points)
            whole = sum(len(p.places) for p in look.points)
            self.setAccessibleDescription(f"{whole - wrong} of {whole} points right")
        self.update()

    def set_notice(self, text: str, remedy: str = "") -> None:
        self._empty = (text, remedy)
        self.update()

    def look(self) -> RegionLook | None:
        return self._look

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return min(width, SIDE) + BELOW

    def sizeHint(self) -> QSize:
        return QSize(SIDE, SIDE + BELOW)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 120 + BELOW)

    def map_rect(self) -> QRectF:
        """Return where the map lies: a square at the left."""
        side = min(self.width(), self.height() - BELOW)
        return QRectF(0, 0, side, side)

    def place_of(self, places: Floats) -> Floats:
        """Return points (n, 2) in logical pixels."""
        assert self._look is not None
        low, high = np.asarray(self._look.low), np.asarray(self._look.high)
        share = (places - low) / (high - low)
        area = self.map_rect()
        return np.stack([share[:, 0] * area.width(), (1 - share[:, 1]) * area.height()], 1)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look, area = self._look, self.map_rect()
        if look is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour("control"))
            painter.drawRoundedRect(area, 4, 4)
            paint_empty(painter, area, *self._empty)
            return
        painter.save()
        ratio = use_device_pixels(painter)
        side = max(round(area.width() * ratio), 1)
        large = cv2.resize(look.picture, (side, side), interpolation=cv2.INTER_LINEAR)
        painter.drawImage(QPointF(0, 0), rgb_image(np.asarray(large, np.uint8)))
        painter.restore()
        painter.setClipRect(area)
        for points in look.points:
            self._paint_points(painter, points, look.colours)
        painter.setClipping(False)
        self._paint_axis(painter, area, look)
        if self._at is not None and (tip := self.tip(self._at)) is not None:
            beside = QRectF(self._at.x(), self._at.y(), 0, 0)
            paint_bubble(painter, tip, beside, QRectF(self.rect()))

    def _paint_points(self, painter: QPainter, points: Points, colours: tuple[str, ...]) -> None:
        edge = QColor("#0b1720") if active_theme().is_dark else QColor("#ffffff")
        triples = zip(self.place_of(points.places), points.classes, points.is_wrong, strict=True)
        for (x, y), kind, is_wrong in triples:
            shade = QColor(colours[int(kind) % len(colours)])
            centre = QPointF(float(x), float(y))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            if is_wrong:
                painter.setPen(QPen(colour("text"), 1.4))
                painter.drawEllipse(centre, DOT + 2.4, DOT + 2.4)
            if points.is_hollow:
                painter.setPen(QPen(shade, 1.6))
                painter.drawEllipse(centre, DOT - 0.6, DOT - 0.6)
            else:
                painter.setPen(QPen(edge, 0.8))
                painter.setBrush(shade)
                painter.drawEllipse(centre, DOT, DOT)

    def _paint_axis(self, painter: QPainter, area: QRectF, look: RegionLook) -> None:
        painter.setFont(font(Size.CAPTION))
        painter.setPen(colour("muted"))
        below = QRectF(area.left(), area.bottom() + 2, area.width(), BELOW - 2)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignLeft), figure(look.low[0]))
        painter.drawText(below, int(Qt.AlignmentFlag.AlignRight), figure(look.high[0]))

    def tip(self, at: QPointF) -> Tip | None:
        """Return what is told of the point nearest to the pointer, if one is near."""
        look = self._look
        if look is None or not self.map_rect().contains(at):
            return None
        best: tuple[float, Points, int] | None = None
        for points in look.points:
            if len(points.places):
                far = np.hypot(*(self.place_of(points.places) - (at.x(), at.y())).T)
                k = int(far.argmin())
                if best is None or far[k] < best[0]:
                    best = float(far[k]), points, k
        if best is None or best[0] > NEAR:
            return None
        _, points, k = best
        kind = int(points.classes[k])
        name = look.names[kind] if kind < len(look.names) else str(kind)
        x, y = (figure(float(v)) for v in points.places[k])
        said = "said to be another" if points.is_wrong[k] else "said to be so"
        return Tip(name, (((said, ""),), (("at", f"{x}, {y}"),)))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        self._at = None if event is None else event.position()
        self.update()

    def leaveEvent(self, _event: QEvent | None) -> None:
        self._at = None
        self.update()
