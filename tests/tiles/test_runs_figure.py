"""Trainings as one picture: curves where their values are, names that can be read."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis_app.tiles.runs_figure import (
    COLOURS,
    HEAD_PX,
    LEFT_PX,
    PANEL_PX,
    RunLines,
    _apart,
    _dashes,
    _from,
    runs_figure,
)

STEPS = np.arange(0, 101, 10)


def run(name: str = "a", accuracy: float = 0.5, loss: float = 1.0, **spreads) -> RunLines:
    flat = np.full(len(STEPS), 1.0)
    return RunLines(name, STEPS, accuracy * flat, loss * flat, 2 * loss * flat, spreads)


def near(pixels: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return np.abs(pixels.astype(int) - colour).max(-1) < 40


@pytest.mark.parametrize("accuracy", [0.1, 0.5, 0.9])
def test_a_curve_is_at_its_height(accuracy: float) -> None:
    picture = runs_figure([run(accuracy=accuracy)])
    column = picture[HEAD_PX : HEAD_PX + PANEL_PX[1], LEFT_PX + PANEL_PX[0] // 3]
    found = np.flatnonzero(near(column, COLOURS[0]))
    assert found.mean() == pytest.approx((1 - accuracy) * PANEL_PX[1], abs=1.5)


def test_every_run_has_a_colour_of_its_own() -> None:
    picture = runs_figure([run("a", 0.2), run("b", 0.8)])
    assert near(picture, COLOURS[0]).sum() > 200
    assert near(picture, COLOURS[1]).sum() > 200
    assert not near(picture, COLOURS[2]).any()


def test_a_gap_is_that_of_the_last_step_that_has_both() -> None:
    steps, nan = np.arange(3), np.nan
    one = RunLines("a", steps, np.zeros(3), np.array([1, 0.5, 0.1]), np.array([1, 0.75, nan]))
    assert one.gap == pytest.approx(0.25)
    assert np.isnan(RunLines("a", steps, *[np.full(3, nan)] * 3).gap)


def test_what_is_not_known_or_not_a_number_is_left_out() -> None:
    nothing = np.full(len(STEPS), np.nan)
    worst = RunLines("b", STEPS, nothing, np.full(len(STEPS), np.inf), nothing)
    for runs in ([worst], [run(), worst], [RunLines("c", STEPS[:0], *[nothing[:0]] * 3)]):
        picture = runs_figure(runs, "title")
        assert picture.dtype == np.uint8
        assert picture.std() > 0


def test_names_keep_their_order_and_room() -> None:
    for seed in range(50):
        heights = np.sort(np.random.default_rng(seed).uniform(-20, 320, 12)).tolist()
        found = _apart(heights, 18.0, 0.0, 300.0)
        assert np.diff(found).min() >= 18.0 - 1e-9
        assert min(found) >= 0
        assert max(found) <= 300.0
    assert _apart([10.0, 100.0], 18.0, 0.0, 300.0) == [10.0, 100.0]


def test_counts_below_what_is_shown_are_told_at_the_edge() -> None:
    counts = np.array([5, 4, 3, 2, 1])
    assert _from(-10, -12, counts).tolist() == [5 + 4 + 3, 2, 1]
    assert _from(-14, -12, counts).tolist() == [0, 0, 5, 4, 3, 2, 1]
    assert _from(0, -12, counts).tolist() == [15]


def test_dashes_cover_half_of_the_way() -> None:
    line = np.array([[0.0, 0.0], [30.0, 40.0], [30.0, 140.0]])  # 50 and 100 long
    pieces = _dashes(line)
    lengths = [np.hypot(*np.diff(piece, axis=0).T).sum() for piece in pieces]
    assert len(pieces) == 15
    assert sum(lengths) == pytest.approx(75)
