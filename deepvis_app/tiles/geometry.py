"""Where the tiles of a mosaic lie, in pixels of the mosaic, which are pixels of the screen."""

from __future__ import annotations

from dataclasses import dataclass

from deepvis_app.nets.layers import Box


@dataclass(frozen=True, slots=True)
class Tiling:
    """`count` tiles of `tile_px` (height, width), row-major, `gap_px` apart, no outer border."""

    columns: int
    count: int
    tile_px: tuple[int, int]
    gap_px: int = 1

    @property
    def rows(self) -> int:
        return -(-self.count // self.columns)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the whole; (0, 0) without tiles."""
        if not self.count:
            return 0, 0
        (height, width), gap = self.tile_px, self.gap_px
        columns = min(self.columns, self.count)
        return self.rows * (height + gap) - gap, columns * (width + gap) - gap

    def rect(self, index: int) -> Box:
        """Pixels of tile `index`, without its gaps."""
        row, column = divmod(index, self.columns)
        height, width = self.tile_px
        top, left = row * (height + self.gap_px), column * (width + self.gap_px)
        return Box(top, left, top + height, left + width)

    def index_at(self, x: float, y: float) -> int | None:
        """Tile under the pixel (x right, y down); None on a gap or outside."""
        if x < 0 or y < 0:
            return None
        height, width = self.tile_px
        row, y_in = divmod(int(y), height + self.gap_px)
        column, x_in = divmod(int(x), width + self.gap_px)
        index = row * self.columns + column
        inside = y_in < height and x_in < width and column < self.columns and index < self.count
        return index if inside else None
