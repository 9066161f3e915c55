"""Trainings on the command line: run to their end, stopped by Ctrl+C, gone on with."""

from __future__ import annotations

import itertools
import json
import shlex
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from deepvis_app import paths
from deepvis_app.cli.console import bar
from deepvis_app.errors import UserError
from deepvis_app.files import free_path, plain_name
from deepvis_app.lab.trainer import RunFolder, Summary, Training, TrainPlan, read_summary
from deepvis_app.lab.trainer.news import FAILED, STOPPED, News

INTERRUPTED = 130
SWEPT = ("rate", "l2", "label_noise", "seed")  # given more than once: a run for each


def folder_of(run: str) -> Path:
    """Return the folder of a run that is named, or given as a path. Raises `UserError`."""
    for folder in (paths.expanded(run), paths.runs_dir() / run):
        if RunFolder(folder).is_run():
            return folder
    raise UserError(f"There is no run {run}", "See `deepvis runs`")


def plans_of(values: dict[str, Any]) -> list[tuple[TrainPlan, str]]:
    """Return the plans of a sweep, each with what sets it apart; a single one with ""."""
    swept = {name: list(dict.fromkeys(values.pop(name) or ())) for name in SWEPT}
    given = {name: found for name, found in swept.items() if found}
    several = [name for name, found in given.items() if len(found) > 1]
    plans = []
    for chosen in itertools.product(*given.values()):
        own = dict(zip(given, chosen, strict=True))
        label = "-".join(f"{name.replace('_', '-')}-{own[name]:g}" for name in several)
        plans.append((TrainPlan(**values | own), label))
    return plans


def new_folder(plan: TrainPlan, label: str, name: str | None, out: Path | None) -> Path:
    """Return the folder of a run that is to begin."""
    if out is not None:
        return out / label if label else out
    data = Path(plan.data).name if plan.data else "run"
    network = plan.network.partition("@")[0].rpartition(":")[2]
    usual = f"{plain_name(data)}-{plain_name(Path(network).stem or network)}"
    stem = "-".join(filter(None, (plain_name(name) if name else usual, label)))
    return free_path(paths.runs_dir(), stem, "")


def train(folder: Path, plan: TrainPlan) -> Summary:
    """Train a new run to its end, or to Ctrl+C."""
    with Training(plan, folder, report=_report) as training:
        return _to_the_end(training)


def go_on(folder: Path, step: int | None, changes: dict[str, Any]) -> Summary:
    """Go on with a run to its end, or to Ctrl+C."""
    with Training.resume(folder, step, report=_report, **changes) as training:
        return _to_the_end(training)


def _to_the_end(training: Training) -> Summary:
    for note in training.data.notes:
        print(f"deepvis: {note}", file=sys.stderr)
    with _interruptible() as stopped, bar() as bars:
        task = bars.add_task(training.folder.path.name, total=training.learner.total)
        for news in training.steps():
            bars.update(task, completed=news.step, total=news.total, description=_line(news))
            if news.note:
                print(f"deepvis: step {news.step}: {news.note}", file=sys.stderr)
            if stopped:
                training.stop()
                break
    return read_summary(training.folder.path)


def _line(news: News) -> str:
    found = news.evaluation
    val = "" if found is None else f", val {found.val.loss:.3g}, {100 * found.val.accuracy:.1f} %"
    return f"epoch {news.epoch:.1f}, loss {news.loss:.3g}{val}"


@contextmanager
def _interruptible() -> Iterator[list[int]]:
    """Note Ctrl+C instead of breaking a step in two; a second one breaks it."""
    heard: list[int] = []

    def note(number: int, _frame: object) -> None:
        heard.append(number)
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield heard
    finally:
        signal.signal(signal.SIGINT, before)


def _report(what: str, done: int, total: int) -> None:
    """Show what is read before the first step, which may take a while."""
    if sys.stderr.isatty():
        print(f"\r{what}: {done} of {total}", end="\x1b[K\r", file=sys.stderr, flush=True)


def tell(runs: Sequence[Summary], *, as_json: bool) -> None:
    """Print what came of trainings, and how to go on; exit as the last one ended."""
    if as_json:
        print(json.dumps([run.plain() for run in runs], indent=2, ensure_ascii=False))
    else:
        for run in runs:
            print(_told(run))
    if any(run.state == STOPPED for run in runs):
        raise typer.Exit(INTERRUPTED)
    if any(run.state == FAILED for run in runs):
        raise typer.Exit(1)


def _told(run: Summary) -> str:
    loss = "–" if run.val_loss is None else f"{run.val_loss:.4g}"
    right = "–" if run.val_accuracy is None else f"{100 * run.val_accuracy:.1f} %"
    why = f": {run.message}" if run.message else ""
    place = shlex.quote(str(run.path))
    then = f"deepvis train resume {place}" if run.state == STOPPED else f"deepvis --net {place}"
    return (
        f"{run.name}: {run.state} at step {run.step:,}{why}; val loss {loss}, accuracy {right}\n"
        f"  {then}"
    )
