"""What a run says of its answers and its steps: confusion, and the loss along an update."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.lab.log.run import LineProbe, Run

NO_CONFUSION = (
    "This log does not say which classes are taken for which",
    "Runs that are trained here do, after every epoch",
)
NO_LINE = "No loss was measured along an update: deepvis’ Monitor does, given a probe and a loss"
CONFUSION = "confusion"


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """Counts (C, C) at a step: rows what is, columns what was said."""

    step: int
    counts: NDArray[np.int64]
    names: tuple[str, ...]

    @property
    def words(self) -> str:
        total = int(self.counts.sum())
        right = int(np.trace(self.counts))
        share = f"{right / total:.1%}".replace("%", " %") if total else "–"
        return f"{_grouped(right)} of {_grouped(total)} right, {share} · step {_grouped(self.step)}"


def confusion_at(run: Run | None, step: int | None) -> Confusion | None:
    """Return what was counted last up to a step (None: at all); before the first, the first."""
    tables = () if run is None else run.matrices.get(CONFUSION, ())
    if run is None or not tables:
        return None
    known = [pair for pair in tables if step is None or pair[0] <= step] or [tables[0]]
    at, counts = known[-1]
    return Confusion(at, counts, run.about.classes)


def line_at(run: Run | None, step: int | None) -> LineProbe | None:
    """Return the line that was measured last up to a step; before the first, the first."""
    lines = () if run is None else run.lines
    known = [line for line in lines if step is None or line.step <= step] or list(lines[:1])
    return known[-1] if known else None


def line_words(line: LineProbe) -> str:
    """Say what a line means for the rate: where along the update the loss is least."""
    lengths, losses = np.array(line.lengths), np.array(line.losses)
    known = np.isfinite(losses)
    if not known[0]:
        return "The loss itself is not finite"
    best = int(np.where(known, losses, np.inf).argmin())
    if best == 0:
        return (
            "Any part of this update raises the loss here: the rate is too large, or these are "
            "examples that it does not learn from"
        )
    least, gain = lengths[best], losses[0] - losses[best]
    start = f"from {figure(float(losses[0]))} to {figure(float(losses[best]))}"
    if gain < 1e-3 * max(abs(losses[0]), 1e-9):
        return "The loss hardly changes along this update"
    if least == lengths[known].max():
        return f"It falls as far as was looked, {least:g} ×, {start}: the rate could be larger"
    if least > 1:
        return f"Least at {least:g} × the update, {start}: the rate could be larger"
    if least < 1:
        return f"Least at {least:g} × the update, {start}: a smaller rate would go further"
    return f"Least at the update itself, {start}: the rate fits"


def _grouped(count: int) -> str:
    return f"{count:,}".replace(",", "\u2009")
