"""The one border between a monitor and the training: its own work, timed, and its faults."""

from __future__ import annotations

import warnings
from collections import defaultdict
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from deepvis_app.errors import in_words

if TYPE_CHECKING:
    from collections.abc import Callable


T = TypeVar("T")


class Own:
    """Runs the monitor's own work: its seconds are counted, its faults stay here.

    A part that failed is not run again; that it failed is warned of once, and `told` hears it.
    """

    def __init__(self, told: Callable[[str, str], None]) -> None:
        self.seconds = 0.0  # since they were last taken
        self._told = told
        self._parts: defaultdict[str, float] = defaultdict(float)
        self._off: set[str] = set()
        self._on_device: list[tuple[str, torch.cuda.Event, torch.cuda.Event]] = []

    def is_off(self, part: str) -> bool:
        return part in self._off

    def run(self, part: str, work: Callable[..., T], *args: Any) -> T | None:
        """Return what the work gives; None where it fails, or has failed before."""
        if part in self._off:
            return None
        started = perf_counter()
        try:
            return work(*args)
        except Exception as error:  # noqa: BLE001 - the training goes on whatever it is
            self._fault(part, error)
            return None
        finally:
            took = perf_counter() - started
            self.seconds += took
            self._parts[part] += took

    def on_device(self, part: str, device: torch.device, work: Callable[[], T]) -> T | None:
        """As `run`, for work that goes on on a device behind our back: that time counts, too."""
        if device.type != "cuda":
            return self.run(part, work)
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        stream = torch.cuda.current_stream(device)
        start.record(stream)
        found = self.run(part, work)
        end.record(stream)
        self._on_device.append((part, start, end))
        return found

    def add(self, part: str, seconds: float) -> None:
        """Count what was done elsewhere."""
        self.seconds += seconds
        self._parts[part] += seconds

    def taken(self) -> tuple[float, dict[str, float]]:
        """Return the seconds since they were last taken, all and by part."""
        for part, start, end in self._on_device:
            if end.query():  # before that the host's own seconds have to do
                seconds = start.elapsed_time(end) / 1000
                more = max(0.0, seconds - self._parts[part])
                self.seconds += more
                self._parts[part] += more
        self._on_device.clear()
        found = self.seconds, dict(self._parts)
        self.seconds = 0.0
        self._parts.clear()
        return found

    def _fault(self, part: str, error: Exception) -> None:
        self._off.add(part)
        self.tell(part, error)

    def tell(self, part: str, error: Exception) -> None:
        """Warn that something is not measured, and why."""
        words = in_words(error)
        with suppress(RuntimeWarning):  # where warnings are errors: not in somebody's loop
            warnings.warn(
                f"The monitor does not measure {part}: {words}. The training goes on.",
                RuntimeWarning,
                stacklevel=5,
            )
        self._told(part, words)
