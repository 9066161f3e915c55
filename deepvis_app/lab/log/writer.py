"""Writing a log while a network learns: it never breaks the training, nor makes it wait long."""

from __future__ import annotations

import os
import time
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis_app.errors import UserError, in_short
from deepvis_app.lab.log.framing import framed
from deepvis_app.lab.log.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis_app.lab.log.about import About
    from deepvis_app.lab.log.run import Counts

SUFFIX = ".dvlog"
FLUSH_S = 1.0  # scalars wait this long at most, so that a log is nearly live
MOST_WAITING = 512  # of steps


def log_files(folder: Path) -> list[Path]:
    """Return the files of a run's log in the order they were written; [] where there is none."""
    return sorted(folder.glob(f"run-*{SUFFIX}"))


class LogWriter:
    """Appends to the log of the run that is kept in a folder.

    Each writer has a file of its own, so that what an earlier one left half-written is in nobody's
    way. Once it is made it raises nothing: where the disk is full or the folder is gone it stops,
    keeps why in `fault`, and warns once. Not for more than one thread.
    """

    def __init__(self, folder: Path) -> None:
        """Make the folder and the next file. Raises `UserError` where that cannot be."""
        self.folder = folder
        self.fault = ""
        self._names: dict[str, tuple[str, ...]] = {}  # of tables and histograms, as last written
        # By their names: what is not logged at every step has a table of its own.
        self._waiting: dict[tuple[str, ...], list[tuple[int, float, tuple[float, ...]]]] = {}
        self._flushed = time.monotonic()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self._next_file()
        except OSError as error:
            raise UserError(
                f"The log cannot be written to {folder}: {in_short(error)}",
                "Choose a folder that you may write to",
            ) from error

    def _next_file(self) -> int:
        taken = log_files(self.folder)
        number = int(taken[-1].stem.rpartition("-")[2]) + 1 if taken else 1
        while True:
            path = self.folder / f"run-{number:06d}{SUFFIX}"
            try:
                return os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o666)
            except FileExistsError:  # another writer was quicker
                number += 1

    # What is written

    def about(self, about: About, step: int = 0) -> None:
        """Say what the run is, first of all; whatever was logged after `step` is void."""
        self._names.clear()
        self._write("about", {"about": about.model_dump(mode="json"), "step": step})

    def scalars(self, step: int, values: Mapping[str, float], at: float | None = None) -> None:
        """Log numbers of a step, seconds since 1970 being `at`. Steps rise."""
        names = tuple(values)
        waiting = self._waiting.get(names)
        if waiting is None:
            if any(not other.isdisjoint(names) for other in map(set, self._waiting)):
                self._flush_scalars()  # or one curve would lie in two tables
        elif step <= waiting[-1][0] or len(waiting) >= MOST_WAITING:
            self._flush_scalars()
        when = time.time() if at is None else at
        row = step, when, tuple(map(float, values.values()))
        self._waiting.setdefault(names, []).append(row)
        if time.monotonic() - self._flushed > FLUSH_S:
            self._flush_scalars()

    def row(
        self, table: str, step: int, names: Sequence[str], values: Mapping[str, NDArray[Any]]
    ) -> None:
        """Log quantities of every layer: `values` has (L,) each."""
        data = {"table": table, "step": step, "quantities": list(values)}
        rows = np.array(list(values.values()), np.float32).reshape(len(values), len(names))
        self._write("row", self._named(f"row {table}", names, data), {"values": rows})

    def counts(self, of: str, names: Sequence[str], row: Counts) -> None:
        """Log the histograms of one step."""
        arrays: dict[str, NDArray[Any]] = {
            "ends": row.ends.astype(np.int32),
            "bins": row.bins,
            "counts": row.counts,
        }
        data = {"of": of, "step": row.step}
        self._write("counts", self._named(f"counts {of}", names, data), arrays)

    def line(self, step: int, lengths: Sequence[float], losses: Sequence[float]) -> None:
        """Log the loss along a step's update."""
        arrays = {"lengths": np.array(lengths, float), "losses": np.array(losses, float)}
        self._write("line", {"step": step}, arrays)

    def mark(self, step: int, text: str, changes: Mapping[str, tuple[Any, Any]]) -> None:
        """Log what somebody changed: each name with the value before and after."""
        plain = {name: list(pair) for name, pair in changes.items()}
        self._write("mark", {"step": step, "text": text, "changes": plain})
        self.flush()

    def event(self, step: int, what: str, data: Mapping[str, Any] | None = None) -> None:
        """Log what happened."""
        about = {"step": step, "what": what, "data": dict(data or {}), "time": time.time()}
        self._write("event", about)

    def state(self, step: int, state: str, message: str = "") -> None:
        """Say that the run is running, paused, finished, stopped or failed, and why."""
        self.event(step, "state", {"state": state, "message": message})
        self.flush()

    def matrix(self, name: str, step: int, values: NDArray[Any]) -> None:
        """Log a table of counts, such as a confusion matrix (C, C)."""
        self._write("matrix", {"name": name, "step": step}, {"values": values.astype(np.int64)})

    def array(self, name: str, step: int, values: NDArray[Any]) -> None:
        """Log numbers of which the newest ones matter only."""
        self._write("array", {"name": name, "step": step}, {"values": values})

    def checkpoint(self, step: int, file: str) -> None:
        """Say that weights were kept, in a file named from the run's folder."""
        self._write("checkpoint", {"step": step, "file": file})

    # How

    def _named(self, key: str, names: Sequence[str], data: dict[str, Any]) -> dict[str, Any]:
        if self._names.get(key) != tuple(names):
            self._names[key] = tuple(names)
            data["names"] = list(names)
        return data

    def flush(self) -> None:
        """Write what waits."""
        self._flush_scalars()

    def _flush_scalars(self) -> None:
        self._flushed = time.monotonic()
        for names, rows in self._waiting.items():
            steps, times, values = zip(*rows, strict=True)
            arrays = {
                "steps": np.array(steps, np.int64),
                "times": np.array(times, float),
                "values": np.array(values, float).reshape(len(steps), len(names)),
            }
            self._put(Record("scalars", {"names": list(names)}, arrays))
        self._waiting = {}

    def _write(
        self, kind: str, data: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]] | None = None
    ) -> None:
        self._flush_scalars()  # what was said before stands before
        self._put(Record(kind, data, arrays or {}))

    def _put(self, record: Record) -> None:
        if self.fault:
            return
        try:
            payload = framed(record.encoded())
            if os.write(self._file, payload) != len(payload):
                raise OSError("no space left on the disk")
        except (OSError, TypeError, ValueError) as error:
            self.fault = f"The log in {self.folder} is written no more: {in_short(error)}"
            warnings.warn(f"{self.fault}. The training goes on.", RuntimeWarning, stacklevel=4)

    def close(self) -> None:
        """Write what waits and let go of the file. A second call does nothing."""
        if self._file >= 0:
            self.flush()
            os.close(self._file)
            self._file = -1
