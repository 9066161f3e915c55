"""Pictures in colour, one a unit, laid out as the mosaic of a layer's maps is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app.tiles.area import averaged
from deepvis_app.tiles.geometry import Tiling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class PictureMosaic:
    """Pictures side by side: uint8 RGBA (height, width, 4), row-major, read-only.

    Alpha is 255 where there is a picture and 0 elsewhere: gaps, and tiles without a picture, whose
    numbers are in `missing`.
    """

    pixels: NDArray[np.uint8]
    tile_px: tuple[int, int]  # (height, width) of a tile
    gap_px: int
    columns: int
    count: int
    missing: tuple[int, ...] = ()

    @property
    def tiling(self) -> Tiling:
        """Where each tile lies in `pixels`."""
        return Tiling(self.columns, self.count, self.tile_px, self.gap_px)


def picture_mosaic(
    pictures: Sequence[NDArray[np.uint8] | None],
    *,
    tile_px: tuple[int, int],
    columns: int,
    gap_px: int = 1,
) -> PictureMosaic:
    """Lay pictures (H, W, 3) out as tiles, row-major; None leaves its tile empty.

    Larger pictures are averaged by area, smaller ones are enlarged with nearest neighbours; they
    keep their shape and stand centred in their tiles.
    """
    tiling = Tiling(columns, len(pictures), tile_px, gap_px)
    pixels = np.zeros((*tiling.size, 4), np.uint8)
    missing = []
    for index, picture in enumerate(pictures):
        if picture is None:
            missing.append(index)
            continue
        fitted = fit_picture(picture, tile_px)
        box = tiling.rect(index)
        top = box.top + (tile_px[0] - fitted.shape[0]) // 2
        left = box.left + (tile_px[1] - fitted.shape[1]) // 2
        part = pixels[top : top + fitted.shape[0], left : left + fitted.shape[1]]
        part[..., :3] = fitted
        part[..., 3] = 255
    pixels.setflags(write=False)
    return PictureMosaic(pixels, tile_px, gap_px, columns, len(pictures), tuple(missing))


def fit_picture(picture: NDArray[np.uint8], tile_px: tuple[int, int]) -> NDArray[np.uint8]:
    """Return `picture` (H, W, 3) as large as fits into (height, width), keeping its shape."""
    height, width = picture.shape[:2]
    factor = min(tile_px[0] / height, tile_px[1] / width)
    size = max(round(height * factor), 1), max(round(width * factor), 1)
    if size == (height, width):
        return picture
    if factor > 1:
        rows, columns = (
            (2 * np.arange(wanted) + 1) * there // (2 * wanted)
            for wanted, there in zip(size, (height, width), strict=True)
        )
        enlarged: NDArray[np.uint8] = picture[rows[:, None], columns[None, :]]
        return enlarged
    maps = torch.tensor(picture).permute(2, 0, 1).unsqueeze(0).float()
    small = averaged(maps, size)[0].permute(1, 2, 0)
    fitted: NDArray[np.uint8] = small.round_().to(torch.uint8).numpy()
    return fitted
