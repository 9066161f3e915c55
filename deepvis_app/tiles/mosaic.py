"""All units of a layer in one picture, built on the device at the size it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch.nn import functional

from deepvis_app.tiles.geometry import Tiling
from deepvis_app.tiles.shades import BACKGROUND

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.tiles.contrast import Scale


@dataclass(frozen=True, slots=True, eq=False)
class Mosaic:
    """A picture of tiles: uint8 palette indices (height, width), row-major, read-only.

    One pixel is one pixel of the screen. Indices 0..254 are shades, 255 is what carries no
    activation: gaps, empty tiles, NaN and infinity.
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


def mosaic(
    maps: Tensor, *, tile_px: tuple[int, int], columns: int, scale: Scale, gap_px: int = 1
) -> Mosaic:
    """Lay maps (C, h, w) out as tiles, row-major, on their device; only the finished bytes move.

    Maps larger than a tile are averaged by area, smaller ones are enlarged by a whole number with
    nearest neighbours; both keep their shape and stand centred in the tile. Single values (1, 1)
    fill it. Averaging comes before scaling to shades: the work after it is that of the screen.
    """
    tiling = Tiling(columns, len(maps), tile_px, gap_px)
    shades = scale.shades(shrink(maps, tile_px))
    pixels = assemble(shades.unsqueeze(0), tiling)[0].cpu().numpy()
    pixels.setflags(write=False)
    return Mosaic(pixels, tile_px, gap_px, columns, len(maps))


def shrink(maps: Tensor, tile_px: tuple[int, int]) -> Tensor:
    """Average maps (C, h, w) by area until they fit into a tile, keeping their shape."""
    size = maps.shape[1], maps.shape[2]
    factor = min(tile_px[0] / size[0], tile_px[1] / size[1])
    if factor >= 1:
        return maps.float()
    fitted = max(round(size[0] * factor), 1), max(round(size[1] * factor), 1)
    last = maps.permute(1, 2, 0).contiguous().unsqueeze(0)  # pooling is 20 times as fast so
    return functional.adaptive_avg_pool2d(last.permute(0, 3, 1, 2), fitted)[0].float()


def assemble(shades: Tensor, tiling: Tiling) -> Tensor:
    """Lay shades (L, C, h, w) of L layers out as L mosaics (L, height, width), uint8."""
    layers, count = shades.shape[:2]
    height, width = tiling.tile_px
    gap, rows, columns = tiling.gap_px, tiling.rows, min(tiling.columns, count)
    enlarged = _enlarge(shades, tiling.tile_px)
    top, left = (height - enlarged.shape[2]) // 2, (width - enlarged.shape[3]) // 2
    cells = shades.new_full((layers, rows, height + gap, columns, width + gap), BACKGROUND)
    inner = cells[
        :, :, top : top + enlarged.shape[2], :, left : left + enlarged.shape[3]
    ]  # (L, rows, h, columns, w)
    full, rest = divmod(count, columns)
    tiles = enlarged[:, : full * columns].reshape(layers, full, columns, *enlarged.shape[2:])
    inner[:, :full] = tiles.transpose(2, 3)
    if rest:
        inner[:, full, :, :rest] = enlarged[:, full * columns :].transpose(1, 2)
    picture = cells.view(layers, rows * (height + gap), columns * (width + gap))
    return picture[:, : tiling.size[0], : tiling.size[1]].contiguous()


def _enlarge(shades: Tensor, tile_px: tuple[int, int]) -> Tensor:
    height, width = shades.shape[2:]
    down, across = tile_px[0] // height, tile_px[1] // width
    if height * width > 1:
        down = across = min(down, across)
    if down <= 1 and across <= 1:
        return shades
    return shades.repeat_interleave(down, 2).repeat_interleave(across, 3)


def unit_at(mosaic: Mosaic, x: float, y: float) -> int | None:
    """Return the tile under the pixel (x right, y down) of a mosaic; None on a gap or outside."""
    return mosaic.tiling.index_at(x, y)
