"""The yardstick is what the ancestor did, seen on pictures small enough to know by hand."""

from __future__ import annotations

import numpy as np

from deepvis_app.cli.ancestor import ancestors_mosaic


def test_two_tiles_side_by_side() -> None:
    maps = np.array([[[0.0, 1.0], [2.0, 4.0]], [[4.0, 0.0], [0.0, 0.0]]], dtype=np.float32)
    # ceil(sqrt(2)) columns of (1 + 2 + 1)-pixel cells, the last row and column of pixels cut.
    picture = ancestors_mosaic(maps, (7, 7))
    expected = np.zeros((3, 7), dtype=np.uint8)
    expected[1:3, 1:3] = [[0, 63], [127, 255]]  # truncated, as numpy does: 255 / 4 = 63.75
    expected[1:3, 5:7] = [[255, 0], [0, 0]]
    assert picture.shape == (3, 7, 3)
    for channel in range(3):
        np.testing.assert_array_equal(picture[:, :, channel], expected)


def test_zero_moves_when_the_layer_has_negative_values() -> None:
    maps = np.array([[[-1.0, 0.0], [0.5, 1.0]]], dtype=np.float32)
    np.testing.assert_array_equal(ancestors_mosaic(maps, (3, 3))[1:, 1:, 0], [[0, 127], [191, 255]])


def test_enlarged_to_the_pane_by_nearest_neighbours() -> None:
    maps = np.array([[[1.0]], [[0.0]], [[0.0]], [[0.5]]], dtype=np.float32)
    # Single values are 3 x 3 pixels: 2 x 2 cells of 5, cut to 9 x 9, then doubled.
    picture = ancestors_mosaic(maps, (19, 18))[:, :, 0]
    assert picture.shape == (18, 18)
    assert (picture[2:8, 2:8] == 255).all()
    assert (picture[12:18, 12:18] == 127).all()
    assert picture.sum() == 36 * (255 + 127)
