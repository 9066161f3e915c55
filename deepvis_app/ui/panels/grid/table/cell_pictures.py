"""The pictures in the table's cells: maps, preferred images, crops of photographs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QRect

from deepvis_app.ui.kit.pictures.marks import mosaic_image
from deepvis_app.ui.kit.pixels import picture_image, rgb_image
from deepvis_app.ui.kit.theme import colour
from deepvis_app.ui.panels.grid.table.columns import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtGui import QImage

    from deepvis_app.nets import Unit
    from deepvis_app.tiles import Mosaic, PictureMosaic
    from deepvis_app.ui.panels.grid.table.rows import UnitRows


class CellPictures:
    """As images, made when they come or are first painted."""

    def __init__(self) -> None:
        self._maps: dict[str, tuple[QImage, dict[int, int], Mosaic]] = {}
        self._preferred: dict[str, tuple[QImage, dict[int, QRect]]] = {}
        self._crop: Callable[[Unit], NDArray[np.uint8] | None] = lambda _: None
        self._crops: dict[int, QImage | None] = {}  # rows

    def clear(self) -> None:
        """Forget all: rows are other ones."""
        self._maps.clear()
        self._preferred.clear()
        self._crops.clear()

    def set_maps(
        self,
        layer: str,
        units: NDArray[np.int64],
        mosaic: Mosaic,
        palette: NDArray[np.uint8],
        ratio: float,
    ) -> None:
        """Take the maps of a layer's units in view; `ratio`: screen pixels to a logical one."""
        if not len(units):
            return
        image = mosaic_image(mosaic, palette, colour("background"), ratio)
        places = {int(unit): place for place, unit in enumerate(units.tolist())}
        self._maps[layer] = image, places, mosaic

    def set_preferred(self, layer: str, units: Sequence[int], mosaic: PictureMosaic) -> None:
        """Take the pictures that were made for a layer's units in view."""
        image = picture_image(mosaic, colour("background"), colour("control"))
        boxes = map(mosaic.tiling.rect, range(len(units)))
        places = {
            unit: QRect(b.left, b.top, b.right - b.left, b.bottom - b.top)
            for unit, b in zip(units, boxes, strict=True)
        }
        self._preferred[layer] = image, places

    def set_crops(self, crop: Callable[[Unit], NDArray[np.uint8] | None]) -> None:
        """Take crops, as far as `crop` has them."""
        self._crop = crop
        self._crops.clear()

    def image(self, rows: UnitRows, row: int, kind: Kind) -> tuple[QImage, QRect] | None:
        """Return what a cell of a row shows, and the part of that."""
        unit = rows.at(row)
        if kind is Kind.MAP:
            image, places, mosaic = self._maps.get(unit.layer, (None, {}, None))
            place = places.get(unit.index)
            if image is None or place is None or mosaic is None:
                return None
            box = mosaic.tiling.rect(place)
            return image, QRect(box.left, box.top, box.right - box.left, box.bottom - box.top)
        if kind is Kind.PREFERRED:
            made = self._preferred.get(unit.layer)
            where = None if made is None else made[1].get(unit.index)
            return None if made is None or where is None else (made[0], where)
        if row not in self._crops:
            crop = self._crop(unit)
            self._crops[row] = None if crop is None else rgb_image(crop)
        photo = self._crops[row]
        return None if photo is None else (photo, photo.rect())
