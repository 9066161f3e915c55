"""What jobs look for and keep in the store; all of it on the clerk's thread."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypeVar

from deepvis_app.engine.jobs.clerk import Clerk, Urgency
from deepvis_app.engine.jobs.job import FEW
from deepvis_app.engine.jobs.kind import Rank
from deepvis_app.engine.jobs.memory import (
    CHECKPOINT,
    LIST,
    checkpoint_files,
    checkpoint_key,
    job_data,
    list_text,
    listed,
    with_checkpoint,
)
from deepvis_app.engine.jobs.status import JobState
from deepvis_app.errors import UserError, one_line
from deepvis_app.reading import Unreadable
from deepvis_app.store import StoreBusyError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deepvis_app.engine.jobs.board import Board
    from deepvis_app.engine.jobs.job import Job, SavedLane
    from deepvis_app.engine.jobs.kind import Found
    from deepvis_app.store import Store

logger = logging.getLogger(__name__)
T = TypeVar("T")

MOST_UNKEPT = 50  # results of a job in memory, each of a megabyte or so
LOOKED_UP_AT_ONCE = 8  # then whoever is more urgent has a turn


class Keeper:
    """Asks the store before a job runs, and brings there what it gives.

    Where the store fails, `Board.fault` says so, and a job whose results cannot be kept pauses
    with them in memory; nothing is computed twice. Without a store nothing is found and kept.
    """

    def __init__(self, board: Board, store: Store | None) -> None:
        self.clerk = Clerk()
        self._board, self._store = board, store
        self._own: set[str] = set()  # jobs that this process had in its list, ever

    # Any thread

    def known(self) -> set[str]:
        """Return the jobs that this process has, or had. With the board's lock held."""
        return self._own | {job.uid for job in self._board}

    def own(self, job: Job) -> None:
        """Take a job of the list for this process's own. With the board's lock held."""
        self._own.add(job.uid)

    def look_up(self, job: Job) -> None:
        """Find what is there already of a job that is to run; it is ready afterwards."""
        is_awaited = job.kind.rank(job.request) in (Rank.ASKED, Rank.VIEW)
        urgency = Urgency.LOOK if is_awaited else Urgency.LATER
        self.clerk.do(urgency, lambda: self._look_up(job, job.todo[:], urgency))

    def keep(self, job: Job) -> None:
        """Keep the job's finished parts."""
        self.clerk.do(Urgency.KEEP, lambda: self._keep(job), ("keep", job.uid))

    def write_list(self) -> None:
        """Bring the list of unfinished jobs to the store."""
        self.clerk.do(Urgency.KEEP, self._write_list, "list")

    def set_checkpoint(self, job: Job, lanes: Sequence[SavedLane]) -> None:
        """Keep what a job has in work, in place of the last time's."""
        if self._store is not None:
            self.clerk.do(
                Urgency.KEEP, lambda: self._set_checkpoint(job, lanes), ("checkpoint", job.uid)
            )

    def drop_checkpoint(self, job: Job) -> None:
        """Remove what was kept of a job that has ended."""
        if self._store is not None and job.has_checkpoint:
            job.has_checkpoint = False
            key = checkpoint_key(job.uid)
            store = self._store
            self.clerk.do(
                Urgency.KEEP,
                lambda: self._guarded(lambda: store.remove(key)),
                ("checkpoint", job.uid),
            )

    # The clerk's thread

    def _look_up(
        self,
        job: Job,
        wanted: Sequence[Any],
        urgency: Urgency,
        lanes: Sequence[SavedLane] | None = None,
    ) -> None:
        if lanes is None:
            lanes = self._saved(job)  # first: the request's luggage may say what is looked for
        with self._board.lock:
            if not job.is_open:
                return
            network, request, find = job.network, job.request, job.kind.find
        if network is None:  # asked again when it is known
            return
        for part in wanted[:LOOKED_UP_AT_ONCE]:
            found = self._guarded(lambda part=part: find(network, request, part))  # type: ignore[misc]
            if found is not None:
                self._found(job, part, found)
        rest = wanted[LOOKED_UP_AT_ONCE:]
        if rest:
            self.clerk.do(urgency, lambda: self._look_up(job, rest, urgency, lanes))
            return
        with self._board.lock:
            job.is_ready = True
            for lane in lanes:
                if set(lane.parts) <= set(job.todo):
                    job.saved.append(lane)
                    job.todo = [one for one in job.todo if one not in lane.parts]
            self._board.changed(job)
            is_bare = job.is_open and job.has_work and not job.has_checkpoint
            request = job.request
        if is_bare and job.kind.luggage(request):
            self._set_checkpoint(job, ())
        self._end_if_whole(job)
        self._board.wake()

    def _found(self, job: Job, part: object, found: Found) -> None:
        with self._board.lock:
            if part not in job.todo:  # begun meanwhile
                return
            job.todo.remove(part)
            job.results[part] = found.key
            if len(job.parts) <= FEW:
                job.previews[part], job.traces[part] = found.shown
            self._board.changed(job)

    def _saved(self, job: Job) -> list[SavedLane]:
        """Give a job's request what was kept beside it; return what was in work."""
        store = self._store
        with self._board.lock:
            request = job.request
            if store is None or not job.is_open or not job.has_checkpoint or not job.todo:
                return []
        entry = self._guarded(lambda: store.get(checkpoint_key(job.uid)))
        try:
            whole, lanes = (
                (request, []) if entry is None else with_checkpoint(entry, job.kind, request)
            )
        except OSError:
            return []
        with self._board.lock:
            if job.request is request:  # as long as nobody has changed it
                job.request = whole
        return lanes

    def _keep(self, job: Job) -> None:
        while True:
            with self._board.lock:
                if not job.unkept or job.network is None:
                    break
                item, network, request = job.unkept[0], job.network, job.request
            try:
                key = job.kind.keep(network, request, *item)
            except StoreBusyError as error:
                self._wait_for_others(job, error)
                return
            except UserError as error:
                self._pause(job, error)
                return
            except Exception as error:
                logger.exception("a result could not be kept")
                self._pause(job, UserError(f"The store failed: {one_line(error)}"))
                return
            with self._board.lock:
                if job.unkept and job.unkept[0] is item:
                    self._kept(job, key)
        self._end_if_whole(job)
        self._board.wake()

    def _kept(self, job: Job, key: str) -> None:
        part, _ = job.unkept.pop(0)
        if key:
            job.results[part] = key
            self._board.fault = None
        else:
            job.without_store += 1
        if len(job.parts) > FEW:
            job.previews.pop(part, None)
            job.traces.pop(part, None)
        self._board.changed(job)

    def _wait_for_others(self, job: Job, error: StoreBusyError) -> None:
        """Try again while another program keeps the store busy; what is made meanwhile waits."""
        with self._board.lock:
            too_many = len(job.unkept) >= MOST_UNKEPT
        if too_many:
            self._pause(job, error)
            return
        self._fail(error)
        self.keep(job)

    def _pause(self, job: Job, error: UserError) -> None:
        with self._board.lock:
            self._board.fault = error
            job.is_held, job.held_for = True, f"Paused: {error}"
            self._board.changed(job)
        self._board.wake()

    def _end_if_whole(self, job: Job) -> None:
        with self._board.lock:
            if not job.is_open or not job.is_whole:
                return
            self._board.finish(job, JobState.DONE)
            self.drop_checkpoint(job)
        self.write_list()

    def _set_checkpoint(self, job: Job, lanes: Sequence[SavedLane]) -> None:
        store = self._store
        with self._board.lock:
            if store is None or not job.is_open:
                return
            job.has_checkpoint = True
        key, files = checkpoint_key(job.uid), checkpoint_files(lanes, job.kind, job.request)
        self._guarded(lambda: store.put(key, CHECKPOINT, files, {"job": job.uid}))

    def _write_list(self) -> None:
        store = self._store
        if store is None:
            return
        with self._board.lock:
            jobs = [job for job in self._board if job.is_open]
            self._own |= {job.uid for job in jobs}
            own = [data for job in jobs if (data := job_data(job)) is not None]
        self._guarded(lambda: self._merge_list(store, own))

    def _merge_list(self, store: Store, own: list[dict[str, Any]]) -> None:
        """Write this window's jobs, and leave in the list what other windows wrote."""
        before = store.kept(LIST)
        others = [job for job in _known_jobs(before) if job["uid"] not in self._own]
        text = list_text([*others, *own])
        if text != before:
            store.keep(LIST, text)

    def _guarded(self, action: Callable[[], T]) -> T | None:
        """Do something with the store; where that fails say so and return None."""
        try:
            result = action()
        except UserError as error:
            self._fail(error)
            return None
        return result

    def _fail(self, error: UserError) -> None:
        with self._board.lock:
            is_new = str(self._board.fault) != str(error)
            self._board.fault = error
        if is_new:
            self._board.wake()


def _known_jobs(text: str | None) -> list[dict[str, Any]]:
    """Return the jobs of a list that other windows may have written; none of a damaged one."""
    try:
        return listed(text)
    except Unreadable:  # the next start sets it aside, or this one did
        return []
