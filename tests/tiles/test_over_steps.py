"""Quantities over steps as columns, against sums made one column at a time."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis_app.tiles.over_steps import (
    ABSENT,
    BAD,
    NUMBER,
    even_shades,
    gathered,
    kinds_of,
    log_range,
    log_shades,
)
from deepvis_app.tiles.shades import BACKGROUND, TOP


def brute(steps: np.ndarray, values: np.ndarray, span: tuple[float, float], width: int) -> list:
    """Return the values of each column by looking at every step; () where it has none."""
    pitch = (span[1] - span[0]) / width
    found = []
    for column in range(width):
        left, right = span[0] + column * pitch, span[0] + (column + 1) * pitch
        found.append([v for s, v in zip(steps, values, strict=True) if left <= s < right])
    return found


@pytest.mark.parametrize("seed", range(6))
def test_a_column_shows_the_largest_of_its_steps_or_the_last_before(seed: int) -> None:
    chance = np.random.default_rng(seed)
    steps = np.unique(chance.integers(0, 5000, 300))
    values = chance.lognormal(size=(len(steps), 3)).astype(np.float32)
    width = int(chance.integers(20, 400))
    columns = gathered(steps, values, kinds_of(values), width)
    assert columns.values.shape == (3, width)
    for layer in range(3):
        last = values[0, layer]
        for column, inside in enumerate(brute(steps, values[:, layer], columns.span, width)):
            assert columns.values[layer, column] == (max(inside) if inside else last)
            last = inside[-1] if inside else last
    rows = columns.rows
    assert (rows[:, 1] > rows[:, 0]).all()
    shown = {row for first, end in rows for row in range(first, end)}
    assert shown == set(range(len(steps)))  # no step is lost


def test_one_bad_step_of_many_is_seen() -> None:
    steps = np.arange(10_000)
    values = np.ones((10_000, 2), np.float32)
    values[4321, 1] = np.inf
    columns = gathered(steps, values, kinds_of(values), 100)
    assert (columns.kinds == BAD).sum() == 1
    assert columns.kinds[1, columns.column_of(4321)] == BAD
    assert log_shades(columns, 0.1, 10)[1, columns.column_of(4321)] == BACKGROUND


def test_not_measured_is_not_bad_unless_somebody_counted_so() -> None:
    values = np.array([[np.nan, 1], [2, np.nan], [np.nan, np.nan]], np.float32)
    counts = np.array([[np.nan, 0], [0, 3], [np.nan, np.nan]], np.float32)
    assert kinds_of(values, counts).tolist() == [[ABSENT, NUMBER], [NUMBER, BAD], [ABSENT, ABSENT]]
    assert kinds_of(values)[2].tolist() == [BAD, BAD]


def test_what_was_not_measured_goes_on_with_what_was_before() -> None:
    values = np.array([[np.nan], [5], [np.nan], [np.nan], [7]], np.float32)
    kinds = kinds_of(values, np.zeros_like(values))
    columns = gathered(np.arange(5), values, kinds, 5)
    assert columns.kinds[0].tolist() == [ABSENT, NUMBER, NUMBER, NUMBER, NUMBER]
    assert columns.values[0].tolist() == [0, 5, 5, 5, 7]


def test_shades_lie_evenly_over_ratios_or_differences() -> None:
    values = np.array([[0.01], [0.1], [1], [10], [0]], np.float32)
    columns = gathered(np.arange(5), values, kinds_of(values), 5)
    assert log_shades(columns, 0.01, 10)[0].tolist() == [0, 85, 169, TOP, 0]
    assert even_shades(columns, 0, 10)[0].tolist() == [0, 3, 25, TOP, 0]


def test_the_last_that_was_measured_goes_on_to_the_end() -> None:
    values = np.array([[1], [2], [3]], np.float32)
    columns = gathered(np.array([0, 1, 50]), values, kinds_of(values), 10, last=99)
    assert columns.span == (0, 100)
    assert columns.values[0].tolist() == [2, 2, 2, 2, 2, 3, 3, 3, 3, 3]
    assert gathered(np.array([0, 1, 50]), values, kinds_of(values), 10, last=7).span == (0, 51)


def test_a_step_is_found_in_the_column_that_stands_for_it() -> None:
    steps = np.arange(0, 1000, 7)
    values = steps[:, None].astype(np.float32)
    columns = gathered(steps, values, kinds_of(values), 61)
    for row, step in enumerate(steps):
        first, end = columns.rows[columns.column_of(float(step))]
        assert first <= row < end


def test_one_wild_value_does_not_take_all_colours() -> None:
    values = np.concatenate([np.full(1000, 1e-3), [1e-30], [1.0], [np.inf, np.nan]])
    low, high = log_range(values.astype(np.float32))
    assert (low, high) == (pytest.approx(1e-3), 1.0)
    assert log_range(np.zeros(3, np.float32)) == (1e-3, 1.0)
    assert log_range(np.ones(3, np.float32)) == (0.5, 2.0)


def test_without_a_step_it_says_so() -> None:
    empty = np.zeros((0, 2), np.float32)
    with pytest.raises(ValueError, match="no steps"):
        gathered(np.zeros(0, np.int64), empty, kinds_of(empty), 10)
