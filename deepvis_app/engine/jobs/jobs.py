"""Long work in the background: asked for, steered and watched from any thread."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from deepvis_app.engine.jobs.board import Board
from deepvis_app.engine.jobs.keeper import Keeper
from deepvis_app.engine.jobs.memory import last_time
from deepvis_app.engine.jobs.runner import Runner
from deepvis_app.engine.jobs.status import JobState, NetworkName

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from deepvis_app.engine.jobs.kind import Kinds
    from deepvis_app.engine.jobs.status import JobStatus
    from deepvis_app.engine.rate import RateMeter
    from deepvis_app.engine.worker import DeviceWorker, Model
    from deepvis_app.errors import UserError
    from deepvis_app.nets.layers import Unit
    from deepvis_app.store import Store

T = TypeVar("T")


class Jobs:
    """The jobs of one engine. Any thread may call any method; none waits for a step or a disk.

    What is in the store already is answered from it, the rest is made on the device worker's
    thread between frames. Look at `statuses()` as often as is wanted.
    """

    def __init__(
        self,
        worker: DeviceWorker,
        store: Store | None,
        kinds: Kinds,
        on_news: Callable[[], None] = lambda: None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._worker, self._store, self._kinds = worker, store, kinds
        self._board = Board(worker.poke, on_news)
        self._keeper = Keeper(self._board, store)
        self._runner = Runner(self._board, self._keeper, clock)
        worker.pieces = self._runner
        self._is_started = False

    @property
    def fault(self) -> UserError | None:
        """Why nothing can be kept, such as a full disk, or what was damaged; None: all is well."""
        return self._board.fault

    @property
    def steps(self) -> RateMeter:
        """Steps of batches."""
        return self._runner.steps

    def start(self) -> None:
        self._is_started = True
        self._keeper.clerk.start()

    def close(self) -> None:
        """Ask the store's thread to end when all is kept. The device worker has ended before."""
        self._keeper.clerk.close()

    def join(self, timeout_s: float) -> None:
        if self._is_started:
            self._keeper.clerk.join(timeout_s)

    # What is wanted

    def submit(self, request: object) -> int:
        """Ask for something of one of the kinds, of the present network; return the job's number.

        A request that is being worked on already is that job. Before the first network is there,
        the job waits for it.
        """
        kind = self._kinds.of(request)
        with self._board.lock:
            job = self._board.like(kind, request)
            is_new = job is None
            if job is None:
                job = self._board.add(kind, request, self._board.network)
            elif job.is_guess:
                job.request = request
                self._board.changed(job)
            self._board.prefer(job)
        if is_new:
            self._keeper.look_up(job)
        if not job.is_guess:
            self._keeper.write_list()
        self._board.wake()
        return job.id

    def pause(self, number: int) -> None:
        """Let a job rest after its present step."""
        with self._board.lock:
            job = self._board.get(number)
            if job is None or not job.is_open or job.is_offered:
                return
            job.is_held = True
            self._board.changed(job)
        self._board.wake()

    def resume(self, number: int) -> None:
        """Let a paused job go on; accept one that is offered."""
        with self._board.lock:
            job = self._board.get(number)
            if job is None or not job.is_open:
                return
            is_unknown = job.is_offered or not job.is_ready
            job.is_held, job.held_for, job.is_offered = False, "", False
            self._board.changed(job)
        if is_unknown:
            self._keeper.look_up(job)
        self._keeper.keep(job)  # what could not be kept before
        self._keeper.write_list()
        self._board.wake()

    def cancel(self, number: int) -> None:
        """End a job after its present step; drop one that is offered. Finished parts stay."""
        with self._board.lock:
            job = self._board.get(number)
            if job is None or not job.is_open:
                return
            was_offered = job.is_offered
            self._board.finish(job, JobState.CANCELLED)
            if was_offered:
                self._board.remove(job)
            self._keeper.drop_checkpoint(job)
        self._keeper.write_list()
        self._board.wake()

    def move(self, number: int, place: int) -> None:
        """Put a job at a place among the unfinished ones; 0 is first.

        What is asked for later, and a unit that is turned to later, may go before it still.
        """
        with self._board.lock:
            job = self._board.get(number)
            if job is None or not job.is_open:
                return
            others = [one for one in self._board.running_order() if one.is_open and one is not job]
            others.insert(max(place, 0), job)
            places = sorted(one.order for one in others)
            for one, order in zip(others, places, strict=True):
                one.order = order
            rank = self._board.rank(job)
            for one in others[others.index(job) + 1 :]:
                one.lowered = max(one.lowered, rank)
            self._board.changed()
        self._board.wake()

    def change(self, number: int, wish: Any) -> None:
        """Go on in another way from the next step on, such as by another recipe.

        Raises `UserError` where that takes another job.
        """
        with self._board.lock:
            job = self._board.get(number)
            if job is None or not job.is_open:
                return
            request = job.kind.changed(job.request, wish)
            if request is job.request:
                return
            job.change(request)
            self._board.changed(job)
        self._keeper.look_up(job)
        self._keeper.write_list()

    def look_at(self, unit: Unit | None) -> None:
        """Let the jobs for this unit go first, and it first in its layer; None: no unit."""
        with self._board.lock:
            wanted = None if unit is None else replace(unit, position=None)
            if wanted == self._board.looked_at:
                return
            self._board.look_at(wanted)
            self._board.changed()
        self._board.wake()

    def set_share(self, share: float) -> None:
        """Give jobs so much (0..1) of the device's time when live would fill it."""
        self._worker.set_share(share)

    # What is there

    def statuses(self) -> tuple[JobStatus, ...]:
        """Return every job as it is now, in running order, then those that have ended."""
        return self._board.statuses()

    def clear_finished(self) -> None:
        """Forget the jobs that are done, failed or cancelled; their results stay."""
        with self._board.lock:
            for job in [one for one in self._board if not one.is_open]:
                self._board.remove(job)

    def look_up(self, question: Callable[[], T], *, is_order: bool = False) -> Future[T]:
        """Have a question to the store answered on the store's thread.

        It is left out when nobody holds its answer any more; an order is done all the same.
        """
        return self._keeper.clerk.ask(question, is_order=is_order)

    def take_back(self) -> tuple[JobStatus, ...]:
        """Offer what the last session left unfinished: resume a job to accept it, or cancel it.

        What cannot be read of it is set aside, and `fault` says so.
        """
        if self._store is not None:
            records, error = last_time(self._store, self._kinds)
            with self._board.lock:
                self._board.fault = error or self._board.fault
                known = self._keeper.known()
                for record in records:
                    if record.uid not in known:
                        job = self._board.add(record.kind, record.request, record.network)
                        job.uid, job.is_changed = record.uid, record.is_changed
                        job.is_offered = job.has_checkpoint = True
                        self._keeper.own(job)
            if error is not None:
                self._keeper.write_list()  # of what could be read
        return tuple(one for one in self.statuses() if one.state is JobState.OFFERED)

    def use_network(self, model: Model) -> None:
        """Say that requests are about this network from now on; jobs of another one wait."""
        replica = model.replica
        with self._board.lock:
            network = NetworkName(model.fingerprint, replica.name, replica.spec)
            self._board.network = network
            homeless = [job for job in self._board if job.network is None and job.is_open]
            for job in homeless:
                job.network = network
            self._board.changed()
        for job in homeless:
            self._keeper.look_up(job)
        if homeless:
            self._keeper.write_list()
        self._board.wake()
