"""What lies over a map: lines around what is selected, frames, and the present frame's place."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PyQt6.QtCore import QPointF, QRectF

from deepvis_app.ui.kit.outline import paint_outline
from deepvis_app.ui.kit.scatter.lasso import paint_badge, paint_outlines
from deepvis_app.ui.kit.scatter.live_mark import LiveMark, Spot, ring_picture
from deepvis_app.ui.kit.scatter.still import DOT
from deepvis_app.ui.kit.theme import active_theme

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from PyQt6.QtGui import QImage, QPainter

    from deepvis_app.ui.kit.scatter.lasso import Lasso, Outline
    from deepvis_app.ui.kit.scatter.lens import Lens

OUT = 1.0  # logical pixels from a dot to its frame


class Ground(NamedTuple):
    """What it is painted on: points (N, 2) seen through a lens, in logical pixels."""

    points: NDArray[np.float32]
    lens: Lens
    size: tuple[float, float]
    ratio: float

    @property
    def bounds(self) -> QRectF:
        return QRectF(0, 0, *self.size)

    def is_like(self, other: Ground) -> bool:
        """Tell whether the same points lie at the same pixels."""
        return self.points is other.points and self[1:3] == other[1:3]


class Overlay:
    """`outlines` are in the map's units, `words` stand below them; `highlight` are places."""

    def __init__(self) -> None:
        self.outlines: list[Outline] = []
        self.words = ""
        self.highlight: tuple[int, ...] = ()
        self.live: LiveMark | None = None
        self._ring: tuple[object, float, QImage | None] = (None, 0.0, None)
        self._spotted: tuple[LiveMark, Ground, Spot] | None = None

    def paint(
        self,
        painter: QPainter,
        ground: Ground,
        lasso: Lasso | None,
        cursor: int | None,
        side_of: Callable[[Sequence[int]], Sequence[float]],
    ) -> None:
        """`lasso` is being drawn; `cursor`: the picked point; `side_of`: of points, as shown."""
        self._paint_outlines(painter, ground, lasso)
        self._paint_frames(painter, ground, cursor, side_of)
        if self.live is not None:
            spot = self._spot(self.live, ground)
            spot.paint(painter, ground.bounds, self._ring_picture(self.live, ground.ratio))

    def set_live(self, mark: LiveMark | None, ground: Ground) -> QRectF:
        """Take the present frame's mark; return what it covered and covers, in logical pixels."""
        area = QRectF() if self.live is None else self._spot(self.live, ground).area(ground.bounds)
        self.live = mark
        return area if mark is None else area.united(self._spot(mark, ground).area(ground.bounds))

    def _spot(self, mark: LiveMark, ground: Ground) -> Spot:
        """Return where a mark lies; it is kept, to be painted and to be painted over."""
        known = self._spotted
        if known is None or known[0] is not mark or not known[1].is_like(ground):
            known = self._spotted = mark, ground, _spot(mark, ground)
        return known[2]

    def _paint_outlines(self, painter: QPainter, ground: Ground, lasso: Lasso | None) -> None:
        outlines = list(self.outlines) if lasso is None or lasso.adds else []
        if lasso is not None:
            outlines.append(lasso.outline())
        if not outlines:
            return
        shown = [ground.lens.to_screen(outline, ground.size) for outline in outlines]
        covered = paint_outlines(painter, shown)
        if self.words and lasso is None:
            paint_badge(painter, self.words, covered, ground.bounds)

    def _paint_frames(
        self,
        painter: QPainter,
        ground: Ground,
        cursor: int | None,
        side_of: Callable[[Sequence[int]], Sequence[float]],
    ) -> None:
        theme = active_theme()
        framed = list(self.highlight) + ([] if cursor is None else [cursor])
        if not framed:
            return
        shades = ["#ffffff" if theme.is_dark else theme.mark] * len(self.highlight) + [theme.mark]
        at = ground.lens.to_screen(ground.points[framed], ground.size)
        for side, shade, (x, y) in zip(side_of(framed), shades, at.tolist(), strict=False):
            half = side / 2 if side > DOT else DOT / 2 + OUT
            corner = QPointF(round(x - half), round(y - half))
            paint_outline(painter, QRectF(corner.x(), corner.y(), *[round(2 * half)] * 2), shade, 2)

    def _ring_picture(self, mark: LiveMark, ratio: float) -> QImage | None:
        if self._ring[0] is not mark.picture or self._ring[1] != ratio:
            image = None if mark.picture is None else ring_picture(mark.picture, ratio)
            self._ring = mark.picture, ratio, image
        return self._ring[2]


def _spot(mark: LiveMark, ground: Ground) -> Spot:
    nearest = [place for place in mark.neighbours if 0 <= place < len(ground.points)]
    trail = np.zeros((0, 2)) if mark.trail is None else mark.trail
    points = np.concatenate([np.array([mark.point]), ground.points[nearest], trail])
    at = ground.lens.to_screen(points[np.isfinite(points).all(1)], ground.size)
    found = [QPointF(x, y) for x, y in at.tolist()]
    count = 1 + len(nearest)
    return Spot(mark, found[0], tuple(found[1:count]), tuple(found[count:]))
