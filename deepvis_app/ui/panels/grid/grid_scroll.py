"""How far a grid is scrolled: arithmetic only, in device pixels."""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis_app.tiles.geometry import Tiling


class GridScroll:
    """The row at the top of the view, as a fraction, so that it outlives a change of tile size."""

    def __init__(self) -> None:
        self.tiling: Tiling | None = None  # of the whole grid, as asked for
        self.view_height = 0
        self.top_row = 0.0

    @property
    def content_height(self) -> int:
        return self.tiling.size[0] if self.tiling else 0

    @property
    def limit(self) -> int:
        """Pixels that can be scrolled; 0: everything is in view."""
        return max(0, self.content_height - self.view_height)

    @property
    def offset(self) -> int:
        """Pixels scrolled."""
        return round(self.top_row * self._pitch) if self.limit else 0

    def set_view_height(self, height: int) -> None:
        self.view_height = height
        self._clamp()

    def set_tiling(self, tiling: Tiling, anchor: tuple[int, float, float] | None) -> None:
        """Take a new geometry.

        `anchor` is (place, fraction of its row, y in the view): that point stays where it is;
        without one the place in the upper left corner does.
        """
        if anchor is not None:
            place, fraction, y = anchor
            row = place // tiling.columns + fraction
            self.tiling = tiling
            self.top_row = row - y / self._pitch
        else:
            if self.tiling is not None:
                self.top_row *= self.tiling.columns / tiling.columns
            self.tiling = tiling
        self._clamp()

    def scroll_to(self, offset: float) -> bool:
        """Scroll to so many pixels; return whether that is a change."""
        before = self.offset
        self.top_row = offset / self._pitch
        self._clamp()
        return self.offset != before

    def reveal(self, place: int) -> bool:
        """Scroll as little as shows the row of `place`; return whether that is a change."""
        if self.tiling is None or not self.limit:
            return False
        row, height = place // self.tiling.columns, self.tiling.tile_px[0]
        top = row * self._pitch
        highest, lowest = top, top + height - self.view_height
        return self.scroll_to(min(max(self.offset, lowest), highest))

    def visible(self, margin_rows: int) -> tuple[int, int]:
        """Return (first place, count) of the rows in view and some beyond."""
        if self.tiling is None or not self.tiling.count:
            return 0, 0
        first = max(0, floor(self.offset / self._pitch) - margin_rows)
        last = ceil((self.offset + self.view_height) / self._pitch) + margin_rows
        place = first * self.tiling.columns
        end = min(max(last, first + 1) * self.tiling.columns, self.tiling.count)
        return place, end - place

    @property
    def _pitch(self) -> int:
        return self.tiling.tile_px[0] + self.tiling.gap_px if self.tiling else 1

    def _clamp(self) -> None:
        self.top_row = min(max(self.top_row, 0.0), self.limit / self._pitch)
