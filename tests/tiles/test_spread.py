"""Histograms over powers of two, against the numbers that were counted."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis_app.tiles.spread import outline, quantiles, shared_axis, shares, within

FIRST = -40


def counted(values: np.ndarray) -> np.ndarray:
    """Return how many values are in each power of two from 2^FIRST on."""
    exponents = np.floor(np.log2(np.abs(values))).astype(int) - FIRST
    return np.bincount(exponents, minlength=80)[:80]


@pytest.mark.parametrize("seed", range(5))
def test_quantiles_are_those_of_the_numbers_to_a_power_of_two(seed: int) -> None:
    chance = np.random.default_rng(seed)
    values = chance.normal(0, 10.0 ** chance.uniform(-6, 2), 5000)
    wanted = (0.05, 0.25, 0.5, 0.75, 0.95)
    found = quantiles(counted(values), wanted, FIRST)
    true = np.log2(np.quantile(np.abs(values), wanted))
    assert np.abs(found - true).max() < 1
    even = 2.0 ** chance.uniform(-10, 0, 200_000)  # even over the powers: then they are exact
    close = quantiles(counted(even), wanted, FIRST)
    assert np.abs(close - np.log2(np.quantile(even, wanted))).max() < 0.05


def test_quantiles_of_nothing_are_no_numbers() -> None:
    counts = np.zeros((3, 80), np.int64)
    counts[1, 7] = 1
    found = quantiles(counts, (0.5,), FIRST)
    assert np.isnan(found[[0, 2]]).all()
    assert found[1, 0] == FIRST + 7.5


def test_nothing_is_lost_beyond_the_axis() -> None:
    counts = np.arange(80)[None].repeat(2, 0)
    for axis in ((10, 30), (-3, 20), (60, 90), (-5, 85)):
        inside = within(counts, axis)
        assert inside.shape == (2, axis[1] - axis[0])
        assert (inside.sum(1) == counts.sum(1)).all()
    assert within(counts, (10, 30))[0, 1] == 11
    assert within(counts, (10, 30))[0, 0] == sum(range(11))


def test_one_axis_has_room_for_all() -> None:
    narrow, wide = np.zeros(80, np.int64), np.zeros(80, np.int64)
    narrow[40:44] = 1000
    wide[20:60] = 1000
    wide[2] = 1  # one of forty thousand does not make it twice as wide
    low, high = shared_axis([narrow, wide])
    assert (low, high) == (20, 60)
    assert shared_axis([np.zeros(80, np.int64)]) == (0, 6)
    low, high = shared_axis([narrow])
    assert high - low == 6
    assert low <= 40 < 44 <= high


def test_the_outline_passes_through_what_was_counted_and_never_beyond() -> None:
    chance = np.random.default_rng(1)
    heights = shares(chance.integers(0, 1000, (3, 20)))
    assert heights.sum(1) == pytest.approx(1)
    places, line = outline(heights)
    assert line.shape == (3, len(places))
    for middle in range(20):
        at = np.argmin(np.abs(places - (middle + 0.5)))
        assert places[at] == middle + 0.5
        assert line[:, at] == pytest.approx(heights[:, middle])
    assert line.max() == heights.max()
    assert line.min() >= 0
    assert (line[:, 0] == 0).all()
    assert (line[:, -1] == 0).all()
    assert places.min() == 0
    assert places.max() == 20
