"""A line drawn around points: it always closes, and what it went through does not matter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QPointF, QRectF
from PyQt6.QtGui import QPainter, QPen

from deepvis_app.ui.kit.pictures.pill import cut_to, paint_pill, pill_size
from deepvis_app.ui.kit.plots.polygons import polygon
from deepvis_app.ui.kit.theme import active_theme, colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Outline = NDArray[np.float64]  # (K, 2)

LEAST = 3  # corners that enclose something
STEP = 2.0  # logical pixels between two corners
TINT = 0.08  # of what is enclosed
WIDTH, DASHES = 1.5, [3.0, 2.5]
BELOW = 8.0  # the words, in logical pixels


class Lasso:
    """The line that is being drawn, corner by corner, in the map's units."""

    def __init__(self, adds: bool, first: tuple[float, float], at: QPointF) -> None:
        self.adds = adds
        self._corners = [first]
        self._last = at

    def go_to(self, point: tuple[float, float], at: QPointF) -> bool:
        """Add a corner, which lies at a pixel, if it is far enough from the last one."""
        way = at - self._last
        if max(abs(way.x()), abs(way.y())) < STEP:
            return False
        self._corners.append(point)
        self._last = at
        return True

    def outline(self) -> Outline:
        return np.array(self._corners, np.float64)

    @property
    def encloses(self) -> bool:
        return len(self._corners) >= LEAST


def paint_outlines(painter: QPainter, outlines: Sequence[Outline]) -> QRectF:
    """Paint lines, in logical pixels, around what is selected; return what they cover."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(colour("accent"), WIDTH)
    pen.setDashPattern(DASHES)
    painter.setPen(pen)
    painter.setBrush(colour("accent", TINT))
    covered = QRectF()
    for outline in outlines:
        shape = polygon(*outline.T)
        painter.drawPolygon(shape)
        covered = covered.united(shape.boundingRect())
    painter.restore()
    return covered


def paint_badge(painter: QPainter, words: str, covered: QRectF, bounds: QRectF) -> None:
    """Paint words below what lines cover, within bounds."""
    words = cut_to(words, bounds.width() - 16)
    if not words:
        return
    size = pill_size(words)
    x = covered.center().x() - size.width() / 2
    x = min(max(x, bounds.left() + 8), bounds.right() - 8 - size.width())
    y = min(max(covered.bottom() + BELOW, bounds.top() + 8), bounds.bottom() - 8 - size.height())
    paint_pill(painter, QPointF(x, y), words, active_theme().mark)
