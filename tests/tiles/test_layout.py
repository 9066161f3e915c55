from __future__ import annotations

import pytest

from deepvis_app.tiles import Tiling, layout


def size_of(count: int, columns: int, tile_px: tuple[int, int], gap: int = 1) -> tuple[int, int]:
    return Tiling(columns, count, tile_px, gap).size


@pytest.mark.parametrize("area", [(700, 900), (333, 1200), (900, 320)])
@pytest.mark.parametrize("map_size", [(13, 13), (55, 55), (1, 1), (40, 60), (224, 224)])
@pytest.mark.parametrize("count", [1, 3, 10, 64, 96, 256])
def test_all_tiles_fit_and_no_larger_ones_would(
    count: int, map_size: tuple[int, int], area: tuple[int, int]
) -> None:
    columns, tile_px = layout(count, map_size, area)
    height, width = size_of(count, columns, tile_px)
    assert height <= area[0]
    assert width <= area[1]
    times = tile_px[0] // map_size[0]
    if times and tile_px == (map_size[0] * times, map_size[1] * times):
        larger = (map_size[0] * (times + 1), map_size[1] * (times + 1))
    else:
        larger = (tile_px[0] + 2, round((tile_px[0] + 2) * map_size[1] / map_size[0]))
    for other in range(1, count + 1):  # brute force: no number of columns takes larger tiles
        height, width = size_of(count, other, larger)
        assert height > area[0] or width > area[1]


def test_shape_of_the_map_is_kept() -> None:
    _, (height, width) = layout(64, (90, 160), (700, 900))
    assert height / width == pytest.approx(9 / 16, rel=0.03)


@pytest.mark.parametrize("map_size", [(1, 1), (7, 7), (14, 14), (109, 109)])
def test_too_many_units_scroll_at_the_least_size(map_size: tuple[int, int]) -> None:
    columns, tile_px = layout(20_000, map_size, (700, 900), least_px=12)
    height, width = size_of(20_000, columns, tile_px)
    assert 12 <= max(tile_px) <= 14
    assert height > 700
    assert width <= 900 < width + tile_px[1] + 1


def test_degenerate_areas_give_something() -> None:
    assert layout(0, (13, 13), (700, 900))[0] == 1
    columns, tile_px = layout(64, (13, 13), (0, 0))
    assert columns >= 1
    assert min(tile_px) >= 1
    columns, tile_px = layout(64, (1, 197), (300, 300))
    assert min(tile_px) >= 1
