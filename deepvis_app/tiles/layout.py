"""How large tiles may be so that a layer's units use an area best."""

from __future__ import annotations

from math import ceil, floor

WHOLE_FROM = 0.75  # a whole multiple is taken when it is at least this share of what fits


def layout(
    count: int,
    map_size: tuple[int, int],
    area_px: tuple[int, int],
    *,
    gap_px: int = 1,
    least_px: int = 12,
) -> tuple[int, tuple[int, int]]:
    """Return the columns and the tile's (height, width) in pixels for `count` maps.

    The largest tile with which all fit into `area_px` (height, width). Tiles keep the shape of the
    map; enlarged ones are whole multiples of it, so that all its pixels are alike, unless that
    would waste more than a quarter of the tile's height. When that makes a tile's longer side less
    than `least_px`, tiles are that large instead and take more rows than fit: to be scrolled.
    """
    count = max(count, 1)

    def quality(columns: int) -> tuple[float, int, int]:
        rows = ceil(count / columns)
        room = [
            (area + gap_px) / n - gap_px for area, n in zip(area_px, (rows, columns), strict=True)
        ]
        scale = enlargement(min(room[0] / map_size[0], room[1] / map_size[1]))
        return scale, count - rows * columns, columns  # large tiles, then few empty ones

    columns = max(range(1, min(count, max(area_px[1], 1)) + 1), key=quality)
    tile_px = _scaled(map_size, quality(columns)[0])
    if max(tile_px) < least_px:
        wanted = least_px / max(map_size)
        tile_px = _scaled(map_size, ceil(wanted) if wanted > 1 else wanted)
        columns = (area_px[1] + gap_px) // (tile_px[1] + gap_px)
    return min(max(columns, 1), count), tile_px


def enlargement(scale: float) -> float:
    """Return by how much a map is drawn larger where `scale` times would fit."""
    if scale < 1:
        return max(scale, 0.0)
    return floor(scale) if floor(scale) >= WHOLE_FROM * scale else scale


def _scaled(map_size: tuple[int, int], scale: float) -> tuple[int, int]:
    return max(int(map_size[0] * scale), 1), max(int(map_size[1] * scale), 1)
