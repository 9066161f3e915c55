"""What jobs are doing, as frozen values that any thread may read."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deepvis_app.errors import UserError


@dataclass(frozen=True, slots=True)
class NetworkName:
    """By what a network is known again, and what a person calls it."""

    fingerprint: str
    name: str
    spec: str = ""


class JobState(Enum):
    """Where a job is in its life; the three in the middle of the list are final."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"  # by the user, by a failing store, or until its network is back
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    OFFERED = "offered"  # left over from the last session; nothing is done before it is accepted

    @property
    def is_final(self) -> bool:
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True, slots=True, eq=False)
class JobStatus:
    """One job at one moment; nothing in it is ever written again.

    `made` of its `wanted` parts are there; `step` of `total` are those of the parts that are being
    made now, the least advanced one counting. `previews` and `traces` (a number by step) are of
    these and, where a job has few parts, of the finished ones. `results` are keys of the store.
    `rests` is why it is paused, "" where the user wanted that; the last of the `notes` says so too.
    """

    id: int
    title: str
    request: Any  # of the job's kind
    state: JobState
    way: str = ""  # by what recipe or method
    is_guess: bool = False  # nobody has asked for it
    step: int = 0
    total: int = 0
    made: int = 0
    wanted: int = 1
    seconds_left: float | None = None  # None: not known
    previews: Mapping[Any, Any] = field(default_factory=dict)
    traces: Mapping[Any, tuple[float, ...]] = field(default_factory=dict)
    results: Mapping[Any, str] = field(default_factory=dict)
    error: UserError | None = None
    notes: tuple[str, ...] = ()
    rests: str = ""
    network: str = ""  # what a person calls it; "" before one is there
    fingerprint: str = ""  # of the weights that it is made of

    @property
    def told(self) -> str:
        """What there is to say of it now, beside how far it is."""
        return ""
