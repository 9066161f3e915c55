"""From records to a `Run`: what was added last is all that costs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from deepvis_app.lab.log.about import About
from deepvis_app.lab.log.bins import COUNT
from deepvis_app.lab.log.columns import Curve, Grid
from deepvis_app.lab.log.record import Damaged
from deepvis_app.lab.log.run import (
    Checkpoint,
    Counts,
    Event,
    LineProbe,
    Mark,
    Ridge,
    Run,
    Series,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis_app.lab.log.record import Record

MOST_ROWS = 256  # histograms of a kind that are kept; beyond, every second one goes
MOST_MATRICES = 64


class Thinned:
    """Values by step, of which ever fewer are kept the more there are; the newest always."""

    def __init__(self, most: int = MOST_ROWS) -> None:
        self._most = most
        self._stride, self._seen = 1, 0
        self._kept: list[tuple[int, Any]] = []  # step, value
        self._newest: tuple[int, Any] | None = None

    def add(self, step: int, value: Any) -> None:
        self.cut(step - 1)
        self._newest = step, value
        if self._seen % self._stride == 0:
            self._kept.append(self._newest)
        self._seen += 1
        if len(self._kept) > self._most:
            self._kept = self._kept[::2]
            self._stride *= 2

    def cut(self, last: int) -> None:
        """Forget all after a step."""
        if self._newest is None or self._newest[0] <= last:
            return
        self._kept = [pair for pair in self._kept if pair[0] <= last]
        self._newest = self._kept[-1] if self._kept else None
        self._seen = len(self._kept) * self._stride

    def all(self) -> tuple[tuple[int, Any], ...]:
        newest = self._newest
        last = () if newest is None or (self._kept and self._kept[-1] is newest) else (newest,)
        return (*self._kept, *last)


class RunBuilder:
    """Takes what a log of our own says, in order, and gives the run so far."""

    def __init__(self, path: Path) -> None:
        self._run = Run(path)
        self._is_new = True
        self.curves: defaultdict[str, Curve] = defaultdict(Curve)
        self.tables: dict[str, Grid] = {"weights": Grid(), "activations": Grid()}
        self.ridges: defaultdict[str, Thinned] = defaultdict(Thinned)
        self.ridge_names: dict[str, tuple[str, ...]] = {}
        self.matrices: defaultdict[str, Thinned] = defaultdict(lambda: Thinned(MOST_MATRICES))
        self.arrays: dict[str, NDArray[Any]] = {}
        self.lines: list[LineProbe] = []
        self.marks: list[Mark] = []
        self.events: list[Event] = []
        self.checkpoints: list[Checkpoint] = []
        self.about, self.state, self.message = About(), "unknown", ""

    # What comes in

    def add(self, record: Record) -> None:
        """Take a record; raises `Damaged` for what cannot be meant."""
        take = _KINDS.get(record.kind)
        if take is None:
            return  # of a later version
        self._is_new = True
        try:
            take(self, record)
        except Damaged:
            raise
        except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
            raise Damaged(f"its {record.kind} is not what it says") from error

    def _cut(self, last: int) -> None:
        """Forget all after a step: the training went on from there."""
        parts: list[Curve | Grid | Thinned] = [*self.curves.values(), *self.tables.values()]
        parts += [*self.ridges.values(), *self.matrices.values()]
        for part in parts:
            part.cut(last)
        self.lines = [each for each in self.lines if each.step <= last]
        self.marks = [each for each in self.marks if each.step <= last]
        self.events = [each for each in self.events if each.step <= last]
        self.checkpoints = [each for each in self.checkpoints if each.step <= last]

    # The kinds of records

    def _about(self, record: Record) -> None:
        try:
            self.about = About.model_validate(record.data["about"])
        except ValidationError as error:
            raise Damaged("what it says of the run is not valid") from error
        self._cut(int(record.data.get("step", 0)))
        self.state, self.message = "running", ""

    def _scalars(self, record: Record) -> None:
        steps, times = record.arrays["steps"], record.arrays["times"]
        values = record.arrays["values"]
        if values.shape != (len(steps), len(record.data["names"])) or times.shape != steps.shape:
            raise Damaged("its columns are not of one length")
        if len(steps) > 1 and (np.diff(steps) <= 0).any():
            raise Damaged("its steps do not rise")
        for name, column in zip(record.data["names"], values.T, strict=True):
            self.curves[str(name)].add(steps, column, times)

    def _row(self, record: Record) -> None:
        table = self.tables.setdefault(record.data["table"], Grid())
        if "names" in record.data:
            table.name(tuple(map(str, record.data["names"])))
        values = record.arrays["values"]
        if values.shape != (len(record.data["quantities"]), len(table.names)):
            raise Damaged("its row is of other layers")
        table.add(int(record.data["step"]), record.data["quantities"], values)

    def _counts(self, record: Record) -> None:
        of, arrays = str(record.data["of"]), record.arrays
        if "names" in record.data:
            self.ridge_names[of] = tuple(map(str, record.data["names"]))
        ends, bins, counts = (arrays[name].astype(np.int64) for name in ("ends", "bins", "counts"))
        if len(bins) and not (bins.min() >= 0 and bins.max() < COUNT):
            raise Damaged("its bins are others")
        if len(bins) != len(counts) or (np.diff(ends, prepend=0) < 0).any():
            raise Damaged("its bins are not of one length")
        row = Counts(int(record.data["step"]), ends, bins.astype(np.int16), counts)
        self.ridges[of].add(row.step, row)

    def _line(self, record: Record) -> None:
        lengths = tuple(record.arrays["lengths"].astype(float).tolist())
        losses = tuple(record.arrays["losses"].astype(float).tolist())
        self.lines.append(LineProbe(int(record.data["step"]), lengths, losses))

    def _mark(self, record: Record) -> None:
        changes = {str(k): (v[0], v[1]) for k, v in record.data.get("changes", {}).items()}
        self.marks.append(Mark(int(record.data["step"]), str(record.data["text"]), changes))

    def _event(self, record: Record) -> None:
        data = record.data
        event = Event(int(data["step"]), str(data["what"]), data["data"], float(data["time"]))
        self.events.append(event)
        if event.what in {"state", "end"}:
            self.state = str(event.data["state"])
            self.message = str(event.data.get("message", ""))

    def _matrix(self, record: Record) -> None:
        values = record.arrays["values"].astype(np.int64)
        self.matrices[str(record.data["name"])].add(int(record.data["step"]), values)

    def _array(self, record: Record) -> None:
        self.arrays[str(record.data["name"])] = record.arrays["values"]

    def _checkpoint(self, record: Record) -> None:
        path = self._run.path / str(record.data["file"])
        self.checkpoints = [each for each in self.checkpoints if each.path != path]
        self.checkpoints.append(Checkpoint(int(record.data["step"]), path))

    # What comes out

    def run(self) -> Run:
        """Return the run so far; the same value as before where nothing came in."""
        if self._is_new:
            self._is_new = False
            self._run = replace(
                self._run,
                state=self.state,
                message=self.message,
                about=self.about,
                scalars={name: _series(c) for name, c in self.curves.items() if len(c.steps)},
                weights=_table(self.tables["weights"]),
                activations=_table(self.tables["activations"]),
                histograms=self._histograms(),
                lines=tuple(self.lines),
                marks=tuple(self.marks),
                events=tuple(self.events),
                matrices={k: kept.all() for k, kept in self.matrices.items()},
                arrays=dict(self.arrays),
                checkpoints=tuple(self.checkpoints),
            )
        return self._run

    def _histograms(self) -> dict[str, Ridge]:
        return {
            of: Ridge(self.ridge_names.get(of, ()), tuple(row for _, row in kept.all()))
            for of, kept in self.ridges.items()
        }


def _series(curve: Curve) -> Series:
    return Series(curve.steps.view(), curve.values.view(), curve.times.view())


def _table(grid: Grid) -> Table:
    values = {name: column.view() for name, column in grid.quantities.items()}
    return Table(grid.names, grid.steps.view(), values)


_KINDS: dict[str, Callable[[RunBuilder, Record], None]] = {
    "about": RunBuilder._about,  # noqa: SLF001 - its own
    "scalars": RunBuilder._scalars,  # noqa: SLF001
    "row": RunBuilder._row,  # noqa: SLF001
    "counts": RunBuilder._counts,  # noqa: SLF001
    "line": RunBuilder._line,  # noqa: SLF001
    "mark": RunBuilder._mark,  # noqa: SLF001
    "event": RunBuilder._event,  # noqa: SLF001
    "matrix": RunBuilder._matrix,  # noqa: SLF001
    "array": RunBuilder._array,  # noqa: SLF001
    "checkpoint": RunBuilder._checkpoint,  # noqa: SLF001
}
