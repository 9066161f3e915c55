"""What a step of a training gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deepvis_app.lab.trainer.evaluation import Judged

RUNNING, PAUSED, FINISHED = "running", "paused", "finished"
STOPPED, FAILED = "stopped", "failed"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How good the network is after a step, both in evaluation mode."""

    step: int
    val: Judged
    train: Judged  # on a fixed part of the training examples


@dataclass(frozen=True, slots=True)
class News:
    """Where a training is after a step; the first is of step 0 or of the one it resumes at."""

    step: int  # steps done
    total: int  # steps in all, as the plan is now
    epoch: float  # epochs done
    loss: float  # of this step's batch, without L2; NaN before the first
    accuracy: float  # of this step's batch, 0..1; NaN before the first
    rate: float
    batch: int
    evaluation: Evaluation | None  # the newest one
    note: str = ""  # what happened besides, in a sentence
