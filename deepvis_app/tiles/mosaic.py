"""All units of a layer in one picture, built on the device at the size it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Mosaic:
    """A picture of tiles: uint8 palette indices (height, width), row-major, read-only.

    Tiles are `tile_px` (height, width) pixels of `pixels` and stand `gap_px` apart; on screen the
    whole is enlarged `magnify` times with nearest neighbours (1 where maps were shrunk by area),
    so that a map's pixel is a whole number of screen pixels. Gaps and empty tiles are index 0 of
    no meaning; `mask`-free drawing is possible because the view knows the tile geometry.
    """

    pixels: NDArray[np.uint8]
    tile_px: tuple[int, int]
    gap_px: int
    columns: int
    count: int  # tiles that hold a unit
    magnify: int = 1
