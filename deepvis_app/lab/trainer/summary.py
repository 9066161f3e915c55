"""A few facts of a run, for lists of runs: no log has to be read for these."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from deepvis_app.errors import UserError, in_short
from deepvis_app.files import write_whole
from deepvis_app.lab.trainer.folder import RunFolder, cannot_write
from deepvis_app.lab.trainer.lock import Lock, holder_of
from deepvis_app.lab.trainer.news import PAUSED, RUNNING
from deepvis_app.lab.trainer.plan import TrainPlan
from deepvis_app.reading import Unreadable, parse_json, read_text

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.lab.trainer.training import Training

INTERRUPTED = "interrupted"  # it says that it runs, but nobody trains it any more


@dataclass(frozen=True, slots=True)
class Summary:
    """A run in a line. `val_loss` and `val_accuracy` (0..1) are None before the first evaluation.

    `state` is running, finished, stopped, failed, or interrupted: its trainer was ended from
    outside.
    """

    path: Path
    data: str
    network: str
    rate: float
    momentum: float
    batch: int
    step: int
    total: int
    state: str
    message: str
    val_loss: float | None
    val_accuracy: float | None
    bytes: int

    @property
    def name(self) -> str:
        return self.path.name

    def plain(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self) | {"path": str(self.path), "name": self.name}


def write_summary(folder: RunFolder, training: Training) -> None:
    """Replace a run's summary. Raises `OSError`."""
    judged = training.evaluation
    facts = {
        **_planned(training.plan),
        "step": training.step,
        "total": training.learner.total,
        "state": training.state,
        "message": training.message,
        "val_loss": None if judged is None else _number(judged.val.loss),
        "val_accuracy": None if judged is None else judged.val.accuracy,
    }
    write_whole(folder.summary, json.dumps(facts, indent=1), durable=False)


def _planned(plan: TrainPlan) -> dict[str, Any]:
    return {name: getattr(plan, name) for name in ("data", "network", "rate", "momentum", "batch")}


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def read_summary(folder: Path) -> Summary:
    """Return a run in a line; its state as it is now. Raises `UserError` where it is no run."""
    run = RunFolder(folder)
    found: dict[str, Any] = {
        **_planned(TrainPlan.read(run.plan)),
        "step": 0,
        "total": 0,
        "state": RUNNING,
        "message": "",
        "val_loss": None,
        "val_accuracy": None,
    }
    try:
        read = parse_json(read_text(run.summary))
        found |= {name: value for name, value in read.items() if name in found}
    except (OSError, Unreadable, AttributeError):
        pass  # it was killed before it wrote one, or that is damaged: the plan is there
    if found["state"] in (RUNNING, PAUSED) and holder_of(folder) is None:
        found["state"] = INTERRUPTED
    return Summary(path=folder, bytes=_size(folder), **found)


def list_runs(folder: Path) -> tuple[Summary, ...]:
    """Return the runs in a folder, the newest first; () where there is no such folder."""
    try:
        inside = [path for path in folder.iterdir() if RunFolder(path).is_run()]
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except OSError as error:
        raise UserError(f"{folder} cannot be read: {in_short(error)}", "Check it") from error
    found = []
    for path in sorted(inside, key=lambda p: (_begun(p), p.name), reverse=True):
        try:
            found.append(read_summary(path))
        except UserError:  # a plan of another version: shown by nobody, removed by nobody
            continue
    return tuple(found)


def remove_run(folder: Path) -> None:
    """Remove a run's folder. Raises `UserError` where it is none, or is being trained."""
    run = RunFolder(folder)
    if not run.is_run():
        raise UserError(f"{folder} is no run that deepvis trained", "See `deepvis runs`")
    lock = Lock(folder)
    try:
        run.plan.unlink()  # from here on it is no run, whatever comes
        shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    finally:
        lock.release()


def _begun(folder: Path) -> float:
    try:
        return RunFolder(folder).plan.stat().st_mtime
    except OSError:
        return 0.0


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:  # it was a draft
            continue
    return total
