"""The time left is steady, however unsteady the steps are."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from deepvis_app.engine.jobs.pace import LONGEST_GAP_S, Remaining

STEPS, STEADY = 400, 24  # from so many steps on it is steady


def noisy(seed: int) -> list[float]:
    """Steps of a tenth of a second, half as long to twice as long; every ninth takes a second."""
    chance = random.Random(seed)
    return [1.0 if step % 9 == 8 else 0.1 * 2 ** chance.uniform(-1, 1) for step in range(STEPS)]


def told(durations: list[float]) -> list[float]:
    """Return after each step the seconds of one more, as they are told."""
    remaining, now_s, found = Remaining(), 0.0, []
    remaining.step(now_s, 1)
    for seconds in durations:
        now_s += seconds
        remaining.step(now_s, 1)
        found.append(remaining.seconds(1))
    return found


@pytest.mark.parametrize("seed", range(20))
def test_one_step_moves_the_time_left_by_a_twelfth_at_most(seed) -> None:
    found = told(noisy(seed))[STEADY:]
    assert max(abs(new / old - 1) for old, new in pairwise(found)) < 1 / 12
    assert all(0.07 < each < 0.16 for each in found)


def test_a_lasting_change_is_followed() -> None:
    found = told([0.1] * 100 + [0.4] * 100)
    assert found[99] == pytest.approx(0.1)
    assert found[-1] == pytest.approx(0.4)


def test_a_rest_is_no_step_and_what_does_not_advance_is_none() -> None:
    remaining = Remaining()
    for now_s in (0.0, 0.1, 0.2):
        remaining.step(now_s, 1)
    remaining.step(0.25, 0)
    remaining.step(0.3 + 2 * LONGEST_GAP_S, 1)
    remaining.step(0.6 + 2 * LONGEST_GAP_S, 3)  # three at a time
    assert remaining.seconds(10) == pytest.approx(1.0)


def test_before_the_second_step_nothing_is_known() -> None:
    remaining = Remaining()
    remaining.step(3.0, 1)
    assert remaining.seconds(10) is None
