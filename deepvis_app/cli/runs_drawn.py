"""Trainings read for a figure of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app import paths
from deepvis_app.errors import UserError
from deepvis_app.lab import read_log
from deepvis_app.lab.spreads import layer_spreads
from deepvis_app.tiles.runs_figure import RunLines

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis_app.lab.log.run import Ridge, Run

SPREAD = ("weights", "gradients", "activations")


def lines_of(name: str) -> RunLines:
    """Read what a figure shows of a log, ours or TensorBoard's. Raises `UserError`."""
    run = read_log(_folder(name))
    if run.is_empty:
        raise UserError(f"The log {name} is empty: nothing can be drawn", "Leave it out")
    curves = {key: run.scalar(key) for key in ("val_accuracy", "train_loss", "val_loss", "loss")}
    if curves["train_loss"] is None:  # it was not evaluated: each step's own loss then
        curves["train_loss"] = curves["loss"]
    known = [one.steps for one in curves.values() if one is not None]
    if not known:
        raise UserError(f"The log {name} has neither loss nor accuracy", "Leave it out")
    steps = np.unique(np.concatenate(known))

    def at_steps(key: str) -> NDArray[np.float64]:
        found, series = np.full(len(steps), np.nan), curves[key]
        if series is not None:
            found[np.searchsorted(steps, series.steps)] = series.values
        return found

    return RunLines(
        run.about.name or name,
        steps,
        at_steps("val_accuracy"),
        at_steps("train_loss"),
        at_steps("val_loss"),
        _spreads(run),
    )


def _spreads(run: Run) -> dict[str, tuple[int, NDArray[np.int64]]]:
    return {kind: _last(run.histograms[kind]) for kind in SPREAD if kind in run.histograms}


def _last(ridge: Ridge) -> tuple[int, NDArray[np.int64]]:
    """Return the newest counts of all layers together by power of two."""
    parts = [(one.first, one.sizes[-1].sum(0)) for one in layer_spreads(ridge, 2)]
    if not parts:
        return 0, np.zeros(0, np.int64)
    low = min(first for first, _ in parts)
    found = np.zeros(max(first + len(counts) for first, counts in parts) - low, np.int64)
    for first, counts in parts:
        found[first - low : first - low + len(counts)] += counts
    return low, found


def _folder(name: str) -> Path:
    given = paths.expanded(name)
    return given if given.exists() else paths.runs_dir() / name
