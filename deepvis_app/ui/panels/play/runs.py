"""One run of a technique: its job, and all that is known of what it gave."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.playing import PlayRequest, PlayStatus
from deepvis_app.synth import StopReason

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.engine.jobs import JobStatus
    from deepvis_app.errors import UserError
    from deepvis_app.synth.play import Played


@dataclass(slots=True, eq=False)
class Run:
    """What was asked for stays known when its job is forgotten; so does the last good picture."""

    request: PlayRequest
    job: int
    network: str  # fingerprint
    begun_s: float
    status: PlayStatus | None = None
    last: NDArray[np.uint8] | None = None  # (H, W, 3), the newest picture
    is_shared: bool = False  # the strip of stages has it too: another run leaves it going
    is_own: bool = False  # that picture is this run's; else it is the one before's
    took_s: float = 0.0
    curve: tuple[float, ...] = ()

    def take(self, statuses: Iterable[JobStatus], now_s: float) -> bool:
        """Take the job's newest status; return whether it is another one."""
        new = next((s for s in statuses if s.id == self.job and isinstance(s, PlayStatus)), None)
        if new is None or new is self.status:
            return False
        if not self.is_over:
            self.took_s = now_s - self.begun_s
        self.status = new
        if new.picture is not None:
            self.last, self.is_own = new.picture, True
        self.curve = new.curve or self.curve
        return True

    @property
    def state(self) -> JobState:
        return JobState.WAITING if self.status is None else self.status.state

    @property
    def is_over(self) -> bool:
        return self.status is not None and self.status.state.is_final

    @property
    def is_held(self) -> bool:
        return self.state is JobState.PAUSED

    @property
    def is_running(self) -> bool:
        return not self.is_over and not self.is_held

    @property
    def played(self) -> Played | None:
        return None if self.status is None else self.status.played

    @property
    def error(self) -> UserError | None:
        return None if self.status is None else self.status.error

    @property
    def step(self) -> int:
        return len(self.curve)

    @property
    def total(self) -> int:
        if self.played is not None and not self.went_wild:
            return self.step  # some are done sooner than was known
        total = 0 if self.status is None else self.status.total
        return total or self.request.how.total(self.request.spec)

    @property
    def went_wild(self) -> bool:
        """Whether it ended because numbers stopped being finite."""
        return self.played is not None and self.played.stop is StopReason.NOT_FINITE

    @property
    def was_finite(self) -> bool:
        """Whether any step gave a finite number; else no step can have led astray."""
        return self.played is None or any(map(isfinite, self.played.curve))

    @property
    def has_no_gradient(self) -> bool:
        """Whether it ended because no change of the picture does anything."""
        return self.played is not None and self.played.stop is StopReason.ZERO_GRADIENT

    def picture_of(self, role: str) -> NDArray[np.uint8] | None:
        """Return a picture that it was given."""
        found = dict(self.request.pictures).get(role)
        return None if found is None else found.values
