from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from deepvis_app.tiles import BACKGROUND, TOP, Scale, layout, mosaic, unit_at

UNIT_RANGE = Scale(0.0, 1.0)


def maps_of(units: int, height: int, width: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(units, height, width, generator=torch.Generator().manual_seed(seed))


def in_memory_format(maps: torch.Tensor, channels_last: bool) -> torch.Tensor:
    if not channels_last:
        return maps
    return maps.unsqueeze(0).contiguous(memory_format=torch.channels_last)[0]


@pytest.mark.parametrize("channels_last", [False, True])
def test_tiles_hold_their_units_pixel_for_pixel(channels_last: bool) -> None:
    maps = maps_of(5, 4, 6)
    drawn = mosaic(
        in_memory_format(maps, channels_last), tile_px=(4, 6), columns=3, scale=UNIT_RANGE
    )
    assert drawn.pixels.shape == (9, 20)
    for unit in range(5):
        box = drawn.tiling.rect(unit)
        tile = drawn.pixels[box.top : box.bottom, box.left : box.right]
        expected = np.floor(maps[unit].double().numpy() * TOP + 0.5)
        assert np.abs(tile.astype(float) - expected).max() <= 1
        assert unit_at(drawn, box.left, box.top) == unit
    assert (drawn.pixels[4] == BACKGROUND).all()  # the gap
    assert (drawn.pixels[5:, 14:] == BACKGROUND).all()  # the empty sixth place


def test_small_maps_are_enlarged_by_whole_nearest_pixels_in_the_middle() -> None:
    maps = torch.tensor([[[0.0, 1.0], [1.0, 0.0]]])
    drawn = mosaic(maps, tile_px=(7, 5), columns=1, scale=UNIT_RANGE)
    block = np.array([[0, TOP], [TOP, 0]]).repeat(2, 0).repeat(2, 1)
    expected = np.full((7, 5), BACKGROUND)
    expected[1:5, 0:4] = block
    assert (drawn.pixels == expected).all()


def test_maps_that_no_whole_number_fits_are_enlarged_to_fill_the_tile() -> None:
    maps = maps_of(2, 27, 27)
    drawn = mosaic(maps, tile_px=(49, 49), columns=2, scale=UNIT_RANGE)
    source = [int((i + 0.5) * 27 / 49) for i in range(49)]
    native = mosaic(maps, tile_px=(27, 27), columns=2, scale=UNIT_RANGE).pixels
    assert (drawn.pixels[:, :49] == native[source][:, source]).all()
    assert (drawn.pixels[:, 49] == BACKGROUND).all()


@pytest.mark.parametrize("map_size", [(13, 13), (27, 27), (9, 16), (55, 40)])
@pytest.mark.parametrize("count", [3, 40, 64, 200])
def test_maps_fill_the_tiles_of_the_layout(count: int, map_size: tuple[int, int]) -> None:
    columns, tile_px = layout(count, map_size, (700, 900))
    maps = torch.full((count, *map_size), 0.5)
    drawn = mosaic(maps, tile_px=tile_px, columns=columns, scale=UNIT_RANGE)
    box = drawn.tiling.rect(count - 1)
    assert (drawn.pixels[box.top : box.bottom, box.left : box.right] == TOP // 2).all()


def test_single_values_fill_their_tile() -> None:
    drawn = mosaic(torch.tensor([[[0.0]], [[1.0]]]), tile_px=(3, 5), columns=2, scale=UNIT_RANGE)
    assert (drawn.pixels[:, :5] == 0).all()
    assert (drawn.pixels[:, 5] == BACKGROUND).all()
    assert (drawn.pixels[:, 6:] == TOP).all()


def test_shrinking_by_a_whole_number_is_the_mean_of_each_area() -> None:
    maps = maps_of(3, 12, 8)
    drawn = mosaic(maps, tile_px=(6, 4), columns=3, scale=UNIT_RANGE)
    means = maps.double().numpy().reshape(3, 6, 2, 4, 2).mean((2, 4))
    for unit in range(3):
        tile = drawn.pixels[:, unit * 5 : unit * 5 + 4]
        assert np.abs(tile - means[unit] * TOP).max() <= 1


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("side", [54, 37, 30, 28, 20, 1])
def test_shrinking_is_opencvs_area_averaging(channels_last: bool, side: int) -> None:
    maps = maps_of(3, 55, 55)
    drawn = mosaic(
        in_memory_format(maps, channels_last), tile_px=(side, side), columns=3, scale=UNIT_RANGE
    )
    for unit in range(3):
        area = cv2.resize(maps[unit].numpy(), (side, side), interpolation=cv2.INTER_AREA)
        left = unit * (side + 1)
        assert np.abs(drawn.pixels[:, left : left + side] - area * TOP).max() <= 0.51


def test_a_map_of_another_shape_keeps_it_in_the_middle_of_the_tile() -> None:
    drawn = mosaic(torch.ones(1, 20, 40), tile_px=(20, 20), columns=1, scale=UNIT_RANGE)
    assert (drawn.pixels[5:15] == TOP).all()
    assert (drawn.pixels[:5] == BACKGROUND).all()
    assert (drawn.pixels[15:] == BACKGROUND).all()


def test_what_is_not_finite_is_background() -> None:
    maps = torch.tensor([[[0.0, float("nan")], [float("inf"), -float("inf")]]])
    drawn = mosaic(maps, tile_px=(2, 2), columns=1, scale=UNIT_RANGE)
    assert drawn.pixels.tolist() == [[0, BACKGROUND], [BACKGROUND, BACKGROUND]]


def test_half_precision_maps_are_drawn_too() -> None:
    maps = maps_of(2, 8, 8).half()
    drawn = mosaic(maps, tile_px=(8, 8), columns=2, scale=UNIT_RANGE)
    assert np.abs(drawn.pixels[:, :8] - maps[0].numpy() * float(TOP)).max() <= 1


def test_pixels_are_read_only() -> None:
    drawn = mosaic(maps_of(2, 3, 3), tile_px=(3, 3), columns=2, scale=UNIT_RANGE)
    with pytest.raises(ValueError, match="read-only"):
        drawn.pixels[0, 0] = 1


def test_more_columns_than_units_make_no_empty_ones() -> None:
    drawn = mosaic(maps_of(2, 3, 3), tile_px=(3, 3), columns=9, scale=UNIT_RANGE)
    assert drawn.pixels.shape == (3, 7)
