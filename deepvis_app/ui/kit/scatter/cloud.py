"""Points of a map, and where they lie on the raster of a screen."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from deepvis_app.ui.kit.scatter.lens import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int32]
    Places = NDArray[np.int64]

MANY = 20_000  # points, beyond which they are a density
MOST_PX = 2**30  # where pixels of the raster end
FAR = 1000.0  # times the map's extent, where points that are not finite are put: out of sight


class Window(NamedTuple):
    """A part of the raster: whole pixels, `right` and `low` no longer in it."""

    left: int
    top: int
    right: int
    low: int

    @property
    def size(self) -> tuple[int, int]:
        """Across and down."""
        return self.right - self.left, self.low - self.top

    def wider(self, by: int) -> Window:
        return Window(self.left - by, self.top - by, self.right + by, self.low + by)

    def holds(self, other: Window) -> bool:
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.low <= self.low
        )


class Cloud:
    """Points (N, 2), y upwards. The raster's origin is the map's, its rows go downwards.

    One that is not finite has no place: it is never seen and never found.
    """

    def __init__(self, points: NDArray[np.floating]) -> None:
        if points.ndim != 2 or points.shape[1] != 2:
            raise ValueError(f"points must be (N, 2), not {points.shape}")
        self.given = np.ascontiguousarray(points, np.float32)
        known = np.isfinite(self.given[:, 0]) & np.isfinite(self.given[:, 1])
        self.box = _box(self.given if known.all() else self.given[known])
        far = np.float32(FAR * (max(map(abs, self.box)) or 1.0))
        self.points = self.given if known.all() else np.where(known[:, None], self.given, far)
        self._scale = 0.0
        self._raster = np.zeros(0, np.int32), np.zeros(0, np.int32)

    def __len__(self) -> int:
        return len(self.points)

    def raster(self, scale: float) -> tuple[Ints, Ints]:
        """Return all points' columns and rows (N,), (N,) where a unit is `scale` pixels."""
        if scale != self._scale:
            self._scale = scale
            self._raster = self._rounded(0, scale), self._rounded(1, -scale)
        return self._raster

    def _rounded(self, axis: int, scale: float) -> Ints:
        pixels = np.rint(self.points[:, axis] * np.float32(scale))
        if self.points is not self.given:  # some are far away
            pixels = pixels.clip(-MOST_PX, MOST_PX)
        return pixels.astype(np.int32)

    def inside(self, scale: float, window: Window) -> Places:
        """Return the places of the points in a part of the raster, rising."""
        x, y = self.raster(scale)
        found = (x >= window.left) & (x < window.right)
        found &= (y >= window.top) & (y < window.low)
        return np.flatnonzero(found)

    @cached_property
    def pitch(self) -> float:
        """The side of a cell where the points are those of a grid, one a cell; else 0."""
        count = len(self.points)
        if not 1 < count <= MANY:
            return 0.0
        columns, rows = (np.unique(self.points[:, axis]) for axis in (0, 1))
        if len(columns) * len(rows) > 2 * count + len(columns) + len(rows):
            return 0.0
        gaps = [np.diff(each).min() for each in (columns, rows) if len(each) > 1]
        return float(min(gaps)) if gaps else 0.0

    @cached_property
    def spacing(self) -> float:
        """About how far a point is from the next, where there are some."""
        count = max(len(self.points), 1)
        side = max(round(count**0.5 / 2), 1)
        wide, tall = self.box.right - self.box.left, self.box.top - self.box.bottom
        cells = np.zeros((side, side), bool)
        across = _cell(self.points[:, 0], self.box.left, wide, side)
        down = _cell(self.points[:, 1], self.box.bottom, tall, side)
        cells[down, across] = True
        return float((cells.mean() * wide * tall / count) ** 0.5)


def _box(points: NDArray[np.float32]) -> Box:
    if not len(points):
        return Box(0.0, 0.0, 0.0, 0.0)
    (left, bottom), (right, top) = points.min(0).tolist(), points.max(0).tolist()
    return Box(left, bottom, right, top)


def _cell(values: NDArray[np.float32], low: float, length: float, count: int) -> Places:
    share = (values - np.float32(low)) * np.float32(count / max(length, 1e-9))
    return share.clip(0, count - 1).astype(np.int64)
