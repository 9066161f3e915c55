"""Where the network's small picture lies in the sharp one that it was made from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPointF, QRectF

if TYPE_CHECKING:
    from deepvis_app.ui.kit.pictures.heat import EdgesF


@dataclass(frozen=True, slots=True)
class Aperture:
    """What the network sees of a larger picture. Positions are in pixels of the network's own.

    The network's picture is (0, 0) to `size` (height, width). The larger one's edges lie at `box`;
    bars of a letterbox lie between them and the network's edges.
    """

    size: tuple[int, int]
    box: EdgesF
    whole: bool = True  # show also what the network does not see
    mirrored: bool = False  # the larger picture is shown mirrored

    def extent(self) -> EdgesF:
        """Return the edges of what is shown."""
        height, width = self.size
        if not self.whole:
            return 0.0, 0.0, height, width
        top, left, bottom, right = self.box
        return min(top, 0.0), min(left, 0.0), max(bottom, height), max(right, width)

    def cuts(self) -> bool:
        """Tell whether something is shown that the network does not see."""
        top, left, bottom, right = self.extent()
        height, width = self.size
        return min(top, left) < -0.5 or bottom > height + 0.5 or right > width + 0.5

    def part(self, shape: tuple[int, ...]) -> tuple[tuple[slice, slice], EdgesF]:
        """Return what is shown of the larger picture (height, width, …), and its edges.

        Whole pixels are taken, as few as hold all that is shown; of a mirrored picture, before it
        is turned.
        """
        top, left, bottom, right = self.box
        extent = self.extent()
        down, across = shape[0] / (bottom - top), shape[1] / (right - left)
        rows = _whole((extent[0] - top) * down, (extent[2] - top) * down, shape[0])
        columns = _whole((extent[1] - left) * across, (extent[3] - left) * across, shape[1])
        edges = (
            top + rows.start / down, left + columns.start / across,
            top + rows.stop / down, left + columns.stop / across,
        )  # fmt: skip
        if self.mirrored:
            columns = slice(shape[1] - columns.stop, shape[1] - columns.start)
        return (rows, columns), edges


def _whole(start: float, stop: float, length: int) -> slice:
    """Return the pixels of 0..length that hold start..stop; a rounding's error adds none."""
    first = min(max(math.floor(start + 1e-6), 0), length - 1)
    return slice(first, max(min(math.ceil(stop - 1e-6), length), first + 1))


@dataclass(frozen=True, slots=True)
class Place:
    """Between positions (y, x) of what is shown, within `extent`, and points on the screen."""

    extent: EdgesF
    down: float = 1.0  # pixels of the picture for one of the extent's
    across: float = 1.0

    @classmethod
    def of(cls, shape: tuple[int, ...], aperture: Aperture | None) -> Place:
        """Return the place of a picture (height, width, …), as seen through an aperture."""
        if aperture is None:
            return cls((0.0, 0.0, shape[0], shape[1]))
        top, left, bottom, right = aperture.box
        return cls(aperture.extent(), shape[0] / (bottom - top), shape[1] / (right - left))

    @property
    def height(self) -> float:
        """In pixels of the picture, so that it is not squeezed where the network's is."""
        return (self.extent[2] - self.extent[0]) * self.down

    @property
    def width(self) -> float:
        return (self.extent[3] - self.extent[1]) * self.across

    def on_screen(self, box: EdgesF, rect: QRectF) -> QRectF:
        """Return where a box lies when what is shown fills `rect`."""
        top, left, bottom, right = self.extent
        down, across = rect.height() / (bottom - top), rect.width() / (right - left)
        x, y = rect.left() + (box[1] - left) * across, rect.top() + (box[0] - top) * down
        return QRectF(x, y, (box[3] - box[1]) * across, (box[2] - box[0]) * down)

    def position(self, point: QPointF, rect: QRectF) -> tuple[float, float]:
        """Return the position (y, x) under a point of `rect`."""
        top, left, bottom, right = self.extent
        y = top + (point.y() - rect.top()) / rect.height() * (bottom - top)
        return y, left + (point.x() - rect.left()) / rect.width() * (right - left)
