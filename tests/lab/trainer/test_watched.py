"""A training writes its present weights while somebody watches, and only then."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.lab.trainer import Training, TrainPlan
from deepvis_app.lab.trainer.watched import Watchers
from deepvis_app.nets.run_weights import read_run_weights

if TYPE_CHECKING:
    from pathlib import Path


def test_weights_are_due_now_and_then_while_the_file_is_fresh(tmp_path: Path) -> None:
    clock, now = [0.0], [1000.0]
    watchers = Watchers(tmp_path, lambda: clock[0], lambda: now[0])
    assert not watchers.is_due()
    file = tmp_path / "watched"
    file.touch()
    os.utime(file, (999, 999))
    assert not watchers.is_due()  # it was looked at just now
    clock[0] = 0.25
    assert watchers.is_due()
    clock[0] = 0.3
    assert not watchers.is_due()
    clock[0], now[0] = 9.0, 1009.0  # nobody touches it any more
    assert not watchers.is_due()


def test_a_training_that_is_watched_writes_its_present_weights(tmp_path: Path) -> None:
    plan = TrainPlan(data="digits", hidden=(4,), epochs=1, train_size=200, batch=50)
    folder = tmp_path / "run"
    with Training(plan, folder) as training:
        steps = training.steps()
        next(steps)
        next(steps)
        assert not training.folder.now.exists()
        (folder / "watched").touch()
        training._watchers._looked_s = -1.0
        next(steps)
        values, step = read_run_weights(training.folder.now)
        assert step == training.step == 2
        for name, value in training.learner.module.state_dict().items():
            np.testing.assert_array_equal(values[name], value.numpy())
