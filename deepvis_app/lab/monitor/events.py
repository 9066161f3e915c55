"""A log of our own with a TensorBoard event file beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.lab.events.writer import EventWriter
from deepvis_app.lab.log.writer import LogWriter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from deepvis_app.lab.log.run import Counts


class LogAndEvents(LogWriter):
    """Writes scalars and histograms, which TensorBoard has a place for, twice."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._events = EventWriter(folder)

    def scalars(self, step: int, values: Mapping[str, float], at: float | None = None) -> None:
        super().scalars(step, values, at)
        self._events.scalars(step, values, at)

    def counts(self, of: str, names: Sequence[str], row: Counts) -> None:
        super().counts(of, names, row)
        start = 0
        for name, end in zip(names, row.ends.tolist(), strict=True):
            chosen = slice(start, end)
            self._events.histogram(f"{of}/{name}", row.step, row.bins[chosen], row.counts[chosen])
            start = end

    def flush(self) -> None:
        super().flush()
        self._events.flush()

    def close(self) -> None:
        super().close()
        self._events.close()
