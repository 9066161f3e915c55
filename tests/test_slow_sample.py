"""The sample of the slow tests: within its time, repeatable, and everybody's turn in the end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Sample = Callable[[Sequence[tuple[str, float]], float, int], set[str]]

TESTS = [
    *((f"zoo.py::test_taps[{number}]", 5.0) for number in range(40)),
    ("jobs.py::test_killed", 60.0),
    ("captum.py::test_agrees[a]", 10.0),
    ("captum.py::test_agrees[b]", 10.0),
]


@pytest.fixture
def sample(pytestconfig: pytest.Config) -> Sample:
    plugin = pytestconfig.pluginmanager.get_plugin(str(Path(__file__).with_name("conftest.py")))
    assert plugin is not None
    chosen: Sample = plugin.slow_sample
    return chosen


def test_a_sample_keeps_to_its_time_and_can_be_repeated(sample: Sample) -> None:
    costs = dict(TESTS)
    for seed in range(50):
        chosen = sample(TESTS, 90.0, seed)
        assert 80 <= sum(costs[name] for name in chosen) <= 90
        assert chosen == sample(TESTS[::-1], 90.0, seed)


def test_each_function_gets_its_turn_first(sample: Sample) -> None:
    for seed in range(50):
        functions = {name.partition("[")[0] for name in sample(TESTS, 75.0, seed)}
        assert functions == {"zoo.py::test_taps", "jobs.py::test_killed", "captum.py::test_agrees"}


def test_all_are_run_in_time(sample: Sample) -> None:
    run = set().union(*(sample(TESTS, 90.0, seed) for seed in range(739_000, 739_200)))
    assert run == {name for name, _ in TESTS}
