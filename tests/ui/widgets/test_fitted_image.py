"""Shrinking for the screen, against exact averages."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt6.QtCore import QSize

from deepvis_app.ui.kit.images import image_to_rgb
from deepvis_app.ui.kit.pixels import fitted_image


@pytest.mark.parametrize("shape", [(60, 80), (150, 200), (301, 403), (1080, 1440)])
@pytest.mark.parametrize("mirrored", [False, True])
def test_smooth_pictures_keep_place_and_levels(shape: tuple[int, int], mirrored: bool) -> None:
    """Ramps across and down: the level tells the place, whatever was left out on the way."""
    height, width = shape
    x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    picture = np.zeros((height, width, 3), np.uint8)
    picture[..., 0], picture[..., 1] = x[None] * 250, y[:, None] * 250
    shown = image_to_rgb(fitted_image(picture, QSize(100, 75), mirrored=mirrored)).astype(float)
    across = (np.arange(100) + 0.5) / 100 * 250
    assert shown[:, 2:-2, 0].mean(0) == pytest.approx(
        (across[::-1] if mirrored else across)[2:-2], abs=2
    )
    assert shown[2:-2, :, 1].mean(1) == pytest.approx((np.arange(75) + 0.5)[2:-2] / 75 * 250, abs=2)


def test_fine_structure_becomes_its_mean() -> None:
    board = np.indices((300, 400)).sum(0) % 2 * 200
    picture = np.repeat(board[..., None], 3, 2).astype(np.uint8)
    shown = image_to_rgb(fitted_image(picture, QSize(100, 75)))
    assert np.abs(shown.astype(int) - 100).max() <= 1


@pytest.mark.parametrize("shape", [(1, 1000), (1000, 1), (3, 900)])
def test_no_pixel_is_lost_where_one_side_alone_shrinks(shape: tuple[int, int]) -> None:
    wide, tall = (333, 40) if shape[1] > shape[0] else (40, 333)
    for place in range(0, max(shape), 71):
        picture = np.zeros((*shape, 3), np.uint8)
        picture.reshape(shape[0] * shape[1], 3)[place] = 255
        assert image_to_rgb(fitted_image(picture, QSize(wide, tall))).any(), place
