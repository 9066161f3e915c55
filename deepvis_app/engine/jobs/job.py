"""One job, as the board keeps it. Everything here is guarded by the board's lock."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from deepvis_app.engine.jobs.kind import Rank
from deepvis_app.engine.jobs.status import JobState, JobStatus, NetworkName

if TYPE_CHECKING:
    from deepvis_app.engine.jobs.kind import JobKind
    from deepvis_app.engine.jobs.progress import State
    from deepvis_app.engine.worker import Model
    from deepvis_app.errors import UserError

FEW = 16  # parts of a job that stay in its status when they are finished
NO_NETWORK = NetworkName("", "")  # of a job that needs none


@dataclass(frozen=True, slots=True, eq=False)
class SavedLane:
    """A batch that was put aside: what it began with, its parts only, and a checkpoint."""

    request: Any
    parts: tuple[Any, ...]
    state: State


@dataclass(frozen=True, slots=True)
class Report:
    """How far the parts are that are being made now."""

    step: int = 0
    total: int = 0
    seconds_left: float | None = None


@dataclass(slots=True, eq=False)
class Job:
    """A request and what has become of it."""

    id: int
    kind: JobKind[Any, Any]
    request: Any
    network: NetworkName | None  # None: the first one that comes
    model: Model | None = None  # a copy of its own: the network has learned on since
    uid: str = field(default_factory=lambda: uuid.uuid4().hex)
    order: float = field(default_factory=time.monotonic)
    todo: list[Any] = field(default_factory=list)
    saved: list[SavedLane] = field(default_factory=list)
    open: int = 0  # parts that the runner has in work, or at rest
    unkept: list[tuple[Any, Any]] = field(default_factory=list)  # finished parts and their values
    results: dict[Any, str] = field(default_factory=dict)
    without_store: int = 0  # finished parts that nobody keeps
    is_ready: bool = False  # the store was asked
    is_running: bool = False
    is_held: bool = False
    held_for: str = ""  # what made it rest; "": the user did
    is_offered: bool = False
    lowered: Rank = Rank.ASKED  # to the rank of a job that was put before it
    is_changed: bool = False  # its request, after it was submitted
    has_checkpoint: bool = False
    end: JobState | None = None
    error: UserError | None = None
    notes: list[str] = field(default_factory=list)
    report: Report = Report()
    previews: dict[Any, object] = field(default_factory=dict)
    traces: dict[Any, tuple[float, ...]] = field(default_factory=dict)
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

    @property
    def is_guess(self) -> bool:
        return self.kind.rank(self.request) is Rank.GUESS

    @property
    def parts(self) -> tuple[Any, ...]:
        return self.kind.parts(self.request)

    def note(self, text: str) -> None:
        """Say something about the job, once."""
        if text not in self.notes:
            self.notes.append(text)

    def change(self, request: object) -> None:
        self.request, self.is_changed = request, True

    def goes_with(self, present: str) -> bool:
        """Tell whether it can be done with the network that has the fingerprint `present`."""
        if self.model is not None:
            return True
        return self.network is not None and self.network.fingerprint in ("", present)

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
        if self.network is None or self.goes_with(present) or not present:
            return ""
        return self.network.name

    def status(self, present: str) -> JobStatus:
        if self.told is None or self.told[0] != present:
            self.told = present, self._status(present)
        return self.told[1]

    def _status(self, present: str) -> JobStatus:
        kind, request, state = self.kind, self.request, self.state(present)
        waits_for = self.waits_for(present) if self.is_open else ""
        why = self.held_for if self.is_held and self.is_open else ""
        if waits_for:
            why = why or f"Goes on when the network {waits_for} is loaded"
        runs = state is JobState.RUNNING
        return kind.status(
            id=self.id,
            title=kind.title(request),
            request=request,
            state=state,
            way=kind.way(request),
            is_guess=self.is_guess,
            step=self.report.step,
            total=self.report.total or kind.total(request),
            made=len(self.results) + self.without_store,
            wanted=len(self.parts),
            seconds_left=self.report.seconds_left if runs else None,
            previews=MappingProxyType(dict(self.previews)),
            traces=MappingProxyType(dict(self.traces)),
            results=MappingProxyType(dict(self.results)),
            error=self.error,
            notes=(*self.notes, *(why,) * bool(why)),
            rests=why,
            network="" if self.network is None else self.network.name,
            fingerprint="" if self.network is None else self.network.fingerprint,
        )

    def rank(self, *, is_looked_at: bool) -> Rank:
        """Return how urgent it is."""
        rank = self.kind.rank(self.request)
        return max(Rank.USUAL if rank is Rank.VIEW and not is_looked_at else rank, self.lowered)
