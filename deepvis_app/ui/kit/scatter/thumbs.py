"""Which points are shown as thumbnails, how large, and these as one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from deepvis_app.ui.kit.scatter.apart import apart
from deepvis_app.ui.kit.scatter.stamps import RADIUS, Sheet, plate_sheet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.ui.kit.scatter.cloud import Cloud, Places, Window
    from deepvis_app.ui.kit.scatter.scene import Scene

USUAL, GREATEST = 34, 128  # sides with their frames, logical pixels
GAP = 2  # between two
FRAMED, THICK = 12, 24  # sides from which on there is a frame, and one of 2 pixels
FILLED = 0.8  # of the way to the next point, that a thumbnail takes when there is room
ENLARGED = 1.5  # times, at most, that a thumbnail's own pixels are
BEYOND = 4  # the part of the view, at each side, that is looked at beyond it


def frame_px(side: int, ratio: float) -> int:
    """Return how wide a thumbnail's frame is, in pixels of the screen as all here."""
    if side < FRAMED * ratio:
        return 0
    return round(2 * ratio) if side >= THICK * ratio else round(ratio)


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


def gap_px(cell: int, ratio: float) -> int:
    """Return how far two thumbnails are apart at least, the less the smaller they are."""
    return round(GAP * ratio) if cell >= THICK * ratio else int(cell >= 6)


class Shown(NamedTuple):
    """Thumbnails: their points' places, rising, and their side with frames."""

    places: Places
    side: int


class Thumbs:
    """Remembers who had a thumbnail, who keeps it: none flickers while the map is moved."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._version = -1
        self._before = np.zeros(0, bool)
        self._cloud: Cloud | None = None
        self._scale = 0.0
        self._looked: Window | None = None
        self._shown = Shown(np.zeros(0, np.int64), 0)
        self._sheet: Sheet | None = None
        self._on_sheet = np.zeros(0, np.int64)

    def shown(self, window: Window, scale: float, ratio: float) -> Shown:
        """Return those in about a part of the raster that have room, with a picture or without."""
        scene = self._scene
        if scene.sprites is None or not len(scene):
            return Shown(np.zeros(0, np.int64), 0)
        is_known = (self._version, self._scale) == (scene.version, scale)
        if is_known and self._looked is not None and self._looked.holds(window):
            return self._shown
        if self._cloud is not scene.cloud:
            self._cloud, self._before = scene.cloud, np.zeros(len(scene), bool)
        side = side_px(scene.cloud, scene.sprites.side, scale, ratio)
        looked = window.wider(max(window.size) // BEYOND + side)
        near = scene.in_order(scene.cloud.inside(scale, looked), self._before)
        x, y = scene.cloud.raster(scale)
        cell = int(scene.cloud.pitch * scale) if scene.cloud.pitch else side + gap_px(side, ratio)
        kept = np.sort(near[apart(x[near], y[near], max(cell, 1))])
        self._before[:] = False
        self._before[kept] = True
        self._version, self._scale, self._looked = scene.version, scale, looked
        self._shown = Shown(kept, side)
        self._sheet = None
        return self._shown

    def draw_anew(self) -> None:
        """Draw all again: other pictures are there."""
        self._sheet = None

    def forget(self) -> None:
        """Choose anew who has a thumbnail, whoever had one."""
        self._before[:] = False
        self._version = -1

    def sheet(self, shown: Shown, colours: NDArray[np.uint8], ratio: float) -> Sheet:
        """Return the shown ones, all with a picture, in frames of colours (k, 3), in this order."""
        if self._sheet is None or not np.array_equal(self._on_sheet, shown.places):
            self._sheet = make_sheet(self._scene, shown, colours, ratio)
            self._on_sheet = shown.places
        return self._sheet


def make_sheet(scene: Scene, shown: Shown, colours: NDArray[np.uint8], ratio: float) -> Sheet:
    assert scene.sprites is not None
    frame = frame_px(shown.side, ratio)
    pictures = scene.sprites.scaled(shown.places, shown.side - 2 * frame)
    return plate_sheet(pictures, colours, frame, RADIUS * ratio if frame else 0.0)
