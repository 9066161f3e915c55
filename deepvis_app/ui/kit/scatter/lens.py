"""Which part of a map is looked at, and how large: arithmetic only."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Point = tuple[float, float]
MARGIN = (50.0, 26.0)  # logical pixels left and right, above and below a map shown whole
LEAST_SIDE = 0.02  # of a map, in its own units: equal points are shown from no nearer
LEAST, MOST = 0.5, 1000.0  # times that a map is as large as when it is shown whole


class Box(NamedTuple):
    """A part of the map, in its units; y goes upwards."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def centre(self) -> Point:
        return (self.left + self.right) / 2, (self.bottom + self.top) / 2


@dataclass(frozen=True, slots=True)
class Lens:
    """(x, y), a point of the map, stands in the middle; a unit of the map is `scale` pixels."""

    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0

    @classmethod
    def fitting(cls, box: Box, size: Point, margin: Point = MARGIN) -> Lens:
        """Return what shows all of a box in so many pixels (across, down), with a margin."""
        room = [max(s - 2 * m, s / 2, 1.0) for s, m in zip(size, margin, strict=True)]
        sides = box.right - box.left, box.top - box.bottom
        scale = min(r / max(side, LEAST_SIDE) for r, side in zip(room, sides, strict=True))
        return cls(*box.centre, scale)

    def to_screen(self, points: NDArray[np.floating], size: Point) -> NDArray[np.float64]:
        """Return where points of the map (N, 2) lie, in pixels from the upper left corner."""
        across = size[0] / 2 + (points[:, 0].astype(np.float64) - self.x) * self.scale
        down = size[1] / 2 - (points[:, 1].astype(np.float64) - self.y) * self.scale
        return np.stack([across, down], 1)

    def to_map(self, pixels: NDArray[np.floating], size: Point) -> NDArray[np.float64]:
        """Return which points of the map (N, 2) lie at pixels (N, 2)."""
        x = self.x + (pixels[:, 0].astype(np.float64) - size[0] / 2) / self.scale
        y = self.y - (pixels[:, 1].astype(np.float64) - size[1] / 2) / self.scale
        return np.stack([x, y], 1)

    def about(self, at: Point, size: Point, scale: float) -> Lens:
        """Take another scale; what lies at a pixel stays there."""
        across, down = at[0] - size[0] / 2, at[1] - size[1] / 2
        gained = 1 / self.scale - 1 / scale
        return Lens(self.x + across * gained, self.y - down * gained, scale)

    def moved(self, across: float, down: float) -> Lens:
        """Show what lies so many pixels further right and down."""
        return Lens(self.x + across / self.scale, self.y - down / self.scale, self.scale)

    def within(self, box: Box) -> Lens:
        """Keep the middle in a box, so that a map cannot be lost from sight."""
        x = min(max(self.x, box.left), box.right)
        y = min(max(self.y, box.bottom), box.top)
        return Lens(x, y, self.scale)


def is_finite(point: Point) -> bool:
    return math.isfinite(point[0]) and math.isfinite(point[1])
