"""A run as it was read at an earlier step."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.lab.log.run import Run, Series, Table

if TYPE_CHECKING:
    from collections.abc import Mapping


def until(run: Run, step: int) -> Run:
    """Return a run without all that was logged after a step.

    Arrays, of which a log keeps the newest only, are left out before the end.
    """
    if step >= run.step:
        return run
    return replace(
        run,
        state="running",
        scalars=_series(run.scalars, step),
        weights=_table(run.weights, step),
        activations=_table(run.activations, step),
        histograms={},
        lines=tuple(each for each in run.lines if each.step <= step),
        marks=tuple(each for each in run.marks if each.step <= step),
        events=tuple(each for each in run.events if each.step <= step),
        matrices={k: tuple(m for m in v if m[0] <= step) for k, v in run.matrices.items()},
        arrays={},
        checkpoints=tuple(each for each in run.checkpoints if each.step <= step),
    )


def _series(scalars: Mapping[str, Series], step: int) -> dict[str, Series]:
    found = {}
    for name, each in scalars.items():
        count = int(np.searchsorted(each.steps, step, side="right"))
        if count:
            found[name] = Series(each.steps[:count], each.values[:count], each.times[:count])
    return found


def _table(table: Table, step: int) -> Table:
    count = int(np.searchsorted(table.steps, step, side="right"))
    values = {name: rows[:count] for name, rows in table.values.items()}
    return Table(table.names, table.steps[:count], values)
