"""What is no number is told apart from every shade, in the place where it is."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from deepvis_app.tiles import (
    BACKGROUND,
    TOP,
    Contrast,
    Scale,
    Scaling,
    coloured,
    mosaic,
    palette,
    unit_stats,
)
from deepvis_app.tiles.marks import MINUS, NAN, PLUS, array_marks, counts, marks_of
from deepvis_app.tiles.thumbs import ThumbSheet, shrunk
from deepvis_app.tiles.tracker import ContrastTracker

nan, inf = float("nan"), float("inf")


def test_each_kind_has_its_mark() -> None:
    values = [0.0, nan, inf, -inf, 3e38, -1.0]
    assert marks_of(torch.tensor(values)).tolist() == [0, NAN, PLUS, MINUS, 0, 0]
    marks = array_marks(np.array([values], np.float32))
    assert marks is not None
    assert marks.tolist() == [[0, NAN, PLUS, MINUS, 0, 0]]
    assert counts(marks) == {"NaN": 1, "∞": 1, "−∞": 1}
    assert array_marks(np.zeros((2, 2), np.float32)) is None


@pytest.mark.parametrize("is_finite", [None, False])
def test_a_mosaic_marks_the_very_pixels(is_finite: bool | None) -> None:
    maps = torch.zeros(3, 2, 2)
    maps[0, 0, 1], maps[1, 1, 0], maps[2] = nan, -inf, inf
    shown = mosaic(maps, tile_px=(4, 4), columns=3, scale=Scale(0.0, 1.0), is_finite=is_finite)
    assert shown.marks is not None
    expected = np.zeros((4, 14), np.uint8)
    expected[0:2, 2:4], expected[2:4, 5:7], expected[:, 10:14] = NAN, MINUS, PLUS
    np.testing.assert_array_equal(shown.marks, expected)
    assert (shown.pixels[expected > 0] == BACKGROUND).all()
    assert (shown.pixels[:2, :2] == 0).all()
    assert not shown.marks.flags.writeable


@pytest.mark.parametrize("largest", [1.0, 3e38])  # sums of these overflow, and they are numbers
def test_numbers_have_no_marks(largest: float) -> None:
    maps = torch.full((2, 4, 4), largest)
    assert mosaic(maps, tile_px=(4, 4), columns=2, scale=Scale(0.0, largest)).marks is None
    stats = unit_stats(maps)
    assert stats.is_finite
    assert stats.has_numbers


def test_a_thumbnail_marks_its_units() -> None:
    good, bad = torch.ones(1, 4, 8, 8), torch.ones(1, 4, 8, 8)
    bad[0, 2] = nan
    sheet = ThumbSheet()
    sheet.add("good", shrunk(good, 20))
    sheet.add("bad", shrunk(bad, 20))
    drawn = sheet.draw(ContrastTracker(), 0.0)
    assert drawn["good"].mosaic.marks is None
    shown = drawn["bad"].mosaic
    assert shown.marks is not None
    box = shown.tiling.rect(2)
    assert (shown.marks[box.top : box.bottom, box.left : box.right] == NAN).all()
    assert int((shown.marks > 0).sum()) == (box.bottom - box.top) * (box.right - box.left)


def test_numbers_beside_them_keep_their_range() -> None:
    maps = torch.arange(32.0).view(2, 4, 4)  # 0..15 and 16..31
    maps[0, 0, 0], maps[1, 3, 3] = nan, inf
    stats = unit_stats(maps)
    assert (stats.low, stats.high) == (1.0, 30.0)
    np.testing.assert_array_equal(stats.lowest, [1, 16])
    np.testing.assert_array_equal(stats.highest, [15, 30])
    assert np.isnan(stats.maxima[0])
    assert stats.maxima[1] == inf
    for scaling in Scaling:
        scale = ContrastTracker().scale("a", maps, stats, Contrast(scaling, percentile=100), 0)
        shades = scale.shades(maps)
        assert int(shades[1, 3, 2]) == TOP, scaling
        assert int(shades[0, 0, 0]) == BACKGROUND


def test_a_layer_without_numbers_leaves_the_range_alone() -> None:
    tracker, good, bad = ContrastTracker(), torch.rand(2, 4, 4), torch.full((2, 4, 4), nan)
    before = tracker.scale("a", good, unit_stats(good), Contrast(), 0.0)
    assert not unit_stats(bad).has_numbers
    tracker.scale("a", bad, unit_stats(bad), Contrast(), 0.0)
    after = tracker.scale("a", good, unit_stats(good), Contrast(), 0.0)
    assert (after.low, after.high) == (before.low, before.high)


def test_a_maps_colours_are_those_of_its_numbers() -> None:
    values = np.array([[0.0, nan, inf, -inf, 2.0]], np.float32)
    shown = coloured(values, palette("gray"), 2.0, signed=False)
    assert shown[0, :, 0].tolist() == [0, 0, 0, 0, 255]
