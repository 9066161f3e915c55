"""The trainings that this window has under way."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.engine.process import TrainerProcess, TrainerStatus
    from deepvis_app.lab.trainer.plan import TrainPlan

ENDING_S = 5.0  # for all of them to save and end


class Trainings:
    """A trainer a run, by the path of the run's folder. Main thread only; only `close` waits."""

    def __init__(self, make: Callable[[Path], TrainerProcess]) -> None:
        self._make = make
        self._trainers: dict[str, TrainerProcess] = {}

    def start(self, path: str, plan: TrainPlan) -> None:
        """Begin a run in a folder. Raises `UserError` where it holds one."""
        trainer = self._make(Path(path))
        trainer.start(plan)
        self._trainers[path] = trainer

    def go_on(self, path: str, step: int | None = None) -> None:
        """Go on with a run where it was saved last, or from a checkpoint. Raises `UserError`."""
        trainer = self._trainers.get(path) or self._make(Path(path))
        if step is None:
            trainer.resume()
        else:
            trainer.go_back(step)
        self._trainers[path] = trainer

    def get(self, path: str) -> TrainerProcess | None:
        """Return a run's trainer; None: it was not trained by this window."""
        return self._trainers.get(path)

    def status(self, path: str) -> TrainerStatus | None:
        trainer = self._trainers.get(path)
        return None if trainer is None else trainer.status()

    def is_alive(self, path: str) -> bool:
        status = self.status(path)
        return status is not None and status.is_alive

    @property
    def under_way(self) -> tuple[str, ...]:
        """Return the runs that are trained now."""
        return tuple(path for path in self._trainers if self.is_alive(path))

    def close(self) -> None:
        """Have all trainings saved and ended; waits for them, but not for long."""
        for trainer in self._trainers.values():
            trainer.stop()
        until = time.monotonic() + ENDING_S
        for trainer in self._trainers.values():
            trainer.close(max(until - time.monotonic(), 0.1))
