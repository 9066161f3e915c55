"""The map without what moves on it, as one picture of the screen's pixels that is kept.

While it is panned, that picture is moved and only what comes into view is drawn; while just the
live frame moves, nothing of it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PyQt6.QtCore import QPoint, QRect, QSize
from PyQt6.QtGui import QPainter, QPixmap

from deepvis_app.ui.kit.outline import around
from deepvis_app.ui.kit.pixels import rgb_image
from deepvis_app.ui.kit.scatter.cloud import MANY, Window
from deepvis_app.ui.kit.scatter.density import Inks, cells_of, density
from deepvis_app.ui.kit.scatter.moving import Sized
from deepvis_app.ui.kit.scatter.stamps import Sheet, dimmed, dot_sheet, draw, packed, rgb_of
from deepvis_app.ui.kit.scatter.thumbs import NO_PLACES, Plates, Shown, Thumbs
from deepvis_app.ui.kit.theme import active_theme, colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from deepvis_app.ui.kit.scatter.cloud import Ints, Places
    from deepvis_app.ui.kit.scatter.scene import Scene

DOT, LEAST_DOT = 6, 3  # a dot's diameter, and where there are many, logical pixels
RIM, RIMMED = 1, 5  # what is around a dot, from a diameter on
REACH = 7.0  # logical pixels from a dot's middle that are still the dot
STAYS = 1.5  # times MANY points in view, up to which single ones stay as they are panned
SPARSE = 0.5  # points a logical pixel, below which a point of a density has four neighbours


class View(NamedTuple):
    """What is looked at: `scale` pixels of the screen to a unit, `ratio` to a logical pixel."""

    window: Window
    scale: float
    ratio: float


class Still:
    """Draws a scene; `pixmap` gives it."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.thumbs = Thumbs(scene)
        self._pixmap = QPixmap()
        self._look: tuple[object, ...] = ()
        self._window = Window(0, 0, 0, 0)
        self._is_dense = False
        self._top: int | None = None
        self._radius = 0
        self._dots: tuple[tuple[object, ...], Sheet] | None = None
        self._sized: tuple[Sized, ...] = ()

    def set_sized(self, sized: tuple[Sized, ...]) -> None:
        """Draw these thumbnails, while points move; none: those that have room."""
        self._sized = sized

    def pixmap(self, view: View) -> QPixmap:
        """Return what is in view, one pixel of it a pixel of the screen."""
        look = self._scene.version, view.scale, view.ratio, view.window.size, active_theme().name
        if look == self._look and view.window == self._window:
            return self._pixmap
        was_dense, self._is_dense = self._is_dense, self._too_many(view)
        if look == self._look and was_dense == self._is_dense:
            self._move(view)
        else:
            self._pixmap = QPixmap(QSize(*view.window.size))
            self._top = None
            self._paint(view, (QRect(QPoint(0, 0), self._pixmap.size()),))
        self._look, self._window = look, view.window
        return self._pixmap

    def draw_again(self, view: View, parts: Sequence[QRect]) -> None:
        """Draw some parts of what is in view anew, in pixels of the screen."""
        self.pixmap(view)
        self._paint(view, tuple(parts))

    def thumbnails(self, view: View) -> Shown:
        """Return the points that are shown as thumbnails, in view and about it."""
        shown, sprites = self._room(view), self._scene.sprites
        if sprites is None:
            return shown
        return Shown(shown.places[sprites.has(shown.places)], shown.side)

    def wanted(self, view: View) -> Places:
        """Return the places that have room for a thumbnail and are without one.

        Those in view come first, of these the selected and preferred ones.
        """
        scene, shown = self._scene, self._room(view)
        if scene.sprites is None:
            return NO_PLACES
        lacking = scene.in_order(shown.places[~scene.sprites.has(shown.places)])
        is_seen = np.isin(lacking, scene.cloud.inside(view.scale, view.window))
        return np.concatenate([lacking[is_seen], lacking[~is_seen]])

    def place_at(self, view: View, column: int, row: int) -> int:
        """Return the point at a pixel of what is shown: a thumbnail, else the nearest dot; -1."""
        cloud = self._scene.cloud
        x, y = cloud.raster(view.scale)
        column, row = column + view.window.left, row + view.window.top
        places, side = self.thumbnails(view)
        over = (abs(x[places] - column) <= side / 2) & (abs(y[places] - row) <= side / 2)
        if over.any():
            return int(places[np.flatnonzero(over)[0]])
        reach = round(REACH * view.ratio)
        near = cloud.inside(view.scale, Window(column, row, column + 1, row + 1).wider(reach))
        away = (x[near] - column) ** 2 + (y[near] - row) ** 2
        if not len(near) or away.min() > reach**2:
            return -1
        return int(near[np.argmin(away)])

    def _room(self, view: View) -> Shown:
        """Return the points with room for a thumbnail, with one or without."""
        self.pixmap(view)
        if self._sized:  # on their way: those that there will be
            return Shown(self._sized[-1].plates.places, self._sized[-1].plates.side)
        is_bare = self._is_dense or self._scene.tiles is not None
        return Shown(NO_PLACES, 0) if is_bare else self.thumbs.shown(*view)

    def _too_many(self, view: View) -> bool:
        count = len(self._scene)
        if count <= MANY:
            return False
        most = MANY if self._is_dense or not self._look else STAYS * MANY
        return len(self._scene.cloud.inside(view.scale, view.window)) > most

    def _move(self, view: View) -> None:
        """Move what was drawn and draw what comes into view."""
        across = self._window.left - view.window.left
        down = self._window.top - view.window.top
        whole = QRect(QPoint(0, 0), self._pixmap.size())
        self._pixmap.scroll(across, down, whole)
        self._paint(view, around(whole, whole.translated(across, down)))

    def _paint(self, view: View, parts: tuple[QRect, ...]) -> None:
        painter = QPainter(self._pixmap)
        for part in parts:
            painter.setClipRect(part)
            painter.fillRect(part, colour("background"))
            left, top = view.window.left + part.left(), view.window.top + part.top()
            seen = Window(left, top, left + part.width(), top + part.height())
            if self._is_dense:
                self._paint_density(painter, view, seen)
            else:
                self._paint_points(painter, view, seen)
            if self._scene.tiles is not None:
                self._scene.tiles.paint(painter, view, seen)
        painter.end()

    # Many points

    def _paint_density(self, painter: QPainter, view: View, seen: Window) -> None:
        scene = self._scene
        if self._top is None:
            count = len(scene.cloud.inside(view.scale, view.window))
            wide, tall = view.window.size
            is_sparse = count < SPARSE * wide * tall / view.ratio**2
            self._radius = max(round(view.ratio) - 1 + is_sparse, 0)
        wider = seen.wider(self._radius)
        inside = scene.cloud.inside(view.scale, wider)
        places = slice(None) if len(inside) == len(scene) else inside  # all: without a copy
        x, y = scene.cloud.raster(view.scale)
        colours = None if scene.colours is None else scene.colours[places]
        chosen = None if scene.selected is None else scene.selected[places]
        cells = cells_of(x[places], y[places], wider)
        picture, self._top = density(
            cells, wider, _inks(), colours, chosen, self._top, self._radius
        )
        rows, columns = seen.size[1], seen.size[0]
        inner = picture[self._radius : self._radius + rows, self._radius : self._radius + columns]
        at = QPoint(seen.left - view.window.left, seen.top - view.window.top)
        painter.drawImage(at, rgb_image(np.ascontiguousarray(inner)))

    # Single points

    def _paint_points(self, painter: QPainter, view: View, seen: Window) -> None:
        thumbnails = self._sized
        if not thumbnails and self._scene.tiles is None:
            thumbnails = _as_they_are(self.thumbs.plates(*view))
        greatest = max((each.plates.side for each in thumbnails), default=0)
        reach = max(greatest, round((DOT + 2 * RIM) * view.ratio)) // 2 + 1
        places = self._scene.cloud.inside(view.scale, seen.wider(reach))
        own = [np.intersect1d(places, each.places, True) for each in thumbnails]
        dots = np.setdiff1d(places, np.concatenate([NO_PLACES, *own]), True)
        self._draw_dots(painter, view, dots, greatest)
        for each, some in zip(thumbnails, own, strict=True):
            self._draw_thumbs(painter, view, each, some)

    def _draw_dots(self, painter: QPainter, view: View, places: Places, side: int) -> None:
        if not len(places):
            return
        diameter = self._dot_px(view, side)
        rim = round(RIM * view.ratio) if diameter >= RIMMED * view.ratio else 0
        places = self._dimmed_first(places)
        rgb = dimmed(self._scene.rgb(places), self._scene.is_dimmed(places))
        unique, which = np.unique(packed(rgb), return_inverse=True)
        sheet = self._dot_sheet(unique, diameter, rim)
        draw(painter, sheet, *self._at(view, places), which)

    def _dot_px(self, view: View, side: int) -> int:
        """Return a dot's diameter: smaller where there are many, and in a grid's small cells."""
        cloud, usual = self._scene.cloud, round(DOT * view.ratio)
        if cloud.pitch:
            return max(min(usual, side or usual), 1)
        near = round(cloud.spacing * view.scale) or usual  # 0: they lie in a line, or a point
        return max(min(usual, near), round(LEAST_DOT * view.ratio))

    def _draw_thumbs(self, painter: QPainter, view: View, sized: Sized, places: Places) -> None:
        if sized.plates.sheet is None or not len(places):
            return
        places = self._dimmed_first(places)
        which = np.searchsorted(sized.plates.places, places)
        scale = sized.scale[np.searchsorted(sized.places, places)]
        draw(painter, sized.plates.sheet, *self._at(view, places), which, scale)

    def _dimmed_first(self, places: Places) -> Places:
        """Return places in the order of painting."""
        return places[np.argsort(~self._scene.is_dimmed(places), kind="stable")]

    def _at(self, view: View, places: Places) -> tuple[Ints, Ints]:
        """Return where points lie in what is drawn."""
        x, y = self._scene.cloud.raster(view.scale)
        return x[places] - view.window.left, y[places] - view.window.top

    def _dot_sheet(self, pixels: NDArray[np.uint32], diameter: int, rim: int) -> Sheet:
        known = (pixels.tobytes(), diameter, rim, active_theme().name)
        if self._dots is None or self._dots[0] != known:
            self._dots = known, dot_sheet(pixels, diameter, rim)
        return self._dots[1]


def _as_they_are(plates: Plates) -> tuple[Sized, ...]:
    return (Sized(plates, plates.places, np.ones(len(plates.places))),)


def _inks() -> Inks:
    return Inks(rgb_of("background"), rgb_of("accent"), rgb_of("text"))
