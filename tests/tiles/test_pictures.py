"""Pictures as tiles: what lies where, pixel by pixel."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from deepvis_app.tiles import fit_picture, picture_mosaic, unit_at


def plain(shade: int, size: tuple[int, int] = (4, 4)) -> np.ndarray:
    return np.full((*size, 3), shade, np.uint8)


def test_every_picture_lies_in_its_tile_and_gaps_are_transparent() -> None:
    made = picture_mosaic([plain(i + 1) for i in range(5)], tile_px=(4, 4), columns=3)
    assert made.pixels.shape == (9, 14, 4)
    for index in range(5):
        box = made.tiling.rect(index)
        part = made.pixels[box.top : box.bottom, box.left : box.right]
        assert_array_equal(part, np.broadcast_to([index + 1] * 3 + [255], (4, 4, 4)))
    assert int((made.pixels[..., 3] == 255).sum()) == 5 * 16
    assert made.missing == ()


def test_a_missing_picture_leaves_its_tile_empty_and_is_told() -> None:
    made = picture_mosaic([plain(9), None, plain(9)], tile_px=(4, 4), columns=3)
    assert made.missing == (1,)
    assert not made.pixels[:, 5:9].any()
    assert unit_at(made, 6, 1) == 1  # it can be picked all the same
    assert unit_at(made, 4, 1) is None


def test_shrinking_averages_by_area() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (6, 6, 3), np.uint8)
    blocks = picture.reshape(2, 3, 2, 3, 3).astype(float).mean((1, 3)).round()
    assert_array_equal(fit_picture(picture, (2, 2)), blocks.astype(np.uint8))
    assert fit_picture(picture, (6, 6)) is picture
    exact = cv2.resize(picture.astype(np.float32), (4, 4), interpolation=cv2.INTER_AREA)
    assert np.abs(fit_picture(picture, (4, 4)) - exact).max() <= 0.501


def test_enlarging_repeats_pixels() -> None:
    picture = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert_array_equal(fit_picture(picture, (6, 6)), picture.repeat(3, 0).repeat(3, 1))


@pytest.mark.parametrize("size", [(2, 8), (8, 2)])
def test_a_picture_keeps_its_shape_and_stands_in_the_middle(size: tuple[int, int]) -> None:
    made = picture_mosaic([plain(7, size)], tile_px=(8, 8), columns=1)
    rows, columns = np.nonzero(made.pixels[..., 3])
    assert (np.ptp(rows) + 1, np.ptp(columns) + 1) == size
    assert {rows.min() + rows.max(), columns.min() + columns.max()} == {7}


def test_no_pictures_make_an_empty_mosaic() -> None:
    made = picture_mosaic([], tile_px=(4, 4), columns=3)
    assert made.pixels.shape == (0, 0, 4)
    assert made.count == 0
