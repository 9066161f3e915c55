"""Which points are shown as thumbnails, how large, and these as one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from deepvis_app.ui.kit.scatter.apart import apart
from deepvis_app.ui.kit.scatter.stamps import RADIUS, Sheet, dimmed, packed, plate_sheet
from deepvis_app.ui.kit.theme import active_theme

if TYPE_CHECKING:
    from deepvis_app.ui.kit.scatter.cloud import Cloud, Places, Window
    from deepvis_app.ui.kit.scatter.scene import Scene

USUAL, GREATEST = 34, 128  # sides with their frames, logical pixels
GAP = 2  # between two
FRAMED, THICK = 12, 24  # sides from which on there is a frame, and one of 2 pixels
SPACED = 6  # side of a cell from which on there is a gap
FILLED = 0.8  # of the way to the next point, that a thumbnail takes when there is room
ENLARGED = 1.5  # times, at most, that a thumbnail's own pixels are
BEYOND = 4  # the part of the view, at each side, that is looked at beyond it


class Shown(NamedTuple):
    """Thumbnails that have room: their points' places, rising, and their side with frames."""

    places: Places
    side: int


class Plates(NamedTuple):
    """Thumbnails in their frames, in the order of places, which rise."""

    places: Places
    side: int
    sheet: Sheet | None


NO_PLACES = np.zeros(0, np.int64)
NOTHING = Plates(NO_PLACES, 0, None)


class Thumbs:
    """Remembers who had a thumbnail, who keeps it: none flickers while the map is moved."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._known: tuple[object, ...] = ()
        self._before = np.zeros(0, bool)
        self._cloud: Cloud | None = None
        self._looked: Window | None = None
        self._shown = Shown(NO_PLACES, 0)
        self._plates: Plates | None = None

    def shown(self, window: Window, scale: float, ratio: float) -> Shown:
        """Return those in about a part of the raster that have room, with a picture or without."""
        scene = self._scene
        if scene.sprites is None or not len(scene):
            return Shown(NO_PLACES, 0)
        known = scene.version, scale, ratio, active_theme().name
        if known == self._known and self._looked is not None and self._looked.holds(window):
            return self._shown
        side = side_px(scene.cloud, scene.sprites.side, scale, ratio)
        looked = window.wider(max(window.size) // BEYOND + side)
        kept = self._chosen(scale, looked, side + gap_px(side, ratio))
        self._known, self._looked = known, looked
        self._shown, self._plates = Shown(kept, side), None
        return self._shown

    def plates(self, window: Window, scale: float, ratio: float) -> Plates:
        """Return those that have room and a picture."""
        shown, sprites = self.shown(window, scale, ratio), self._scene.sprites
        if sprites is None or not len(shown.places):
            return NOTHING
        if self._plates is None:
            places = shown.places[sprites.has(shown.places)]
            frame = frame_px(shown.side, ratio)
            fades = self._scene.is_dimmed(places)
            pictures = dimmed(sprites.scaled(places, shown.side - 2 * frame), fades)
            colours = packed(dimmed(self._scene.rgb(places), fades))
            sheet = plate_sheet(pictures, colours, frame, RADIUS * ratio if frame else 0.0)
            self._plates = Plates(places, shown.side, sheet)
        return self._plates

    def remember(self, other: Thumbs) -> None:
        """Have those keep their thumbnails who have one there."""
        if other._cloud is self._scene.cloud:
            self._cloud, self._before = other._cloud, other._before.copy()

    def forget(self) -> None:
        """Choose anew who has a thumbnail, whoever had one."""
        self._before[:] = False
        self._known = ()

    def _chosen(self, scale: float, looked: Window, side: int) -> Places:
        """Return which points of a part of the raster have room for squares, rising."""
        scene = self._scene
        if self._cloud is not scene.cloud:
            self._cloud, self._before = scene.cloud, np.zeros(len(scene), bool)
        near = scene.cloud.inside(scale, looked)
        if not scene.cloud.pitch:  # in a grid there is room for all
            near = scene.in_order(near, self._before)
            x, y = scene.cloud.raster(scale)
            near = np.sort(near[apart(x[near], y[near], side)])
        self._before[:] = False
        self._before[near] = True
        return near


def side_px(cloud: Cloud, own: int, scale: float, ratio: float) -> int:
    """Return the side of thumbnails with their frames; `own` is that of their pictures.

    They have one size until there is room for all, then they grow. In a grid they fill its cells.
    """
    most = min(round(GREATEST * ratio), round(own * ENLARGED) + 2 * frame_px(own, ratio))
    if cloud.pitch:
        cell = int(cloud.pitch * scale)
        return max(min(cell - gap_px(cell, ratio), most), 1)
    usual = round(USUAL * ratio)
    return max(min(round(FILLED * cloud.spacing * scale), most), usual)


def gap_px(side: int, ratio: float) -> int:
    """Return how far two thumbnails are apart at least, the less the smaller they are."""
    return round(GAP * ratio) if side >= THICK * ratio else int(side >= SPACED)


def frame_px(side: int, ratio: float) -> int:
    """Return how wide a thumbnail's frame is, in pixels of the screen as all here."""
    if side < FRAMED * ratio:
        return 0
    return round(2 * ratio) if side >= THICK * ratio else round(ratio)
