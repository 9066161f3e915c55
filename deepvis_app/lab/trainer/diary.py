"""What a training writes into its log."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis_app.lab.monitor import Monitor
from deepvis_app.lab.trainer.costs import SCORES
from deepvis_app.lab.trainer.data.clouds import EXTENT
from deepvis_app.lab.trainer.evaluation import REGION_SIDE, region_grid, regions
from deepvis_app.lab.trainer.news import PAUSED
from deepvis_app.lab.trainer.order import steps_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis_app.lab.log.writer import LogWriter
    from deepvis_app.lab.trainer.data import DataSet
    from deepvis_app.lab.trainer.folder import RunFolder
    from deepvis_app.lab.trainer.learner import Learner
    from deepvis_app.lab.trainer.news import Evaluation

PROBED = 64  # validation examples that the monitor watches
MOST_ROWS = 100  # of what takes a few kilobytes each time, over a whole run
LOOKS, NEAREST = 100, 10  # that a run is looked at, however long; steps between two at least


class Diary:
    """The log of a training, from its present step on; what it said of later steps is void."""

    def __init__(self, learner: Learner, folder: RunFolder) -> None:
        self._folder = folder.path
        used = learner.data.preprocessing
        points = learner.data.is_points
        self._grid = region_grid(used.mean, used.std, EXTENT) if points else None
        self._monitor = self._begun(learner)

    def _begun(self, learner: Learner) -> Monitor:
        data, device = learner.data, learner.device
        monitor = Monitor(
            learner.module,
            learner.optimizer,
            self._folder,
            probe=data.val_x[:PROBED].to(device),
            probe_labels=data.val_y[:PROBED].to(device),
            loss=learner.criterion,
            every=max(NEAREST, learner.total // LOOKS),
            limit=math.inf,  # a run of a second is to be seen as well as one of an hour
            start=learner.step,
            events=True,
            about=_about(learner, self._folder.name),
        )
        for name, values in _examples(data).items():
            _writer(monitor).array(name, learner.step, values)
        return monitor

    def back(self, learner: Learner) -> None:
        """Go on from where the learner is by now, a step before."""
        self._monitor.close(PAUSED)  # a state that the new beginning takes the place of
        self._monitor = self._begun(learner)

    def state(self, step: int, state: str, message: str = "") -> None:
        """Say that it is running, paused, finished, stopped or failed, and why."""
        _writer(self._monitor).state(step, state, message)

    def step(self, values: Mapping[str, float]) -> None:
        """Log a step's numbers, after it was made."""
        self._monitor.step(**values)

    def mark(self, text: str, changes: Mapping[str, tuple[float, float]]) -> None:
        """Log what somebody changed before the next step."""
        self._monitor.mark(text, **changes)

    def checkpoint(self, step: int, path: Path) -> None:
        file = path.relative_to(self._folder).as_posix()
        _writer(self._monitor).checkpoint(step, file)

    def evaluated(self, learner: Learner, found: Evaluation) -> None:
        """Log how good the network is, and what is looked at as rarely as that."""
        numbers = {
            "val_loss": found.val.loss,
            "val_accuracy": found.val.accuracy,
            "train_loss": found.train.loss,
            "train_accuracy": found.train.accuracy,
            "epoch": learner.order.epochs,
        }
        self._monitor.log(**numbers)
        _writer(self._monitor).matrix("confusion", found.step, found.val.confusion)
        if _is_worth(learner.order.epoch, learner.plan.epochs):
            self._look_around(learner)

    def _look_around(self, learner: Learner) -> None:
        writer = _writer(self._monitor)
        if self._grid is not None:
            scores = SCORES[learner.plan.cost]
            found = regions(learner.module, self._grid.to(learner.device), scores)
            writer.array("regions/scores", learner.step, found)
        if learner.margins.epochs:
            writer.array("labels/margins", learner.step, learner.margins.mean())

    def close(self, state: str, message: str) -> None:
        """End the log with the training's last state. A second call does nothing."""
        self._monitor.close(state, message)


def _writer(monitor: Monitor) -> LogWriter:
    writer = monitor.writer
    assert writer is not None  # of several processes only the first one trains by a plan
    return writer


def _examples(data: DataSet) -> dict[str, NDArray[Any]]:
    """Return what the examples are that margins are of, by name in the log."""
    return {
        "labels/ids": data.ids.numpy(),
        "labels/given": data.train_y.numpy(),
        "labels/fake": data.fake.numpy().astype(np.uint8),
    }


def _is_worth(epoch: int, epochs: int) -> bool:
    """Whether a run of so many epochs is looked at closely after this one."""
    return epoch <= 10 or epoch == epochs or epoch % -(-epochs // MOST_ROWS) == 0


def _about(learner: Learner, name: str) -> dict[str, Any]:
    plan, data = learner.plan, learner.data
    return {
        "name": name,
        "classes": data.labels,
        "class_shares": data.class_shares,
        "batch": plan.batch,
        "steps_per_epoch": steps_in(len(data.train_y), plan.batch),
        "total_steps": learner.total,
        "train_size": len(data.train_y),
        "val_size": len(data.val_y),
        "pretrained": learner.made.pretrained,
        "facts": _facts(learner),
    }


def _facts(learner: Learner) -> dict[str, Any]:
    """Return what the log says of a training beside what every log says."""
    data = learner.data
    facts: dict[str, Any] = {
        "plan": learner.plan.model_dump(mode="json"),
        "notes": list(data.notes),
        "probe": data.val_ids[:PROBED].tolist(),
    }
    if data.is_points:
        facts["regions"] = {"extent": EXTENT, "side": REGION_SIDE}
    return facts
