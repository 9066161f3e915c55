"""All units of a layer in one picture, built on the device at the size it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app.tiles.geometry import Tiling

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TOP = 254  # the highest shade; shades are 0..TOP
ZERO = 127  # the shade of zero where the scale is signed
BACKGROUND = 255  # palette index of gaps, of empty tiles and of what is not finite


@dataclass(frozen=True, slots=True, eq=False)
class Mosaic:
    """A picture of tiles: uint8 palette indices (height, width), row-major, read-only.

    One pixel is one pixel of the screen. Indices 0..TOP are shades, BACKGROUND (255) is what
    carries no activation: gaps, empty tiles, NaN and infinity.
    """

    pixels: NDArray[np.uint8]
    tile_px: tuple[int, int]  # (height, width) of a tile
    gap_px: int
    columns: int
    count: int  # tiles that hold a unit

    @property
    def tiling(self) -> Tiling:
        """Where each tile lies in `pixels`."""
        return Tiling(self.columns, self.count, self.tile_px, self.gap_px)


def unit_at(mosaic: Mosaic, x: float, y: float) -> int | None:
    """Return the tile under the pixel (x right, y down) of a mosaic; None on a gap or outside."""
    return mosaic.tiling.index_at(x, y)
