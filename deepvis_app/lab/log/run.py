"""A training as it can be read at one moment: curves, tables, histograms, what happened."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis_app.lab.log.about import About
from deepvis_app.lab.log.bins import COUNT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One number through a run; read-only arrays, steps rising."""

    steps: Ints  # (n,)
    values: Floats  # (n,), NaN and infinities as they were
    times: Floats  # (n,), seconds since 1970

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def last(self) -> float:
        return float(self.values[-1])


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Quantities of every layer at the steps that were measured; NaN where one was not."""

    names: tuple[str, ...]  # (L,), in forward order
    steps: Ints  # (S,)
    values: Mapping[str, NDArray[np.float32]]  # quantity -> (S, L)

    def of(self, quantity: str, layer: str) -> NDArray[np.float32]:
        """Return a layer's quantity (S,). Raises `KeyError` for one that the log does not have."""
        if layer not in self.names:
            raise KeyError(layer)
        return self.values[quantity][:, self.names.index(layer)]

    def __contains__(self, quantity: str) -> bool:
        return quantity in self.values and len(self.steps) > 0


NO_TABLE = Table((), np.zeros(0, np.int64), {})


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """The histograms of one step, a row a layer: counts of the bins that are not empty."""

    step: int
    ends: Ints  # (L,): where each layer's bins end
    bins: NDArray[np.int16]  # see `bins.py`
    counts: Ints

    def dense(self, layer: int) -> Ints:
        """Return a layer's counts of all bins, (COUNT,) int64."""
        start = int(self.ends[layer - 1]) if layer else 0
        found = np.zeros(COUNT, np.int64)
        chosen = slice(start, int(self.ends[layer]))
        np.add.at(found, self.bins[chosen], self.counts[chosen])
        return found


@dataclass(frozen=True, eq=False)
class Ridge:
    """Histograms of every layer through a run, at most some hundreds of steps of them."""

    names: tuple[str, ...]  # (L,)
    rows: tuple[Counts, ...]  # (S,), steps rising; the newest is always among them

    @cached_property
    def steps(self) -> Ints:
        return np.array([row.step for row in self.rows], np.int64)

    def of(self, layer: str) -> Ints:
        """Return a layer's histograms, (S, COUNT) int64. Raises `KeyError` for another layer."""
        if layer not in self.names:
            raise KeyError(layer)
        number = self.names.index(layer)
        found = [row.dense(number) for row in self.rows if number < len(row.ends)]
        missing = [np.zeros(COUNT, np.int64)] * (len(self.rows) - len(found))
        return np.array([*missing, *found]).reshape(len(self.rows), COUNT)


@dataclass(frozen=True, slots=True)
class LineProbe:
    """The loss along an update on the same examples: at 0 it was not taken, at 1 as it was."""

    step: int
    lengths: tuple[float, ...]  # times the update's own
    losses: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """What a person or a schedule changed while the network learned."""

    step: int
    text: str
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)  # rate -> before, after


@dataclass(frozen=True, slots=True)
class Event:
    """What happened at a step; which there are is told by who writes them."""

    step: int
    what: str
    data: Mapping[str, Any] = field(default_factory=dict)
    time: float = 0.0


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Weights that were kept, as safetensors."""

    step: int
    path: Path


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture of a log, as it was written."""

    step: int
    data: bytes  # PNG, or what others wrote


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A log as it was read. A newer one is another value; this one does not change."""

    path: Path
    kind: str = "deepvis"  # or "tensorboard"
    state: str = "unknown"  # running paused finished stopped failed
    message: str = ""  # why it failed or stopped
    about: About = field(default_factory=About)
    scalars: Mapping[str, Series] = field(default_factory=dict)
    standard: Mapping[str, str] = field(default_factory=dict)  # a usual name -> the log's own
    weights: Table = field(default_factory=lambda: NO_TABLE)
    activations: Table = field(default_factory=lambda: NO_TABLE)
    histograms: Mapping[str, Ridge] = field(default_factory=dict)
    images: Mapping[str, tuple[Picture, ...]] = field(default_factory=dict)
    lines: tuple[LineProbe, ...] = ()
    marks: tuple[Mark, ...] = ()
    events: tuple[Event, ...] = ()
    matrices: Mapping[str, tuple[tuple[int, Ints], ...]] = field(default_factory=dict)
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)  # the newest of each name
    checkpoints: tuple[Checkpoint, ...] = ()
    faults: tuple[str, ...] = ()  # what could not be read, in words

    @property
    def step(self) -> int:
        """The last step of which anything is known; 0 before the first."""
        ends = [int(s.steps[-1]) for s in self.scalars.values() if len(s)]
        ends += [int(t.steps[-1]) for t in (self.weights, self.activations) if len(t.steps)]
        return max(ends, default=0)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of it."""
        shown = (self.scalars, self.histograms, self.images, self.events, self.about.layers)
        return not any(shown) and not len(self.weights.steps) and not len(self.activations.steps)

    def scalar(self, name: str) -> Series | None:
        """Return a scalar by its usual or its own name; None: the log does not have it."""
        return self.scalars.get(name) or self.scalars.get(self.standard.get(name, ""))

    def events_of(self, what: str) -> tuple[Event, ...]:
        """Return the events of a kind, in order."""
        return tuple(event for event in self.events if event.what == what)
