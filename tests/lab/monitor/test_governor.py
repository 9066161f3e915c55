"""The share of a step that is kept, in steps whose times are given."""

from __future__ import annotations

import math

import pytest

from deepvis_app.lab.monitor.governor import Governor


def run(
    governor: Governor, costs: dict[str, float], steps: int, seconds: float = 0.1, first: int = 1
) -> tuple[float, dict[str, list[int]]]:
    """Make steps; return the whole share, and when each thing was done."""
    own, done = 0.0, {name: [] for name in costs}
    for step in range(first, first + steps):
        mine = 0.0
        for name, cost in costs.items():
            if governor.is_due(name, step):
                governor.done(name, step)
                governor.spent(name, cost)
                done[name].append(step)
                mine += cost
        governor.stepped(seconds, mine, 0.0)
        governor.judge(step)
        own += mine
    return own / (steps * seconds), done


def test_what_costs_little_comes_as_often_as_was_wished() -> None:
    governor = Governor({"norms": 1, "probe": 10}, 0.05)
    _, done = run(governor, {"norms": 1e-4, "probe": 1e-2}, 100)
    assert done["norms"] == [1, *range(4, 101)]  # the first look is paid off first
    assert len(done["probe"]) == 10
    assert (governor.every("norms"), governor.every("probe")) == (1, 10)


@pytest.mark.parametrize("cost", [0.01, 0.1, 1.0, 3.0])
def test_the_share_stays_under_the_limit(cost: float) -> None:
    governor = Governor({"probe": 1, "line": 5}, 0.05)
    share, done = run(governor, {"probe": cost, "line": 3 * cost}, 40_000)
    first = 4 * cost / 4000  # each is done once before anybody knows what it takes
    assert share <= 0.05 + first
    assert len(done["probe"]) > 1
    assert len(done["line"]) > 1
    assert math.log2(governor.every("probe")).is_integer()


def test_nothing_is_done_before_what_it_is_expected_to_take_is_saved_up() -> None:
    governor = Governor({"probe": 10}, 0.05)
    governor.expect("probe", 1.0)
    share, done = run(governor, {"probe": 1.0}, 1000)
    assert done["probe"][0] == pytest.approx(268, abs=1)  # 1 s of 26.7 s, at ¾ of 5 %
    assert share <= 0.05


def test_intervals_come_back_once_steps_are_longer() -> None:
    governor = Governor({"probe": 10}, 0.05)
    run(governor, {"probe": 0.4}, 500)
    rare = governor.every("probe")
    assert rare > 10
    run(governor, {"probe": 0.4}, 500, seconds=10.0, first=501)
    assert governor.every("probe") == 10


def test_a_pause_between_epochs_is_no_long_step() -> None:
    governor = Governor({"probe": 10}, 0.05)
    for step in range(1, 64):
        governor.stepped(60.0 if step % 16 == 0 else 0.1, 0.004, 0.004)
    assert governor.expected() == pytest.approx(0.004 / 0.11875, rel=0.05)


def test_long_runs_are_looked_at_ever_more_rarely_where_nobody_asked() -> None:
    governor = Governor({"norms": 1}, 0.05, thins=True)
    _, done = run(governor, {"norms": 1e-5}, 20_000)
    assert done["norms"][:1000] == list(range(1, 1001))
    assert len(done["norms"]) < 5000
    assert done["norms"][-1] - done["norms"][-2] == 19


def test_what_is_urgent_waits_for_nothing() -> None:
    governor = Governor({"probe": 100}, 0.01)
    run(governor, {"probe": 5.0}, 50)
    assert not governor.is_due("probe", 51)
    governor.hurry("probe", 51)
    assert governor.is_due("probe", 51)
    governor.done("probe", 51)
    assert not governor.is_due("probe", 52)
