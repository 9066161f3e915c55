"""One job, as the board keeps it. Everything here is guarded by the board's lock."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from deepvis_app.engine.jobs.request import Purpose, SynthesisRequest
from deepvis_app.engine.jobs.status import JobState, JobStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.engine.kept.gallery import Scores
    from deepvis_app.errors import UserError
    from deepvis_app.synth import Recipe, Sample, SynthesisResult

FEW = 16  # pictures of a job that stay in its status when they are finished


@dataclass(frozen=True, slots=True)
class NetworkName:
    """By what a network is known again, and what a person calls it."""

    fingerprint: str
    name: str
    spec: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class SavedLane:
    """A batch that was put aside: `state` is what `resume` takes, with tensors on the CPU.

    `recipe` is what the batch began with, `steer` what it was changed to since.
    """

    samples: tuple[Sample, ...]
    recipe: Recipe
    steer: Recipe | None
    state: Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class Report:
    """How far the pictures are that are being made now."""

    step: int = 0
    total: int = 0
    seconds_left: float | None = None


@dataclass(slots=True, eq=False)
class Job:
    """A request and what has become of it."""

    id: int
    request: SynthesisRequest
    network: NetworkName | None  # None: the first one that comes
    uid: str = field(default_factory=lambda: uuid.uuid4().hex)
    order: float = field(default_factory=time.monotonic)
    todo: list[Sample] = field(default_factory=list)
    saved: list[SavedLane] = field(default_factory=list)
    open: int = 0  # pictures that the runner has in work
    unkept: list[tuple[Sample, SynthesisResult]] = field(default_factory=list)  # finished ones
    scores: dict[Sample, Scores] = field(default_factory=dict)  # of those in `unkept`
    results: dict[Sample, str] = field(default_factory=dict)
    without_store: int = 0  # finished pictures that nobody keeps
    is_ready: bool = False  # the store was asked
    is_running: bool = False
    is_held: bool = False
    is_offered: bool = False
    is_steered: bool = False  # its recipe was changed after it was submitted
    has_checkpoint: bool = False
    end: JobState | None = None
    error: UserError | None = None
    notes: list[str] = field(default_factory=list)
    report: Report = Report()
    previews: dict[Sample, NDArray[np.uint8]] = field(default_factory=dict)
    traces: dict[Sample, tuple[float, ...]] = field(default_factory=dict)
    told: tuple[str, JobStatus] | None = None  # the last status; cleared by every change

    @property
    def is_open(self) -> bool:
        """Whether there may be more to do, now or later."""
        return self.end is None

    @property
    def has_work(self) -> bool:
        return bool(self.todo or self.saved or self.open)

    @property
    def is_whole(self) -> bool:
        return self.is_ready and not self.has_work and not self.unkept

    def note(self, text: str) -> None:
        """Say something about the job, once."""
        if text not in self.notes:
            self.notes.append(text)

    def change(self, recipe: Recipe) -> None:
        self.request = replace(self.request, recipe=recipe)
        self.is_steered = True

    def state(self, present: str) -> JobState:
        """Return its state while the network with the fingerprint `present` is loaded."""
        if self.end is not None:
            return self.end
        if self.is_offered:
            return JobState.OFFERED
        if self.is_held or self.waits_for(present):
            return JobState.PAUSED
        return JobState.RUNNING if self.is_running else JobState.WAITING

    def waits_for(self, present: str) -> str:
        """Return the name of the network that the job waits for; "" where it is there."""
        if self.network is None or self.network.fingerprint == present or not present:
            return ""
        return self.network.name

    def status(self, present: str) -> JobStatus:
        if self.told is None or self.told[0] != present:
            self.told = present, self._status(present)
        return self.told[1]

    def _status(self, present: str) -> JobStatus:
        state = self.state(present)
        waits_for = self.waits_for(present) if self.is_open else ""
        late = (f"Goes on when the network {waits_for} is loaded",) if waits_for else ()
        runs = state is JobState.RUNNING
        return JobStatus(
            id=self.id,
            title=self.request.title,
            recipe=self.request.recipe,
            samples=self.request.samples,
            purpose=self.request.purpose,
            state=state,
            step=self.report.step,
            total=self.report.total or self.request.recipe.stop.steps,
            done_samples=len(self.results) + self.without_store,
            total_samples=len(self.request.samples),
            seconds_left=self.report.seconds_left if runs else None,
            previews=MappingProxyType(dict(self.previews)),
            traces=MappingProxyType(dict(self.traces)),
            results=MappingProxyType(dict(self.results)),
            error=self.error,
            notes=(*self.notes, *late),
            network="" if self.network is None else self.network.name,
        )

    def rank(self, is_looked_at: bool) -> int:
        """Return how urgent it is; 0 is first."""
        if self.request.purpose is Purpose.PREFETCH:
            return 2
        return 0 if is_looked_at else 1
