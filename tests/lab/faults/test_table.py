from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from deepvis_app.lab.diagnoses import diagnose
from deepvis_app.lab.faults.cutting import until
from deepvis_app.lab.faults.healthy import healthy
from deepvis_app.lab.faults.kinds import FAULTS, faulty
from deepvis_app.lab.faults.table import (
    HEALTHY_SEEDS,
    NAMES,
    SEEDS,
    Outcome,
    cases,
    figures,
    outcome,
)
from deepvis_app.wilson import wilson
from tests.lab.diagnoses.made import STEPS, made


@pytest.mark.parametrize(("hits", "trials"), [(36, 36), (0, 73), (7, 20), (1, 2), (95, 100)])
def test_wilsons_bounds_are_where_the_share_is_just_possible(hits: int, trials: int) -> None:
    low, high = wilson(hits, trials)
    for bound, is_end in ((low, hits == 0), (high, hits == trials)):
        deviation = math.sqrt(bound * (1 - bound) / trials)
        expected = 0 if is_end else 1.959964 * deviation
        assert abs(hits / trials - bound) == pytest.approx(expected, abs=1e-9)


def test_wilsons_bounds_as_the_design_has_them() -> None:
    assert wilson(36, 36)[0] > 0.90
    assert wilson(0, 73)[1] < 0.05
    assert wilson(0, 0) == (0, 1)


def said(fault: str, *named: str, hints: tuple[str, ...] = (), delay: int | None = 30) -> Outcome:
    return Outcome(f"{fault}/x/relu/1", fault, named, hints, ("",) * len(named), 300, delay, 0.0)


def test_figures_are_counts() -> None:
    found = figures([
        said("rate too high", "rate_too_high", "dead_units"),
        said("rate too high", "dead_units", "rate_too_high", delay=60),
        said("rate too high", "nonfinite", delay=None),
        said("", hints=("start_loss",)),
        said("", "labels"),
        said(""),
    ])  # fmt: skip
    row = found.rows[0]
    assert (row.fault, row.runs, row.detected, row.first) == ("rate too high", 3, 2, 1)
    assert row.low == wilson(2, 3)[0]
    assert row.delay == pytest.approx(0.15)
    assert (found.faulty, found.detected, found.first) == (3, 2, 1)
    assert (found.healthy, found.alarmed, found.hinted) == (3, 1, 1)
    assert found.confusion["rate too high"] == {"rate_too_high": 2, "dead_units": 2, "nonfinite": 1}
    assert found.confusion["healthy"] == {"nothing": 2, "labels": 1}


def test_a_run_that_is_cut_is_as_it_was() -> None:
    run = made()
    cut = until(run, 200)
    assert cut.step == 200
    for name, each in cut.scalars.items():
        kept = run.scalars[name].steps <= 200
        np.testing.assert_array_equal(each.values, run.scalars[name].values[kept])
    assert cut.weights.steps[-1] == 200
    assert cut.weights.values["gradient"].shape == (20, 4)
    assert {line.step for line in cut.lines} == {40, 80, 120, 160, 200}
    assert [event.what for event in cut.events] == ["structure"]
    assert until(run, STEPS) is run
    assert diagnose(until(run, 1)) == ()
    assert until(replace(run, scalars={}), 5).scalars == {}


QUICK = ("rate too high", "input scale", "zero_grad", "sign", "softmax twice", "mixing")


@pytest.mark.parametrize("fault", QUICK)
def test_a_fault_is_named(fault: str) -> None:
    found = outcome(next(case for case in faulty(SEEDS[0]) if case.fault == fault))
    assert found.detected, found.named
    assert found.delay is not None
    assert found.delay <= found.steps


@pytest.mark.parametrize("place", [0, 16, 50])
def test_a_sound_training_is_left_in_peace(place: int) -> None:
    assert outcome(healthy(HEALTHY_SEEDS[0])[place]).named == ()


@pytest.mark.slow(seconds=2)
@pytest.mark.parametrize("case", cases(short=True), ids=lambda case: case.name)
def test_the_short_table(case) -> None:
    found = outcome(case)
    if case.fault:
        assert set(found.named) & set(NAMES[case.fault]), found.named
    else:
        assert found.named == (), found.evidence


def test_every_fault_says_what_was_done() -> None:
    assert all(fault.what for fault in FAULTS)
