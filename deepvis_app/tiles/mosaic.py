"""All units of a layer in one picture, built on the device at the size it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import torch

from deepvis_app.tiles.area import averaged
from deepvis_app.tiles.contrast import all_finite
from deepvis_app.tiles.geometry import Tiling
from deepvis_app.tiles.layout import enlargement
from deepvis_app.tiles.marks import marks_of
from deepvis_app.tiles.shades import BACKGROUND

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.tiles.contrast import Scale
    from deepvis_app.tiles.pictures import PictureMosaic


@dataclass(frozen=True, slots=True, eq=False)
class Mosaic:
    """A picture of tiles: uint8 palette indices (height, width), row-major, read-only.

    One pixel is one pixel of the screen. Indices 0..254 are shades, 255 is what carries no
    activation: gaps, empty tiles, NaN and infinity. `marks` (height, width) tells the last two
    apart, see `marks.py`; None where all activations are finite.
    """

    pixels: NDArray[np.uint8]
    tile_px: tuple[int, int]  # (height, width) of a tile
    gap_px: int
    columns: int
    count: int  # tiles that hold a unit
    marks: NDArray[np.uint8] | None = None

    @property
    def tiling(self) -> Tiling:
        """Where each tile lies in `pixels`."""
        return Tiling(self.columns, self.count, self.tile_px, self.gap_px)


def mosaic(
    maps: Tensor,
    *,
    tile_px: tuple[int, int],
    columns: int,
    scale: Scale,
    gap_px: int = 1,
    is_finite: bool | None = None,
) -> Mosaic:
    """Lay maps (C, h, w) out as tiles, row-major, on their device; only the finished bytes move.

    Maps larger than a tile are averaged by area, smaller ones are enlarged with nearest neighbours,
    as `layout` does by a whole number where that fills the tile; both keep their shape and stand
    centred in it. Single values (1, 1) fill it. Averaging comes before scaling to shades: the work
    after it is that of the screen. `is_finite`: whether all maps are, where that is known.
    """
    tiling = Tiling(columns, len(maps), tile_px, gap_px)
    small = shrink(maps, tile_px)
    is_finite = all_finite(small) if is_finite is None else is_finite
    shades = scale.shades(small, is_finite=is_finite)
    pixels = assemble(shades.unsqueeze(0), tiling)[0].cpu().numpy()
    pixels.setflags(write=False)
    marks = None if is_finite else assemble_marks(small.unsqueeze(0), tiling)[0]
    return Mosaic(pixels, tile_px, gap_px, columns, len(maps), marks)


def assemble_marks(values: Tensor, tiling: Tiling) -> list[NDArray[np.uint8] | None]:
    """Lay out what is not finite of values (L, C, h, w) as L mosaics of marks; None: all is."""
    laid = assemble(marks_of(values), tiling)
    found = laid.masked_fill_(laid == BACKGROUND, 0).cpu().numpy()
    found.setflags(write=False)
    return [marks if marks.any() else None for marks in found]


def shrink(maps: Tensor, tile_px: tuple[int, int]) -> Tensor:
    """Average maps (C, h, w) by area until they fit into a tile, keeping their shape."""
    size = maps.shape[1], maps.shape[2]
    factor = min(tile_px[0] / size[0], tile_px[1] / size[1])
    if factor >= 1:
        return maps.float()
    fitted = max(round(size[0] * factor), 1), max(round(size[1] * factor), 1)
    return averaged(maps.unsqueeze(0), fitted)[0]


def assemble(shades: Tensor, tiling: Tiling) -> Tensor:
    """Lay shades (L, C, h, w) of L layers out as L mosaics (L, height, width), uint8.

    Columns of pixels are repeated while units are still innermost in memory, rows at the very end:
    both copy long runs of bytes, and the reordering between them works on as little as it can.
    """
    layers, count, height, width = shades.shape
    tile, gap, rows, columns = tiling.tile_px, tiling.gap_px, tiling.rows, tiling.columns
    columns = min(columns, count)
    tall, wide = _shown_size((height, width), tile)
    if wide != width:
        last = shades.permute(0, 2, 3, 1).contiguous()
        last = last.index_select(2, _nearest(width, wide, shades.device))
        shades = last.permute(0, 3, 1, 2)
    bands = shades.new_full((layers, rows * height + 1, columns * (tile[1] + gap)), BACKGROUND)
    cells = bands[:, :-1].view(layers, rows, height, columns, tile[1] + gap)
    left = (tile[1] - wide) // 2
    cells = cells[..., left : left + wide]
    full, rest = divmod(count, columns)
    tiles = shades[:, : full * columns].reshape(layers, full, columns, height, wide)
    cells[:, :full] = tiles.transpose(2, 3)
    if rest:
        cells[:, full, :, :rest] = shades[:, full * columns :].transpose(1, 2)
    lines = _lines(rows, height, tall, tile[0], gap, shades.device)
    return bands[:, :, : tiling.size[1]].index_select(1, lines)


def _shown_size(map_size: tuple[int, int], tile_px: tuple[int, int]) -> tuple[int, int]:
    if map_size == (1, 1):
        return tile_px
    scale = enlargement(min(tile_px[0] / map_size[0], tile_px[1] / map_size[1]))
    return max(round(map_size[0] * scale), 1), max(round(map_size[1] * scale), 1)


@lru_cache(maxsize=256)
def _nearest(size: int, wanted: int, device: torch.device) -> Tensor:
    """Return for each of `wanted` pixels the one of `size` that its middle lies in."""
    return (2 * torch.arange(wanted, device=device) + 1) * size // (2 * wanted)


@lru_cache(maxsize=256)
def _lines(
    rows: int, height: int, tall: int, tile_height: int, gap: int, device: torch.device
) -> Tensor:
    """Return for each line of a mosaic the band line that it shows; the last one is empty."""
    empty = rows * height
    lines = torch.full((rows, tile_height + gap), empty, device=device)
    top = (tile_height - tall) // 2
    starts = height * torch.arange(rows, device=device)
    lines[:, top : top + tall] = _nearest(height, tall, device) + starts[:, None]
    return lines.flatten()[: lines.numel() - gap]


def unit_at(mosaic: Mosaic | PictureMosaic, x: float, y: float) -> int | None:
    """Return the tile under the pixel (x right, y down) of a mosaic; None on a gap or outside."""
    return mosaic.tiling.index_at(x, y)
