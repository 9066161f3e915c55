"""The reading a canvas has in hand: which unit lies where in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QPointF, QRectF

from deepvis_app.tiles.geometry import Tiling
from deepvis_app.tiles.pictures import PictureMosaic
from deepvis_app.ui.kit.pictures.marks import mosaic_image
from deepvis_app.ui.kit.pixels import picture_image
from deepvis_app.ui.kit.theme import active_theme, colour

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PyQt6.QtGui import QImage

    from deepvis_app.tiles.mosaic import Mosaic


@dataclass(frozen=True, slots=True, eq=False)
class ShownGrid:
    """A mosaic whose tile 0 is the unit `order[first]`, as an image of the screen's pixels.

    `palette` is that of a mosaic of activations; a mosaic of pictures has its own colours.
    """

    mosaic: Mosaic | PictureMosaic
    order: NDArray[np.int64]
    first: int
    palette: NDArray[np.uint8] | None
    image: QImage
    theme: str
    ratio: float  # pixels of the screen per logical one

    @classmethod
    def make(
        cls,
        mosaic: Mosaic | PictureMosaic,
        order: NDArray[np.int64],
        first: int,
        palette: NDArray[np.uint8] | None,
        ratio: float = 1.0,
    ) -> ShownGrid:
        if isinstance(mosaic, PictureMosaic):
            image = picture_image(mosaic, colour("background"), colour("pane"))
        elif palette is not None:
            image = mosaic_image(mosaic, palette, colour("background"), ratio)
        else:
            raise ValueError("a mosaic of activations needs a palette")
        return cls(mosaic, order, first, palette, image, active_theme().name, ratio)

    def in_theme(self) -> ShownGrid:
        """Return this with the background of the active theme."""
        if self.theme == active_theme().name:
            return self
        return ShownGrid.make(self.mosaic, self.order, self.first, self.palette, self.ratio)

    def lies_as(self, other: ShownGrid) -> bool:
        """Tell whether both cover the same pixels, and units lie at the same ones."""
        return (
            (self.whole, self.first, self.ratio) == (other.whole, other.first, other.ratio)
            and self.image.size() == other.image.size()
            and np.array_equal(self.order, other.order)
        )

    @property
    def whole(self) -> Tiling:
        """Geometry of the whole grid, of which the mosaic is the part in view."""
        tiles = self.mosaic
        return Tiling(tiles.columns, len(self.order), tiles.tile_px, tiles.gap_px)

    @property
    def pitch(self) -> int:
        """Pixels from one row to the next."""
        return self.mosaic.tile_px[0] + self.mosaic.gap_px

    def place_of(self, unit: int) -> int | None:
        places = np.flatnonzero(self.order == unit)
        return int(places[0]) if len(places) else None

    def rect_of(self, unit: int) -> QRectF | None:
        """Return the pixels of a unit's tile in the mosaic; None when it is not in it."""
        place = self.place_of(unit)
        if place is None or not 0 <= place - self.first < self.mosaic.count:
            return None
        box = self.mosaic.tiling.rect(place - self.first)
        return QRectF(box.left, box.top, box.right - box.left, box.bottom - box.top)

    def hit(self, point: QPointF) -> tuple[int, float, float] | None:
        """Return (unit, y, x) at a pixel of the mosaic, y and x 0..1 within its tile."""
        tiling = self.mosaic.tiling
        tile = tiling.index_at(point.x(), point.y())
        if tile is None:
            return None
        box = tiling.rect(tile)
        y = (point.y() - box.top) / (box.bottom - box.top)
        x = (point.x() - box.left) / (box.right - box.left)
        return int(self.order[self.first + tile]), y, x
