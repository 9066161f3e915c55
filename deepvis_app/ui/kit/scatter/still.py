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
from deepvis_app.ui.kit.scatter.density import Inks, density
from deepvis_app.ui.kit.scatter.stamps import Sheet, dot_sheet, draw
from deepvis_app.ui.kit.scatter.thumbs import Shown, Thumbs, make_sheet
from deepvis_app.ui.kit.theme import active_theme, colour

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.ui.kit.scatter.cloud import Ints, Places
    from deepvis_app.ui.kit.scatter.moving import Sizes
    from deepvis_app.ui.kit.scatter.scene import Scene

DOT, RIM = 6, 1  # a dot's diameter and what is around it, logical pixels
STAYS = 1.5  # times MANY points in view, up to which single ones stay as they are panned
DIMMED = 0.5  # how much is seen of what is not selected, while something is
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
        self._sizes: Sizes | None = None
        self._moving: Sheet | None = None

    @property
    def is_dense(self) -> bool:
        """Whether there are too many points in view for each to be seen."""
        return self._is_dense

    def set_sizes(self, sizes: Sizes | None) -> None:
        """Draw these thumbnails while points move; None: those that have room."""
        if self._sizes is None or sizes is None or self._sizes.places is not sizes.places:
            self._moving = None
        self._sizes = sizes

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
        painter.end()

    # Many points

    def _paint_density(self, painter: QPainter, view: View, seen: Window) -> None:
        scene = self._scene
        if self._top is None:
            inside = len(scene.cloud.inside(view.scale, view.window))
            wide, tall = view.window.size
            is_sparse = inside < SPARSE * wide * tall / view.ratio**2
            self._radius = max(round(view.ratio) - 1 + is_sparse, 0)
        wider = seen.wider(self._radius)
        places = scene.cloud.inside(view.scale, wider)
        x, y = scene.cloud.raster(view.scale)
        rgb = None if scene.colours is None else scene.colours[places]
        chosen = None if scene.selected is None else scene.selected[places]
        picture, self._top = density(
            x[places], y[places], wider, _inks(), rgb, chosen, self._top, self._radius
        )
        rows, columns = seen.size[1], seen.size[0]
        inner = picture[self._radius : self._radius + rows, self._radius : self._radius + columns]
        at = QPoint(seen.left - view.window.left, seen.top - view.window.top)
        painter.drawImage(at, rgb_image(np.ascontiguousarray(inner)))

    # Single points

    def _paint_points(self, painter: QPainter, view: View, seen: Window) -> None:
        if self._sizes is None:
            shown = self.thumbs.shown(*view)
        else:
            shown = Shown(self._sizes.places, self._sizes.greatest)
        shown = self._with_pictures(shown)
        reach = max(shown.side, round((DOT + 2 * RIM) * view.ratio)) // 2 + 1
        places = self._scene.cloud.inside(view.scale, seen.wider(reach))
        is_thumb = np.isin(places, shown.places, assume_unique=True)
        self._draw_dots(painter, view, places[~is_thumb], shown.side)
        if len(shown.places):
            self._draw_thumbs(painter, view, shown, places[is_thumb])

    def _with_pictures(self, shown: Shown) -> Shown:
        sprites = self._scene.sprites
        if sprites is None:
            return shown
        return Shown(shown.places[sprites.has(shown.places)], shown.side)

    def _draw_dots(self, painter: QPainter, view: View, places: Places, side: int) -> None:
        if not len(places):
            return
        scene = self._scene
        diameter = round(DOT * view.ratio)
        if scene.cloud.pitch and side:  # in a grid none covers its neighbour
            diameter = max(min(diameter, side), 1)
        keys = _keys(self._colours(places))
        unique, which = np.unique(keys, return_inverse=True)
        sheet = self._dot_sheet(unique, diameter, round(RIM * view.ratio))
        x, y = self._at(view, places)
        for part, opacity in self._dimmed_first(places):
            draw(painter, sheet, x[part], y[part], which[part], opacity=opacity)

    def _draw_thumbs(self, painter: QPainter, view: View, shown: Shown, places: Places) -> None:
        sheet = self._thumb_sheet(view, shown)
        which = np.searchsorted(shown.places, places)
        x, y = self._at(view, places)
        scale = np.ones(len(places))
        if (sizes := self._sizes) is not None:
            scale = sizes.sides[np.searchsorted(sizes.places, places)] / sheet.side
        for part, opacity in self._dimmed_first(places):
            draw(painter, sheet, x[part], y[part], which[part], opacity=opacity, scale=scale[part])

    def _thumb_sheet(self, view: View, shown: Shown) -> Sheet:
        colours = self._colours(shown.places)
        if self._sizes is None:
            return self.thumbs.sheet(shown, colours, view.ratio)
        if self._moving is None:
            self._moving = make_sheet(self._scene, shown, colours, view.ratio)
        return self._moving

    def _dimmed_first(self, places: Places) -> tuple[tuple[NDArray[np.bool_] | slice, float], ...]:
        """Return parts of places with how much is seen of them, in the order of painting."""
        selected = self._scene.selected
        if selected is None:
            return ((slice(None), 1.0),)
        chosen = selected[places]
        return ((~chosen, DIMMED), (chosen, 1.0))

    def _at(self, view: View, places: Places) -> tuple[Ints, Ints]:
        """Return where points lie in what is drawn."""
        x, y = self._scene.cloud.raster(view.scale)
        return x[places] - view.window.left, y[places] - view.window.top

    def _colours(self, places: Places) -> NDArray[np.uint8]:
        if self._scene.colours is not None:
            return self._scene.colours[places]
        plain = np.array(colour("muted").getRgb()[:3], np.uint8)
        return np.broadcast_to(plain, (len(places), 3))

    def _dot_sheet(self, keys: NDArray[np.uint32], diameter: int, rim: int) -> Sheet:
        ground = colour("background").getRgb()[:3]
        known = (keys.tobytes(), diameter, rim, ground)
        if self._dots is None or self._dots[0] != known:
            rgb = np.stack([keys >> 16, keys >> 8 & 255, keys & 255], 1).astype(np.uint8)
            self._dots = known, dot_sheet(rgb, diameter, rim, ground)
        return self._dots[1]


def _keys(rgb: NDArray[np.uint8]) -> NDArray[np.uint32]:
    wide = rgb.astype(np.uint32)
    return np.asarray(wide[:, 0] << 16 | wide[:, 1] << 8 | wide[:, 2], np.uint32)


def _inks() -> Inks:
    ground, ink, most = (colour(name).getRgb()[:3] for name in ("background", "accent", "text"))
    return Inks(ground, ink, most)
