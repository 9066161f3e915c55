"""The jobs there are and their order: what any thread may ask and change."""

from __future__ import annotations

from itertools import count
from threading import RLock
from typing import TYPE_CHECKING, Any

from deepvis_app.engine.jobs.job import NO_NETWORK, Job
from deepvis_app.engine.jobs.kind import Rank
from deepvis_app.engine.jobs.status import JobState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deepvis_app.engine.jobs.kind import JobKind
    from deepvis_app.engine.jobs.status import JobStatus, NetworkName
    from deepvis_app.engine.worker import Model
    from deepvis_app.errors import UserError
    from deepvis_app.nets.layers import Unit

MOST_FINISHED = 50  # older ones are cleared by themselves


class Board:
    """Every method takes the lock, for a moment; whoever reads or writes a `Job` holds it.

    `on_change` is called without the lock when a job may have become the one to run;
    `on_news` when something should be shown at once.
    """

    def __init__(self, on_change: Callable[[], None], on_news: Callable[[], None]) -> None:
        self.lock = RLock()
        self.fault: UserError | None = None
        self.network: NetworkName | None = None
        self.looked_at: Unit | None = None
        self.asked = True  # somebody looked at the statuses since the last previews
        self._on_change, self._on_news = on_change, on_news
        self._jobs: dict[int, Job] = {}
        self._numbers = count(1)
        self._front: tuple[Job | None] | None = None  # remembered until something changes

    # With the lock held

    @property
    def fingerprint(self) -> str:
        return "" if self.network is None else self.network.fingerprint

    def __iter__(self) -> Iterator[Job]:
        return iter(self._jobs.values())

    def get(self, number: int) -> Job | None:
        return self._jobs.get(number)

    def add(self, kind: JobKind[Any, Any], request: object, network: NetworkName | None) -> Job:
        network = network if kind.needs_network else NO_NETWORK
        job = Job(next(self._numbers), kind, request, network, todo=list(kind.parts(request)))
        self._jobs[job.id] = job
        self.changed(job)
        return job

    def remove(self, job: Job) -> None:
        self._jobs.pop(job.id, None)
        self._front = None

    def changed(self, job: Job | None = None) -> None:
        """Forget what was concluded from a job's former state; None: from any job's."""
        self._front = None
        for one in self if job is None else (job,):
            one.told = None

    def like(self, kind: JobKind[Any, Any], request: object) -> Job | None:
        """Return an open job that gives the same."""
        for job in self:
            if job.kind is kind and kind.same(job.request, request) and self._is_likely(job):
                return job
        return None

    def _is_likely(self, job: Job) -> bool:
        free = job.is_open and not job.is_offered and not job.is_changed
        is_here = job.model is None and job.goes_with(self.fingerprint)
        return free and (job.network is None or is_here)

    def prefer(self, job: Job) -> None:
        """Of the jobs for the unit in view let this one run first: it is by the recipe in use."""
        rivals = [one.order for one in self if one is not job and self._is_looked_at(one)]
        if self._is_looked_at(job) and rivals:
            job.order = min(job.order, min(rivals) - 1)
            self.changed()

    def finish(self, job: Job, end: JobState, error: UserError | None = None) -> None:
        """End a job; what it held is let go."""
        job.end, job.error, job.is_running = end, error, False
        job.todo, job.saved, job.unkept, job.open, job.model = [], [], [], 0, None
        self.changed(job)
        ended = sorted((one for one in self if not one.is_open), key=lambda one: one.order)
        for old in ended[: max(len(ended) - MOST_FINISHED, 0)]:
            self.remove(old)

    def running_order(self) -> list[Job]:
        """Return all jobs: open ones as they will run, offered ones, ended ones."""
        return sorted(self, key=self._place)

    def _place(self, job: Job) -> tuple[int, int, float]:
        late = 2 if not job.is_open else 1 if job.is_offered else 0
        return late, self.rank(job), job.order

    def rank(self, job: Job) -> Rank:
        """Return how urgent a job is now."""
        return job.rank(is_looked_at=self._is_looked_at(job))

    def weights_move(
        self, fingerprint: str, name: NetworkName, copied: Callable[[], Model]
    ) -> bool:
        """The network of a fingerprint learns on under another; its open jobs keep what they began.

        Guesses end; what was asked for gets the copy that `copied` makes, if there is such a job.
        Tells whether there is.
        """
        theirs = [job for job in self if self._is_of(job, fingerprint)]
        for job in theirs:
            if job.is_guess:
                self.finish(job, JobState.CANCELLED)
        asked = [job for job in theirs if job.is_open]
        copy = copied() if asked else None
        for job in asked:
            job.model = copy
        self.network = name
        self.changed()
        return bool(asked)

    def _is_of(self, job: Job, fingerprint: str) -> bool:
        has_weights = job.model is not None or job.is_offered or not job.is_open
        return (
            not has_weights and job.network is not None and job.network.fingerprint == fingerprint
        )

    def look_at(self, unit: Unit | None) -> None:
        """Turn to a unit; what was put before jobs for another one is put before them no more."""
        self.looked_at = unit
        for job in self:
            if job.kind.rank(job.request) is Rank.VIEW:
                job.lowered = Rank.ASKED

    def _is_looked_at(self, job: Job) -> bool:
        wanted = self.looked_at
        return (
            wanted is not None
            and job.kind.rank(job.request) is Rank.VIEW
            and all(job.kind.unit_of(part) == wanted for part in job.parts)
        )

    # Any thread

    def front(self, passes: Callable[[Job], bool] | None = None) -> Job | None:
        """Return the job to run now: the network it needs is there, and it has something to do.

        `passes` tells of a job that it is not to be run just now.
        """
        with self.lock:
            if passes is not None:
                able = [job for job in self if not passes(job) and self.is_able(job)]
                return min(able, key=self._place, default=None)
            if self._front is None:
                able = [job for job in self if self.is_able(job)]
                self._front = (min(able, key=self._place, default=None),)
            return self._front[0]

    def is_able(self, job: Job) -> bool:
        """Tell whether the job could run now. With the lock held."""
        usable = job.is_open and job.is_ready and not job.is_held and not job.is_offered
        return usable and job.goes_with(self.fingerprint) and job.has_work

    def statuses(self) -> tuple[JobStatus, ...]:
        with self.lock:
            self.asked = True
            present = self.fingerprint
            return tuple(job.status(present) for job in self.running_order())

    def wake(self) -> None:
        """Without the lock: say that there may be something to run and to show."""
        self._on_change()
        self._on_news()
