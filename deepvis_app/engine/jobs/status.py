"""What jobs are doing, as frozen values that any thread may read."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.engine.jobs.request import Purpose
    from deepvis_app.errors import UserError
    from deepvis_app.synth import Recipe, Sample


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

    `step` of `total` are those of the pictures that are being made now, the least advanced one
    counting. `previews` and `traces` (activation by step) are of these and, where few pictures are
    asked for, of the finished ones; arrays are read-only. `results` are keys of the gallery.
    """

    id: int
    title: str
    recipe: Recipe
    samples: tuple[Sample, ...]
    purpose: Purpose
    state: JobState
    step: int = 0
    total: int = 0
    done_samples: int = 0
    total_samples: int = 0
    seconds_left: float | None = None  # None: not known
    previews: Mapping[Sample, NDArray[np.uint8]] = field(default_factory=dict)  # (H, W, 3)
    traces: Mapping[Sample, tuple[float, ...]] = field(default_factory=dict)
    results: Mapping[Sample, str] = field(default_factory=dict)
    error: UserError | None = None
    notes: tuple[str, ...] = ()
    network: str = ""  # what a person calls it; "" before one is there
