from __future__ import annotations

import numpy as np
import pytest

from deepvis_app.tiles import coloured, only_active, palette


def test_colours_run_from_zero_to_the_peak() -> None:
    table = palette("magma")
    values = np.array([[-1.0, 0.0], [2.0, 4.0]], np.float32)
    shown = coloured(values, table, peak=4.0, signed=False)
    assert shown.tolist() == table[[[0, 0], [127, 254]]].tolist()


def test_signed_colours_keep_zero_in_the_middle() -> None:
    table = palette("blue-orange")
    shown = coloured(np.array([[-3.0, 0.0, 3.0, 9.0]], np.float32), table, 3.0, signed=True)
    assert shown[0].tolist() == table[[0, 127, 254, 254]].tolist()


def test_a_silent_or_broken_map_has_the_lowest_colour() -> None:
    table = palette("magma")
    shown = coloured(np.array([[0.0, np.nan]], np.float32), table, 0.0, signed=False)
    assert (shown == table[0]).all()


def test_the_picture_stays_where_the_unit_is_active() -> None:
    picture = np.full((8, 8, 3), 200, np.uint8)
    values = np.zeros((2, 2), np.float32)
    values[0, 0] = 5.0
    shown = only_active(picture, values, (0, 0, 8, 8), peak=5.0, strength=1.0)
    assert shown[0, 0].tolist() == [200] * 3
    assert shown[7, 7].tolist() == [30] * 3  # 15 % is left
    assert (only_active(picture, values, (0, 0, 8, 8), 5.0, 0.0) == picture).all()


@pytest.mark.parametrize("corner", [(0, 0), (4, 4)])
def test_the_map_lies_over_its_box(corner: tuple[int, int]) -> None:
    picture = np.full((8, 8, 3), 100, np.uint8)
    values = np.array([[1.0, 0.0]], np.float32)  # active on the left half of the box
    top, left = corner
    shown = only_active(picture, values, (top, left, top + 4, left + 4), 1.0, 1.0)
    assert shown[top, left, 0] == 100
    assert shown[top, left + 3, 0] == 15
