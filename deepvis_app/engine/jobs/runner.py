"""Runs the job in front, a piece at a time, on the thread that owns the device."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deepvis_app.engine.failures import is_out_of_memory
from deepvis_app.engine.jobs.job import Report
from deepvis_app.engine.jobs.lane import Lane
from deepvis_app.engine.jobs.pace import Pace, Remaining
from deepvis_app.engine.jobs.status import JobState, NetworkName
from deepvis_app.engine.rate import RateMeter
from deepvis_app.errors import UserError, in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deepvis_app.engine.jobs.board import Board
    from deepvis_app.engine.jobs.job import Job, SavedLane
    from deepvis_app.engine.jobs.keeper import Keeper
    from deepvis_app.engine.jobs.kind import Chunk
    from deepvis_app.engine.worker import Model

logger = logging.getLogger(__name__)

PREVIEW_S = 0.125
CHECKPOINT_S = 10.0
SHOW = "show"  # the kinds of pieces that are no part of a step
SAVE = "save"
TIDY = "tidy"
ERRAND = 6  # pieces within which one that comes back goes away again


@dataclass(slots=True)
class _Begun:
    """Batches of a job that were begun, while another one runs."""

    lanes: list[Lane]
    remaining: Remaining
    saved_s: float


class Runner:
    """All methods are for the device worker's thread.

    A job that only waits for what is done elsewhere lets others go on meanwhile. It takes what came
    of it as soon as that is there; whoever it interrupts then keeps what was begun.

    A network may never come back from a piece. Then another thread puts the piece's job aside and
    goes on: `_lanes` is another list by that, and what the first thread finds late is dropped.
    """

    def __init__(
        self,
        board: Board,
        keeper: Keeper,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.steps = RateMeter()
        self._board, self._keeper, self._clock = board, keeper, clock
        self._job: Job | None = None
        self._model: Model | None = None
        self._lanes: list[Lane] = []
        self._resting: dict[Job, _Begun] = {}  # those that no checkpoint is to be made of
        self._in_a_row = 0  # pieces of the job that runs
        self._pace = Pace()
        self._remaining = Remaining()
        self._limits: dict[str, int] = {}  # parts at a time that a network has memory for
        self._shown_s = self._saved_s = 0.0
        self._is_unseen = False  # there are steps since the last previews

    def next_s(self) -> float | None:
        """Return how long the next piece will take, as a rule; None: there is none now."""
        job = self._front()
        if job is not None:
            return self._pace.expect(self._kind())
        has_left = self._job is not None or any(not one.is_open for one in self._resting)
        return self._pace.expect(TIDY) if has_left else None

    def _front(self) -> Job | None:
        """Return the job to run now: one that can do nothing but wait is passed over."""
        begun = [*self._resting, *([] if self._job is None else [self._job])]
        waiting = [job for job in begun if self._waits(job)]
        if not waiting:
            return self._board.front()
        is_apart = any(job.kind.works_apart for job in waiting)
        return self._board.front(lambda job: job in waiting or (is_apart and job.kind.works_apart))

    def _waits(self, job: Job) -> bool:
        """Tell whether all that a job could do is to wait for what is done elsewhere."""
        return any(lane.waits for lane in self._lanes_of(job))

    def _comes_back(self, job: Job | None) -> bool:
        """Tell whether a job goes on now with what was done elsewhere."""
        return job is not None and any(lane.awaits for lane in self._lanes_of(job))

    def _lanes_of(self, job: Job) -> Sequence[Lane]:
        if job is self._job:
            return self._lanes
        return self._resting[job].lanes if job in self._resting else ()

    def pushes(self) -> bool:
        """Tell whether the job in front may cost live some frames."""
        job = self._front()
        return job is None or not job.is_guess

    def run_piece(self, model: Model) -> None:
        """Run one piece of the job in front; one that is no longer in front is put aside."""
        job = self._front()
        model = model if job is None or job.model is None else job.model
        if self._is_another(model, job):
            self.put_aside()
            self._model = model
        elif job is not self._job:
            self._timed(TIDY, lambda: self._rest(job))
        self._drop_ended()
        if job is not None and job is not self._job:
            self._take_up(job)
        if job is None or not job.goes_with(model.fingerprint):
            return
        self._in_a_row += 1
        if self._in_a_row == ERRAND:
            self._stop_others()
        kind = self._kind()
        if kind == SHOW:
            self._timed(kind, self._show)
        elif kind == SAVE:
            self._timed(kind, self._save)
        else:
            self._step(job, model)

    def _is_another(self, model: Model, job: Job | None) -> bool:
        """Tell whether what is in work was begun with another model than this one for the job."""
        is_other = model is not self._model
        return is_other and (job is None or job.kind.needs_network or self._model is None)

    def weights_move(self, old: Model, new: Model) -> None:
        """Let jobs go on with a copy of the weights that they were asked for."""
        replica = new.replica
        step = f", {new.note}" if new.note else ""
        name = NetworkName(new.fingerprint, f"{replica.name}{step}", replica.spec)
        with self._board.lock:
            has_asked = self._board.weights_move(old.fingerprint, name, old.copied)
        if has_asked:
            self.put_aside()
            self._keeper.write_list()

    def put_aside(self, *, closing: bool = False) -> None:
        """Stop the present job within its step; what it has reached is kept, as it goes on later.

        It is kept in memory, and in the store where the job is not merely overtaken. What needs no
        network and goes on with what is done elsewhere is kept, unless all is `closing`.
        """
        with self._board.lock:
            job, lanes, self._job, self._lanes = self._job, self._lanes, None, []
            begun, self._resting = self._resting, {}
            if job is not None:
                begun[job] = _Begun(lanes, self._remaining, self._saved_s)
            for one, theirs in list(begun.items()):
                awaits = any(lane.awaits for lane in theirs.lanes)
                if awaits and one.is_open and not one.kind.needs_network and not closing:
                    self._resting[one] = begun.pop(one)
        for one, theirs in begun.items():
            self._let_go(one, theirs.lanes, closing=closing)

    def _rest(self, other: Job | None) -> None:
        """Stop the present job for another one, or for nothing: the network stays."""
        with self._board.lock:
            goes_on = self._job is not None and (self._waits(self._job) or self._comes_back(other))
            job, lanes, self._job, self._lanes = self._job, self._lanes, None, []
            rest = [one for one in lanes if goes_on or one.can_rest()]
            if job is not None and job.is_open and rest:
                self._resting[job] = _Begun(rest, self._remaining, self._saved_s)
                lanes = [lane for lane in lanes if lane not in rest]
        if job is not None and not (goes_on and job in self._resting):
            self._let_go(job, lanes)

    def _drop_ended(self) -> None:
        """Let go of what ended while it rested."""
        with self._board.lock:
            ended = [one for one in self._resting if not one.is_open]
            left = [(one, self._resting.pop(one).lanes) for one in ended]
        for one, theirs in left:
            self._let_go(one, theirs)

    def _stop_others(self) -> None:
        """Say of those that were interrupted for a moment that they do not run any more."""
        with self._board.lock:
            for job in self._resting:
                if job.is_running and not self._waits(job):
                    job.is_running = False
                    self._board.changed(job)

    def _let_go(self, job: Job, lanes: Sequence[Lane], *, closing: bool = False) -> None:
        """End lanes and give their parts back to their job, as far as they have come."""
        saved = _saved(lanes) if job.is_open else []
        for lane in lanes:
            lane.close()
        with self._board.lock:
            job.is_running = False
            if job.is_open:
                kept = {part for one in saved for part in one.parts}
                lost = [p for lane in lanes for p in lane.parts if p not in kept]
                job.saved, job.todo = [*saved, *job.saved], [*lost, *job.todo]
                job.open = sum(len(lane.parts) for lane in self._lanes_of(job))
                saved = list(job.saved)
            self._board.changed(job)
            is_overtaken = self._board.is_able(job) and not closing
        if saved and not is_overtaken:
            self._keeper.set_checkpoint(job, saved)

    # The job in front

    def _take_up(self, job: Job) -> None:
        self._in_a_row = 0
        with self._board.lock:
            begun = self._resting.pop(job, None) or _Begun([], Remaining(), self._clock())
            self._remaining, self._saved_s = begun.remaining, begun.saved_s
            self._job, self._lanes = job, begun.lanes
            job.is_running = True
            self._board.changed(job)

    def _kind(self) -> object:
        """Return what the next piece is."""
        now_s = self._clock()
        lane = self._next_lane()
        if lane is None or lane.is_half:  # what holds a graph in memory goes on
            return None if lane is None else lane.piece
        if self._is_unseen and self._board.asked and now_s - self._shown_s >= PREVIEW_S:
            return SHOW
        if now_s - self._saved_s >= CHECKPOINT_S and lane.progress is not None:
            return SAVE
        return lane.piece

    def _next_lane(self) -> Lane | None:
        half = next((lane for lane in self._lanes if lane.is_half), None)
        return half or min(self._lanes, key=lambda lane: lane.step, default=None)

    def _timed(self, kind: object, action: Callable[[], None]) -> None:
        started = self._clock()
        action()
        self._pace.note(kind, self._clock() - started)

    def _step(self, job: Job, model: Model) -> None:
        lanes, failure = self._lanes, None
        try:
            self._advance(job, model, lanes)
        except UserError as error:
            failure = error
        except BaseException as error:
            if not is_out_of_memory(error):
                logger.info("a job failed", exc_info=True)
                failure = _explained(job, error)
        else:
            return
        # Only now: what was raised held on to the memory.
        if not self._drop_lanes(job, lanes):
            return
        if failure is not None:
            self._fail(job, failure)
        else:
            self._halve(job, model, sum(len(lane.parts) for lane in lanes))

    def _advance(self, job: Job, model: Model, lanes: list[Lane]) -> None:
        self._fill(job, model)
        lane = self._next_lane()
        if lane is None:
            return
        kind, was_started, started = self._kind(), lane.is_started, self._clock()
        values = lane.advance(job.request)
        lane.when_ready(self._board.wake)
        model.device.synchronise()
        took_s = self._clock() - started
        with self._board.lock:
            if self._lanes is not lanes:
                return
            if was_started and values is None:  # what ends a batch is no step
                self._pace.note(kind, took_s)
            if values is not None:
                self._finished(job, lane, values)
            elif not lane.is_half:
                self._stepped(job, lane)

    def _fill(self, job: Job, model: Model) -> None:
        """Begin batches until as many are in work as may be."""
        while (begun := self._begin(job, self._chunk(job, model))) is not None:
            lane = Lane(job.kind, model, *begun)
            with self._board.lock:
                for part in lane.parts:
                    lane.traces[part] = list(job.traces.get(part, ()))
            self._lanes.append(lane)

    def _chunk(self, job: Job, model: Model) -> Chunk:
        usual = job.kind.chunk(job.request, model)
        return usual.within(self._limits.get(model.fingerprint, usual.parts))

    def _begin(self, job: Job, chunk: Chunk) -> tuple[Any, SavedLane | None] | None:
        """Take the next batch off the job's list."""
        with self._board.lock:
            if len(self._lanes) >= chunk.lanes or not job.is_open:
                return None
            if job.saved:
                saved = job.saved.pop(0)
                job.open += len(saved.parts)
                return saved.request, saved
            kind, wanted = job.kind, self._board.looked_at
            job.todo.sort(key=lambda p: wanted is None or kind.unit_of(p) != wanted)  # stable
            parts, job.todo = job.todo[: chunk.batch], job.todo[chunk.batch :]
            job.open += len(parts)
            return (kind.only(job.request, parts), None) if parts else None

    # After a piece

    def _stepped(self, job: Job, lane: Lane) -> None:
        self._remaining.step(self._clock(), lane.advanced * len(lane.parts))
        self.steps.count()
        self._is_unseen = True
        with self._board.lock:
            total = lane.total
            steps = sum((one.total - one.step) * len(one.parts) for one in self._lanes)
            steps += total * (len(job.todo) + sum(len(one.parts) for one in job.saved))
            step = min(one.step for one in self._lanes)
            job.report = Report(step, total, self._remaining.seconds(steps))
            self._board.changed(job)

    def _show(self) -> None:
        """Put previews and curves into the status."""
        self._shown_s, self._is_unseen, self._board.asked = self._clock(), False, False
        job = self._job
        shown = [seen for lane in self._lanes for seen in lane.previews()]
        if job is None:
            return
        with self._board.lock:
            for part, preview, trace in shown:
                job.previews[part], job.traces[part] = preview, trace
            self._board.changed(job)

    def _save(self) -> None:
        self._saved_s = self._clock()
        saved = _saved(self._lanes)
        if self._job is not None and saved:
            self._keeper.set_checkpoint(self._job, saved)

    def _finished(self, job: Job, lane: Lane, values: Sequence[Any]) -> None:
        self._lanes.remove(lane)
        with self._board.lock:
            if not job.is_open:
                return
            job.open -= len(lane.parts)
            for part, value in zip(lane.parts, values, strict=True):
                job.unkept.append((part, value))
                job.previews[part], job.traces[part] = job.kind.show(value)
            if not job.has_work:
                job.is_running = False
            self._board.changed(job)
        self._keeper.keep(job)

    def _halve(self, job: Job, model: Model, parts: int) -> None:
        """Go on with half as many parts at a time; what the batches had reached is lost."""
        model.device.release_memory()
        if parts <= 1:
            noun = job.kind.noun
            cause = f"There is not enough memory for even one {noun}"
            remedy = f"Choose a smaller {noun}, a smaller network or another device"
            self._fail(job, UserError(cause, remedy))
            return
        limit = max(parts // 2, 1)
        self._limits[model.fingerprint] = limit
        with self._board.lock:
            job.note(f"The batch was halved to {limit}: memory")
            self._board.changed(job)

    def _drop_lanes(self, job: Job, lanes: list[Lane]) -> bool:
        """Let go of the batches in work; return False where another thread has done so."""
        with self._board.lock:
            if self._lanes is not lanes:
                return False
            self._lanes = []
            job.todo[:0] = [part for lane in lanes for part in lane.parts]
            job.open = 0
        for lane in lanes:
            lane.close()
        return True

    def _fail(self, job: Job, error: UserError) -> None:
        self._job = None
        with self._board.lock:
            if job.is_open:
                self._board.finish(job, JobState.FAILED, error)
        self._keeper.drop_checkpoint(job)
        self._keeper.write_list()
        self._board.wake()


def _explained(job: Job, error: BaseException) -> UserError:
    cause, remedy = job.kind.failure
    return UserError(f"{cause}: {in_words(error)}", remedy)


def _saved(lanes: Sequence[Lane]) -> list[SavedLane]:
    return [saved for lane in lanes if (saved := lane.save()) is not None]
