"""What a trainer's process does."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis_app.engine.rate import RateMeter
from deepvis_app.lab.trainer import Training, TrainPlan
from deepvis_app.lab.trainer.plan import LIVE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deepvis_app.engine.process.messages import Message
    from deepvis_app.lab.trainer import News

SAVE_S = 20.0  # between two saves, so that a kill costs no more
MOST_SAVING = 0.02  # share of the time that goes into saves: of large networks they are rarer


def make_training(request: Message) -> TrainingWork:
    """Begin a training, or go on with one. Raises `UserError`."""
    folder = Path(request["folder"])
    if "plan" in request:
        plan = TrainPlan.from_json(request["plan"])
        training = Training(plan, folder)
    else:
        changes = request.get("changes", {})
        training = Training.resume(folder, request.get("step"), **changes)
    try:
        return TrainingWork(training)
    except BaseException:
        training.close()
        raise


class TrainingWork:
    """A training that is steered from another process."""

    def __init__(self, training: Training) -> None:
        self._training = training
        self._steps: Iterator[News] = training.steps()
        self._news: News = next(self._steps)  # where it is, before its first step
        self._note = ""
        self._rate = RateMeter()
        self._saved, self._saving_s = time.monotonic(), 0.0

    def steps(self) -> Iterator[None]:
        while (news := next(self._steps, None)) is not None:  # others once it went back
            self._news, self._note = news, news.note or self._note
            self._rate.count()
            self._save_now_and_then()
            yield

    def facts(self) -> Message:
        news, training = self._news, self._training
        judged = news.evaluation
        plan = training.plan
        rate = self._rate.rate()
        left = max(news.total - training.step, 0)
        return {
            "training": training.state,
            "message": training.message,
            "step": training.step,
            "total": training.learner.total,
            "epoch": news.epoch,
            "loss": _plain(news.loss),
            "accuracy": _plain(news.accuracy),
            "val_loss": None if judged is None else _plain(judged.val.loss),
            "val_accuracy": None if judged is None else judged.val.accuracy,
            "steps_per_s": rate,
            "seconds_left": left / rate if rate else None,
            "note": self._note,
            **{name: getattr(plan, name) for name in LIVE},
        }

    def do(self, command: str, values: Message) -> None:
        training = self._training
        match command:
            case "change":
                training.change(**values)
                self._note = training.news().note
            case "keep":
                training.keep()
            case "go back":
                training.go_back(int(values["step"]))
                self._steps = training.steps()
                self._news = next(self._steps)
                self._note = self._news.note

    def pause(self, paused: bool) -> None:
        self._training.pause(paused)
        if paused:
            self._training.save()

    def stop(self) -> None:
        self._training.stop()

    def close(self) -> None:
        self._training.close()

    def _save_now_and_then(self) -> None:
        since = time.monotonic() - self._saved
        if since < max(SAVE_S, self._saving_s / MOST_SAVING):
            return
        began = time.monotonic()
        self._training.save()
        self._saved = time.monotonic()
        self._saving_s = self._saved - began


def _plain(value: float) -> Any:
    """Return a number as JSON has it: None for what is none."""
    return value if math.isfinite(value) else None
