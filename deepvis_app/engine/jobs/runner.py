"""Runs the job in front, a piece at a time, on the thread that owns the device."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from deepvis_app.engine.failures import is_out_of_memory
from deepvis_app.engine.jobs.chunks import Chunk, chunk_for
from deepvis_app.engine.jobs.job import Report
from deepvis_app.engine.jobs.lane import Lane
from deepvis_app.engine.jobs.pace import Pace, Remaining
from deepvis_app.engine.jobs.request import Purpose, unit_of
from deepvis_app.engine.jobs.status import JobState
from deepvis_app.engine.rate import RateMeter
from deepvis_app.errors import UserError, in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deepvis_app.engine.jobs.board import Board
    from deepvis_app.engine.jobs.job import Job, SavedLane
    from deepvis_app.engine.jobs.keeper import Keeper
    from deepvis_app.engine.jobs.lane import Synthesis
    from deepvis_app.engine.kept.gallery import Scores
    from deepvis_app.engine.worker import Model
    from deepvis_app.nets.network import Network
    from deepvis_app.synth import Recipe, Sample, SynthesisResult

    Score = Callable[[Network, SynthesisResult, str], Scores | None]

logger = logging.getLogger(__name__)

PREVIEW_S = 0.125
CHECKPOINT_S = 10.0
SHOW = "show"  # the kinds of pieces that are no part of a step
SAVE = "save"


class Runner:
    """All methods are for the device worker's thread.

    A network may never come back from a piece. Then another thread puts the piece's job aside and
    goes on: `_lanes` is another list by that, and what the first thread finds late is dropped.
    """

    def __init__(
        self,
        board: Board,
        keeper: Keeper,
        synthesis: Synthesis,
        clock: Callable[[], float] = time.monotonic,
        score: Score | None = None,
    ) -> None:
        self._score = score
        self.steps = RateMeter()
        self._board, self._keeper = board, keeper
        self._synthesis, self._clock = synthesis, clock
        self._job: Job | None = None
        self._model: Model | None = None
        self._lanes: list[Lane] = []
        self._pace = Pace()
        self._remaining = Remaining()
        self._limits: dict[str, int] = {}  # pictures at a time that a network has memory for
        self._shown_s = self._saved_s = 0.0
        self._is_unseen = False  # there are steps since the last previews

    def next_s(self) -> float | None:
        """Return how long the next piece will take, as a rule; None: there is none."""
        return None if self._board.front() is None else self._pace.expect(self._kind())

    def pushes(self) -> bool:
        """Tell whether the job in front may cost live some frames."""
        job = self._board.front()
        return job is not None and job.request.purpose is not Purpose.PREFETCH

    def run_piece(self, model: Model) -> None:
        """Run one piece of the job in front; one that is no longer in front is put aside."""
        job = self._board.front()
        if job is not self._job or model is not self._model:
            self.put_aside()
            self._model = model
            if job is not None:
                self._take_up(job)
        if job is None or job.network is None or job.network.fingerprint != model.fingerprint:
            return
        kind = self._kind()
        if kind == SHOW:
            self._timed(kind, self._show)
        elif kind == SAVE:
            self._timed(kind, self._save)
        else:
            self._step(job, model)

    def put_aside(self, *, closing: bool = False) -> None:
        """Stop the present job within its step; what it has reached is kept, as it goes on later.

        It is kept in memory, and in the store where the job is not merely overtaken.
        """
        with self._board.lock:
            job, lanes, self._job, self._lanes = self._job, self._lanes, None, []
        if job is None:
            return
        saved = _saved(lanes) if job.is_open else []
        for lane in lanes:
            lane.close()
        with self._board.lock:
            job.is_running = False
            if job.is_open:
                kept = {sample for one in saved for sample in one.samples}
                lost = [s for lane in lanes for s in lane.samples if s not in kept]
                job.saved, job.todo, job.open = [*saved, *job.saved], [*lost, *job.todo], 0
                saved = list(job.saved)
            self._board.changed(job)
            is_overtaken = self._board.is_able(job) and not closing
        if saved and not is_overtaken:
            self._keeper.set_checkpoint(job, saved)

    # The job in front

    def _take_up(self, job: Job) -> None:
        self._job, self._remaining = job, Remaining()
        self._saved_s = self._clock()
        with self._board.lock:
            job.is_running = True
            self._board.changed(job)

    def _kind(self) -> object:
        """Return what the next piece is."""
        now_s = self._clock()
        lane = self._next_lane()
        if lane is None or lane.is_half:  # what holds a graph in memory goes on
            return None if lane is None else (len(lane.samples), True)
        if self._is_unseen and self._board.asked and now_s - self._shown_s >= PREVIEW_S:
            return SHOW
        if now_s - self._saved_s >= CHECKPOINT_S and lane.progress is not None:
            return SAVE
        return len(lane.samples), False

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
                failure = _explained(error)
        else:
            return
        # Only now: what was raised held on to the memory.
        if not self._drop_lanes(job, lanes):
            return
        if failure is not None:
            self._fail(job, failure)
        else:
            self._halve(job, model, sum(len(lane.samples) for lane in lanes))

    def _advance(self, job: Job, model: Model, lanes: list[Lane]) -> None:
        self._fill(job, model)
        lane = self._next_lane()
        if lane is None:
            return
        kind, was_started, started = self._kind(), lane.is_started, self._clock()
        results = lane.advance(job.request.recipe)
        model.device.synchronise()
        took_s = self._clock() - started
        scores = [] if results is None else self._scores(model, results)
        with self._board.lock:
            if self._lanes is not lanes:
                return
            if was_started:
                self._pace.note(kind, took_s)
            if results is not None:
                self._finished(job, lane, results, scores)
            elif not lane.is_half:
                self._stepped(job, lane)

    def _fill(self, job: Job, model: Model) -> None:
        """Begin batches until as many are in work as may be."""
        while (begun := self._begin(job, self._chunk(job, model))) is not None:
            samples, recipe, saved = begun
            network = model.replica
            lane = Lane(self._synthesis, network, samples, recipe, saved)
            with self._board.lock:
                for sample in samples:
                    lane.traces[sample] = list(job.traces.get(sample, ()))
            self._lanes.append(lane)

    def _chunk(self, job: Job, model: Model) -> Chunk:
        request = job.request
        usual = chunk_for(model.device, request.purpose, request.recipe, len(request.samples))
        return usual.within(self._limits.get(model.fingerprint, usual.pictures))

    def _begin(
        self, job: Job, chunk: Chunk
    ) -> tuple[tuple[Sample, ...], Recipe, SavedLane | None] | None:
        """Take the next batch off the job's list."""
        with self._board.lock:
            if len(self._lanes) >= chunk.lanes or not job.is_open:
                return None
            if job.saved:
                saved = job.saved.pop(0)
                job.open += len(saved.samples)
                return saved.samples, saved.recipe, saved
            looked_at = self._board.looked_at
            job.todo.sort(key=lambda s: looked_at is None or unit_of(s) != looked_at)  # stable
            samples, job.todo = tuple(job.todo[: chunk.batch]), job.todo[chunk.batch :]
            job.open += len(samples)
            return (samples, job.request.recipe, None) if samples else None

    # After a piece

    def _stepped(self, job: Job, lane: Lane) -> None:
        self._remaining.step(self._clock(), len(lane.samples))
        self.steps.count()
        self._is_unseen = True
        with self._board.lock:
            total = lane.total
            steps = sum((one.total - one.step) * len(one.samples) for one in self._lanes)
            steps += total * (len(job.todo) + sum(len(one.samples) for one in job.saved))
            step = min(one.step for one in self._lanes)
            job.report = Report(step, total, self._remaining.seconds(steps))
            self._board.changed(job)

    def _show(self) -> None:
        """Put previews and curves into the status."""
        self._shown_s, self._is_unseen, self._board.asked = self._clock(), False, False
        job = self._job
        shown = [
            (sample, picture, tuple(lane.traces[sample]))
            for lane in self._lanes
            if lane.progress is not None
            for sample, picture in zip(lane.samples, lane.progress.pictures(), strict=True)
        ]
        if job is None:
            return
        with self._board.lock:
            for sample, picture, trace in shown:
                picture.setflags(write=False)
                job.previews[sample], job.traces[sample] = picture, trace
            self._board.changed(job)

    def _save(self) -> None:
        self._saved_s = self._clock()
        if self._job is not None:
            self._keeper.set_checkpoint(self._job, _saved(self._lanes))

    def _scores(self, model: Model, results: Sequence[SynthesisResult]) -> list[Scores | None]:
        """Measure finished pictures; what cannot be measured has no scores."""
        if self._score is None:
            return [None] * len(results)
        try:
            return [self._score(model.replica, each, model.fingerprint) for each in results]
        except UserError as error:  # of the store, whose failures its keeper tells
            logger.info("pictures are not scored: %s", error)
        except BaseException as error:
            if not is_out_of_memory(error):
                logger.info("pictures are not scored", exc_info=True)
        return [None] * len(results)

    def _finished(
        self,
        job: Job,
        lane: Lane,
        results: Sequence[SynthesisResult],
        scores: Sequence[Scores | None],
    ) -> None:
        self._lanes.remove(lane)
        with self._board.lock:
            if not job.is_open:
                return
            job.open -= len(lane.samples)
            found = zip(lane.samples, results, scores, strict=True)
            for sample, result, measured in found:
                if measured is not None:
                    job.scores[sample] = measured
                result.image.setflags(write=False)
                job.unkept.append((sample, result))
                job.previews[sample] = result.image
                job.traces[sample] = tuple(map(float, result.trace))
            if not job.has_work:
                job.is_running = False
            self._board.changed(job)
        self._keeper.keep(job)

    def _halve(self, job: Job, model: Model, pictures: int) -> None:
        """Go on with half as many pictures at a time; what the batches had reached is lost."""
        model.device.release_memory()
        if pictures <= 1:
            self._fail(
                job,
                UserError(
                    "There is not enough memory for even one picture",
                    "Choose a smaller picture size, a smaller network or another device",
                ),
            )
            return
        limit = max(pictures // 2, 1)
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
            job.todo[:0] = [sample for lane in lanes for sample in lane.samples]
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


def _explained(error: BaseException) -> UserError:
    return UserError(
        f"The pictures could not be made: {in_words(error)}",
        "Choose another recipe or another network",
    )


def _saved(lanes: Sequence[Lane]) -> list[SavedLane]:
    return [saved for lane in lanes if (saved := lane.save()) is not None]
