"""Squares over a map, each with a picture of its own: of hundreds, which may come one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QObject, QPointF, QRect, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import QPainter, QPixmap

from deepvis_app.frames.cv import cv2
from deepvis_app.ui.kit.outline import paint_outline
from deepvis_app.ui.kit.pictures.pill import HEIGHT, cut_to, paint_pill, pill_size
from deepvis_app.ui.kit.scatter.cloud import Cloud
from deepvis_app.ui.kit.scatter.lens import Box
from deepvis_app.ui.kit.scatter.stamps import DIMMED, RADIUS, plate
from deepvis_app.ui.kit.theme import active_theme, colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from deepvis_app.ui.kit.scatter.cloud import Window
    from deepvis_app.ui.kit.scatter.lens import Lens
    from deepvis_app.ui.kit.scatter.still import View

    Picture = NDArray[np.uint8]

NONE = -1
EDGE = 8.0  # logical pixels around words
ROUND = 2 * RADIUS  # of corners, logical pixels


class Tiles(QObject):
    """K squares around `middles` (K, 2) with `sides` (K,), in the map's units.

    They may be filled while they are shown. Those that are not `marked` (K,) are dimmed; None: all
    are as they are. `ends` are words over the left and the right end of them all.
    """

    filled = pyqtSignal(int)  # one of them
    marked = pyqtSignal()  # others are dimmed
    framed = pyqtSignal()  # others are picked, or pointed at

    def __init__(
        self,
        middles: NDArray[np.floating],
        sides: NDArray[np.floating],
        ends: tuple[str, str] | None = None,
    ) -> None:
        super().__init__()
        if sides.shape != (len(middles),):
            raise ValueError(f"there are {len(middles)} squares and {sides.shape} sides")
        self.cloud = Cloud(middles)
        self.sides = np.asarray(sides, np.float64)
        self.ends = ends
        self.picked: int | None = None
        self._pointed = NONE
        self._marked: NDArray[np.bool_] | None = None
        self._pictures: list[Picture | None] = [None] * len(middles)
        self._drawn: dict[int, tuple[object, QPixmap]] = {}

    def __len__(self) -> int:
        return len(self._pictures)

    @property
    def box(self) -> Box:
        """What they cover all together."""
        half, points = self.sides[:, None] / 2, self.cloud.points
        (left, bottom), (right, top) = (points - half).min(0), (points + half).max(0)
        return Box(float(left), float(bottom), float(right), float(top))

    def put(self, number: int, picture: Picture | None) -> None:
        """Take a square picture (H, H, 3) of one; the same object again changes nothing."""
        if self._pictures[number] is not picture:
            self._pictures[number] = picture
            self.filled.emit(number)

    def picture(self, number: int) -> Picture | None:
        return self._pictures[number]

    def set_marked(self, marked: NDArray[np.bool_] | None) -> None:
        if marked is not None and marked.shape != (len(self),):
            raise ValueError(f"the marks must be bool ({len(self)},), not {marked.shape}")
        if not _same(marked, self._marked):
            self._marked = marked
            self.marked.emit()

    def set_pointed(self, number: int) -> None:
        """Frame the one that is pointed at, `NONE` for none."""
        if number != self._pointed:
            self._pointed = number
            self.framed.emit()

    def pick(self, number: int | None) -> None:
        """Frame the one that is picked."""
        if number != self.picked:
            self.picked = number
            self.framed.emit()

    def at(self, x: float, y: float) -> int:
        """Return the one around a point of the map, `NONE` where there is none."""
        away = np.abs(self.cloud.points - np.array([x, y])).max(1)
        own = np.flatnonzero(away <= self.sides / 2)
        return int(own[np.argmin(away[own])]) if len(own) else NONE

    def area(self, number: int, view: View) -> QRect:
        """Return where one lies in what is in view, in pixels of the screen."""
        x, y = self.cloud.raster(view.scale)
        px = max(round(self.sides[number] * view.scale), 1)
        left, top = int(x[number]) - view.window.left, int(y[number]) - view.window.top
        return QRect(left - px // 2, top - px // 2, px, px)

    def paint(self, painter: QPainter, view: View, seen: Window) -> None:
        """Paint them as they lie in a part of the raster; the painter's origin is the view's."""
        reach = round(float(self.sides.max(initial=0)) * view.scale / 2) + 1
        for number in self.cloud.inside(view.scale, seen.wider(reach)).tolist():
            area = self.area(number, view)
            is_dimmed = self._marked is not None and not self._marked[number]
            painter.setOpacity(DIMMED if is_dimmed else 1.0)
            painter.drawPixmap(area.topLeft(), self._pixmap(number, area.width(), view.ratio))
        painter.setOpacity(1.0)

    def paint_frames(self, painter: QPainter, lens: Lens, size: tuple[float, float]) -> None:
        """Frame what is picked and pointed at, in logical pixels."""
        framed = [] if self.picked is None else [(self.picked, active_theme().mark)]
        if self._pointed not in (NONE, self.picked):
            framed.append((self._pointed, "#ffffff"))
        for number, shade in framed:
            middle = self.cloud.points[number : number + 1]
            ((x, y),) = lens.to_screen(middle, size).tolist()
            half = self.sides[number] * lens.scale / 2
            corner = QPointF(round(x - half), round(y - half))
            rect = QRectF(corner.x(), corner.y(), *[round(2 * half)] * 2)
            paint_outline(painter, rect, shade, 2)

    def paint_ends(self, painter: QPainter, lens: Lens, size: tuple[float, float]) -> None:
        """Write over both ends, in logical pixels; within what is in view."""
        if self.ends is None:
            return
        box = self.box
        corners = np.array([(box.left, box.top), (box.right, box.top)])
        (left, top), (right, _) = lens.to_screen(corners, size).tolist()
        left, right = max(left, EDGE), min(right, size[0] - EDGE)
        top = max(top - HEIGHT - EDGE, EDGE)
        words = [cut_to(each, (right - left) / 2 - EDGE) for each in self.ends]
        for each, x in zip(words, (left, right - pill_size(words[1]).width()), strict=True):
            if each:
                paint_pill(painter, QPointF(x, top), each, "#ffffff")

    def _pixmap(self, number: int, px: int, ratio: float) -> QPixmap:
        """Return one as it is shown; it is kept while it stays the same."""
        picture = self._pictures[number]
        key = id(picture), px, active_theme().name
        known = self._drawn.get(number)
        if known is None or known[0] != key:
            drawn = _hole(px, ratio) if picture is None else _rounded(picture, px, ratio)
            known = self._drawn[number] = key, drawn
        return known[1]


def tile_sides(shares: Sequence[float] | NDArray[np.floating], side: float) -> NDArray[np.float64]:
    """Return sides of squares that have some shares (K,) of a cell, with a gap between two."""
    return np.asarray(shares, np.float64) * side * 0.96


def _rounded(picture: Picture, px: int, ratio: float) -> QPixmap:
    way = cv2.INTER_AREA if px < len(picture) else cv2.INTER_LINEAR
    scaled = np.asarray(cv2.resize(picture, (px, px), interpolation=way), np.uint8)
    return plate(scaled, min(ROUND * ratio, px / 4))


def _hole(px: int, ratio: float) -> QPixmap:
    """Return where a picture will be."""
    pixmap = QPixmap(px, px)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(colour("line"))
    painter.setBrush(colour("control", 0.6))
    radius = min(ROUND * ratio, px / 4)
    painter.drawRoundedRect(QRectF(0.5, 0.5, px - 1, px - 1), radius, radius)
    painter.end()
    return pixmap


def _same(one: NDArray[np.bool_] | None, other: NDArray[np.bool_] | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)
