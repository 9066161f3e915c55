"""The check of a plan as a job: line by line, and nothing of it is kept."""

from __future__ import annotations

from math import log

import pytest

from deepvis_app.engine import Engine, JobState
from deepvis_app.engine.jobs.kinds.checking import CheckRequest, CheckStatus
from deepvis_app.lab.trainer.plan import TrainPlan

PASSED = {"start_loss", "mixing", "overfit", "blind", "reached"}


def checked(plan: TrainPlan) -> CheckStatus:
    """Check a plan by the engine, beside no stream."""
    with Engine("cpu") as engine:
        engine.load("pocket")
        engine.jobs.submit(CheckRequest(plan))
        while not (status := engine.jobs.statuses()[0]).state.is_final:
            engine.next_snapshot(timeout_s=0.05)
    assert isinstance(status, CheckStatus)
    return status


def test_a_plan_that_can_be_learned_passes() -> None:
    status = checked(TrainPlan())
    assert status.state is JobState.DONE
    found = {check.name: check for check in status.checks}
    assert {name for name, check in found.items() if check.passed} >= PASSED
    start = float(found["start_loss"].evidence.split(";")[0])
    assert start == pytest.approx(log(10), rel=0.1)  # ten classes, none known yet
    assert not status.results  # nothing is kept


def test_first_weights_of_zero_are_found_out() -> None:
    status = checked(TrainPlan(initialisation="zero", activation="relu"))
    found = {check.name: check.passed for check in status.checks}
    assert found["blind"] is not True or found["overfit"] is not True


def test_data_that_is_not_there_is_said() -> None:
    status = checked(TrainPlan(data="/nowhere/pictures"))
    assert status.state is JobState.FAILED
    assert status.error is not None
    assert "/nowhere/pictures" in str(status.error)
