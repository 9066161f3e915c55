"""Arrays stretched and halved for the screen, against sums by hand."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from PyQt6.QtCore import QRect, QRectF

from deepvis_app.ui.kit.pixels import Halves, stretched

RAMP = np.array([[0, 100, 200]], np.uint8)[..., None].repeat(3, 2)


@pytest.mark.parametrize(
    ("area", "part"),
    [
        ((0, 0, 30, 4), (0, 0, 30, 4)),
        ((-4.5, -1, 39.25, 6), (0, 0, 30, 4)),  # more than is seen
        ((3, 0, 20, 4), (0, 0, 30, 4)),  # less: its edges go on
        ((-50, 0, 200, 4), (10, 1, 15, 2)),  # enlarged
    ],
)
@pytest.mark.parametrize("smooth", [False, True])
def test_levels_are_those_of_the_place(
    area: tuple[float, ...], part: tuple[int, ...], smooth: bool
) -> None:
    """A pixel's middle lies at a share of the area: between two middles, or in one pixel."""
    left, _, wide, _ = area
    middles = (np.arange(part[2]) + part[0] + 0.5 - left) / wide * 3
    shown = stretched(RAMP, QRectF(*area), QRect(*part), smooth=smooth)
    assert shown.shape == (part[3], part[2], 3)
    if smooth:
        expected = np.interp(middles - 0.5, [0, 1, 2], [0, 100, 200])
        assert shown[1, :, 0] == pytest.approx(expected, abs=2)
    else:
        inner = np.abs(middles - np.rint(middles)) > 0.02  # between two pixels either is right
        found = RAMP[0, middles.astype(int).clip(0, 2), 0]
        assert shown[1, inner, 0].tolist() == found[inner].tolist()


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ((30, 40), (30, 40)), ((31, 40), (60, 80)), ((16, 21), (30, 40)), ((200, 300), None),
        ((60.0, 80.0), (60, 80)), ((59.9, 80), (60, 80)), ((61, 80), None),
        ((15, 20), None),  # some pixels are left out instead: see `fitted_image`
    ],
)  # fmt: skip
def test_a_picture_is_halved_while_it_stays_large_enough(
    shown: tuple[float, float], expected: tuple[int, int] | None
) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
    halved = Halves().fitting(picture, shown[1], shown[0])
    if expected is None:
        assert halved is picture
        return
    side = 120 // expected[0]
    means = picture.reshape(expected[0], side, expected[1], side, 3).mean((1, 3))
    assert np.abs(halved - means).max() <= side / 2


def test_halves_are_made_once_and_go_with_their_picture() -> None:
    halves = Halves()
    first, second = (np.full((64, 64, 3), level, np.uint8) for level in (10, 20))
    small = halves.fitting(first, 16, 16)
    assert halves.fitting(first, 16, 16) is small
    assert halves.fitting(second, 16, 16)[0, 0, 0] == 20
    assert halves.fitting(first, 16, 16)[0, 0, 0] == 10
    del first
    gc.collect()
    assert not halves._halves
