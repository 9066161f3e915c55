"""Logs of runs whose every value is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.lab.log.about import About, OptimizerInfo
from deepvis_app.lab.log.writer import LogWriter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

BEGAN_S = 1_000_000.0
PER_SECOND = 10


def write_run(
    folder: Path,
    scalars: Mapping[str, Sequence[float]],
    *,
    state: str = "finished",
    rate: float = 0.02,
    every: Mapping[str, int] | None = None,
) -> LogWriter:
    """Write a run whose k-th value of a scalar is of step k + 1, or of every n-th, and return it.

    Ten steps are a second. The writer is left open: close it.
    """
    writer = LogWriter(folder)
    settings = {"lr": rate, "momentum": 0.9}
    writer.about(
        About(
            name=folder.name, batch=32, steps_per_epoch=5, total_steps=400,
            class_shares=(0.25, 0.75), optimizers=(OptimizerInfo(kind="SGD", settings=settings),),
        )
    )  # fmt: skip
    last = max(map(len, scalars.values()))
    for step in range(1, last + 1):
        values = {}
        for name, series in scalars.items():
            n = (every or {}).get(name, 1)
            if step % n == 0 and step // n <= len(series):
                values[name] = series[step // n - 1]
        if values:
            writer.scalars(step, values, at=BEGAN_S + step / PER_SECOND)
    if state:
        writer.state(last, state)
    writer.flush()
    return writer
