"""Signed numbers as pictures, against the colour map and loops."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis_app.tiles.palette import palette
from deepvis_app.tiles.signed import (
    BAD,
    as_matrix,
    common_peak,
    kernel_colours,
    moved,
    signed_picture,
    strongest,
)


def test_blue_is_above_zero_and_orange_below() -> None:
    picture = signed_picture(np.array([[2.0, -2.0, 0.0, 9.0]], np.float32), 2.0)
    colours = palette("blue-orange")
    assert picture[0].tolist() == [colours[k].tolist() for k in (0, 254, 127, 0)]
    red, _, blue = picture[0, 0].tolist()
    assert blue > red
    red, _, blue = picture[0, 1].tolist()
    assert red > blue


def test_what_is_not_finite_has_a_colour_of_its_own() -> None:
    values = np.array([[np.nan, np.inf, -np.inf, 1]], np.float32)
    picture = signed_picture(values, 1.0)
    assert (picture[0, :3] == BAD).all()
    assert not (palette("blue-orange")[:255] == BAD).all(1).any()


@pytest.mark.parametrize("shape", [(7, 5), (40, 64), (100, 3), (1, 1000)])
def test_a_pixel_shows_what_is_furthest_from_zero(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    found = strongest(values, 9, 11)
    rows, columns = min(9, shape[0]), min(11, shape[1])
    assert found.shape == (rows, columns)
    for row in range(rows):
        top, bottom = row * shape[0] // rows, (row + 1) * shape[0] // rows
        for column in range(columns):
            left, right = column * shape[1] // columns, (column + 1) * shape[1] // columns
            part = values[top:bottom, left:right].ravel()
            assert found[row, column] == part[np.abs(part).argmax()]


def test_kernels_lie_side_by_side() -> None:
    weights = np.arange(2 * 3 * 2 * 2, dtype=np.float32).reshape(2, 3, 2, 2)
    flat, kernel = as_matrix(weights)
    assert flat.shape == (4, 6)
    assert kernel == (2, 2)
    for unit in range(2):
        for given in range(3):
            part = flat[2 * unit : 2 * unit + 2, 2 * given : 2 * given + 2]
            assert (part == weights[unit, given]).all()
    turned, kernel = as_matrix(weights[:, :1].repeat(5, 0))  # ten units of one input
    assert turned.shape == (2, 20)
    assert (turned[:, 2:4] == weights[0, 0]).all()
    assert as_matrix(np.ones(5, np.float32))[0].shape == (1, 5)
    assert as_matrix(np.ones((4, 5, 6), np.float32))[0].shape == (4, 30)


def test_coloured_kernels_are_grey_where_they_are_zero() -> None:
    kernels = np.zeros((2, 3, 4, 4), np.float32)
    kernels[1, 0] = 0.5
    found = kernel_colours(kernels, 0.5)
    assert found.shape == (2, 4, 4, 3)
    assert (found[0] == 128).all()
    assert (found[1] == [255, 128, 128]).all()
    grey = kernel_colours(np.full((1, 1, 2, 2), 0.5, np.float32), 0.5)
    assert (grey[0] == palette("blue-orange")[0]).all()


def test_how_far_a_unit_moved_is_relative_to_where_it_was() -> None:
    then = np.array([[3, 4], [0, 0], [1, 0]], np.float32)
    now = np.array([[3, 9], [1, 1], [1, 0]], np.float32)
    found = moved(then, now)
    assert found[0] == pytest.approx(1.0)
    assert np.isnan(found[1])
    assert found[2] == 0


def test_one_scale_leaves_out_a_few_that_are_far_off() -> None:
    usual = np.linspace(-1, 1, 10_001, dtype=np.float32)
    wild = usual.copy()
    wild[0] = 1e9
    assert common_peak([wild, usual]) == pytest.approx(1, rel=0.01)
    assert common_peak([np.zeros(5, np.float32)]) == 0
    assert common_peak([np.array([np.nan, np.inf], np.float32)]) == 0
    assert common_peak([np.eye(200, dtype=np.float32)[:1]]) > 0
