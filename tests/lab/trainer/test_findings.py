"""What a person is to see for himself: a good rate, one too high, and what L2 does.

Nielsen's three findings on the digits, from the plans that the window and the command line run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from deepvis_app.lab.trainer import TrainPlan, load_data
from deepvis_app.lab.trainer.learner import Learner

if TYPE_CHECKING:
    from deepvis_app.lab.trainer import Evaluation

POSTER: dict[str, Any] = {"hidden": (30,), "activation": "sigmoid", "batch": 50, "epochs": 30}


def accuracies(**values: Any) -> list[float]:
    """Return the validation accuracy, in per cent, after every epoch of a run."""
    plan = TrainPlan(**POSTER | values)
    learner, found = Learner(plan, load_data(plan)), []
    while len(found) < plan.epochs:
        before = learner.order.epoch
        learner.learn()
        if learner.order.epoch > before:
            found.append(100 * learner.evaluate().val.accuracy)
    return found


@pytest.mark.slow(seconds=25)
@pytest.mark.parametrize("cost", ["cross-entropy", "quadratic"])
def test_a_good_rate_converges_and_one_too_high_does_not(cost: str) -> None:
    good, high = (accuracies(cost=cost, rate=rate) for rate in (2.5, 30))
    assert good[-1] > 90
    assert np.diff(good[-10:]).std() < 1.5
    assert high[-1] < 30


@pytest.mark.slow(seconds=25)
def test_a_rate_that_is_rather_high_jitters() -> None:
    good, high = (accuracies(rate=rate, normalise="0..1") for rate in (1, 10))
    assert np.diff(high[10:]).std() > 3 * np.diff(good[10:]).std()


def after(steps: int, **values: Any) -> Evaluation:
    plan = TrainPlan(**POSTER | {"epochs": 100_000, "rate": 2.5, "train_size": 300} | values)
    learner = Learner(plan, load_data(plan))
    while learner.step < steps:
        learner.learn()
    return learner.evaluate()


@pytest.mark.slow(seconds=40)
def test_l2_narrows_the_gap_and_where_labels_are_wrong_lifts_accuracy() -> None:
    found = [after(1500, label_noise=0.2, l2=l2) for l2 in (0, 1e-3, 3e-3)]
    gaps = [one.val.loss - one.train.loss for one in found]
    assert gaps[0] > 1.3 * gaps[1] > 1.3 * 1.3 * gaps[2]
    assert found[2].val.accuracy > found[0].val.accuracy + 0.05
