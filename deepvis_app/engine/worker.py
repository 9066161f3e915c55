"""The one thread that owns the network's replica and the device."""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass, replace
from enum import Enum
from threading import Condition, Thread
from typing import TYPE_CHECKING, NamedTuple, Protocol

from deepvis_app.engine.failures import failure_in_words
from deepvis_app.engine.live import LiveProcessor
from deepvis_app.engine.mailbox import Latest
from deepvis_app.engine.rate import RateMeter
from deepvis_app.engine.request import LiveRequest
from deepvis_app.engine.surroundings import Surroundings
from deepvis_app.engine.turns import Span, Turns
from deepvis_app.errors import UserError
from deepvis_app.vitals import PASS, Vitals

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.engine.device.device import Device
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.engine.weights import Weights
    from deepvis_app.frames.source import Frame
    from deepvis_app.nets.network import Network

logger = logging.getLogger(__name__)

REST_S = 0.4  # without a new frame for so long, the picture is one at rest: finish it
BREATH_S = 0.05  # for jobs, before a picture at rest goes on


@dataclass(frozen=True, slots=True)
class Model:
    """A network's replica on its device, and the fingerprint of the weights that it has."""

    replica: Network
    device: Device
    fingerprint: str
    network: Network | None = None  # of which it is a replica
    note: str = ""  # "step 812", of weights that came later

    def copied(self) -> Model:
        """Return a copy that keeps these weights."""
        place, last = self.device.place, self.device.channels_last
        return replace(self, replica=self.replica.replica(place, channels_last=last))


class PieceWork(Protocol):
    """Long work in short pieces, for the time between frames; called on the worker's thread."""

    def next_s(self) -> float | None:
        """Return how long the next piece will take, as a rule; None: there is none."""
        ...

    def pushes(self) -> bool:
        """Tell whether it has a share of the time although live would fill it."""
        ...

    def run_piece(self, model: Model) -> None:
        """Run the next piece; must not raise."""
        ...

    def weights_move(self, old: Model, new: Model) -> None:
        """Say that a model's replica gets other weights now; what needs the old ones keeps them."""
        ...

    def put_aside(self, *, closing: bool = False) -> None:
        """Let go of the model and keep what has been reached; must not raise.

        Where another thread is still in a piece, that is left to itself: it changes nothing more.
        """
        ...


class Task(NamedTuple):
    """A thing to do between two frames; it must not raise."""

    run: Callable[[LiveProcessor | None, Frame | None], None]
    given_up: Callable[[], None]  # in its place, or while it runs: the network does not answer


class _Turn(Enum):
    """Why the thread woke up."""

    LIVE = "something came"
    REST = "the picture has come to rest"
    PIECE = "there is time for a piece of a job"
    END = "it is over"


class _Shift:
    """One thread's time with the device: what only that thread uses."""

    def __init__(self, run: Callable[[_Shift], None]) -> None:
        self.processor: LiveProcessor | None = None
        self.used: Model | None = None
        self.shown: Frame | None = None  # or in work, to be shown
        self.answered: Frame | None = None  # the last whose answer could be taken
        self.held: Frame | None = None  # stays, though another may be in work: it was frozen
        self.is_finished = True
        self.goes_on = False  # the picture that is shown would be another one if it were again
        self.rests_at_s = 0.0  # then the picture is finished, if it has stayed
        self.since_s: float | None = None  # it is at work; any thread may look
        self.tasks: tuple[Task, ...] = ()  # these it is at
        self.thread = Thread(target=run, args=(self,), name="deepvis-worker", daemon=True)


class DeviceWorker:
    """Answers the newest frame under the newest request; between frames it runs tasks and jobs.

    A picture that stays is answered again when the request changes, and once more when it has
    stayed for a while, so that the whole strip belongs to it; then the thread sleeps.

    A network may never come back from a pass. `leave` gives its thread up: another one takes over,
    and what the first may still find is heard by nobody.
    """

    def __init__(
        self,
        on_news: Callable[[], None],
        surroundings: Surroundings | None = None,
        vitals: Vitals | None = None,
    ) -> None:
        self._vitals = vitals or Vitals()
        self._flags = self._vitals.flags
        self._surroundings = surroundings or Surroundings(only_own=True)
        self.snapshots: Latest[Snapshot] = Latest()
        self.processed = RateMeter()
        self.pieces: PieceWork | None = None  # set before the start
        self.fault: UserError | None = None
        self.dropped = 0
        self._on_news = on_news
        self._changed = Condition()
        self._frame: Frame | None = None  # the newest that was not looked at
        self._request = LiveRequest()
        self._request_is_new = False
        self._model: Model | None = None
        self._model_is_new = False
        self._weights: Weights | None = None  # the newest that came
        self._weights_are_new = False
        self._tasks: deque[Task] = deque()
        self._frozen = False
        self._steps = 0
        self._started = self._closing = False
        self._turns = Turns()
        self._shift = _Shift(self._run)

    # Any thread

    def start(self) -> None:
        with self._changed:
            self._started = True
            self._shift.thread.start()

    @property
    def at_work_s(self) -> float:
        """For how many seconds the thread has been at one thing; 0: it waits for something."""
        since_s = self._shift.since_s
        return 0.0 if since_s is None else max(time.monotonic() - since_s, 0.0)

    def leave(self) -> None:
        """Leave the thread to what it is at, for good; another takes over without a network."""
        with self._changed:
            if self._closing or not self._started:
                return
            left, self._shift = self._shift, _Shift(self._run)
            self._shift.shown = left.held or left.shown
            self.fault = None
            self._shift.thread.start()
            self._changed.notify_all()
        logger.info("a network that does not answer was left")
        for task in left.tasks:
            task.given_up()
        self._on_news()

    def exchanged(self, timeout_s: float) -> bool:
        """Wait until the newest network is in use; return False when that takes longer."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._model_is_new or self._closing or not self._started, timeout_s
            )

    def put_frame(self, frame: Frame, give_up: Callable[[], bool] | None = None) -> None:
        """Hand over a frame; one that nobody looked at is replaced, and counted.

        With `give_up` nothing is replaced: wait for the slot until `give_up()` is true.
        """
        with self._changed:
            if give_up is not None:
                self._changed.wait_for(lambda: self._frame is None or self._closing or give_up())
                if self._frame is not None:
                    return
            is_lost = self._frame is not None
            counts = self._shift.processor is not None and not self._frozen
            self.dropped += counts and is_lost
            self._frame = frame
            self._turns.frame_came(time.monotonic(), lost=is_lost, paced=give_up is None)
            self._changed.notify_all()

    def put_request(self, request: LiveRequest) -> None:
        with self._changed:
            self._request = request
            self._request_is_new = True
            self._changed.notify_all()

    def put_model(self, model: Model) -> None:
        """Exchange the network from the next frame on."""
        with self._changed:
            self._model = model
            self._model_is_new = True
            self._changed.notify_all()

    def put_weights(self, weights: Weights) -> None:
        """Let the network have these from the next frame on; the newest win.

        They are for the replica of `weights.network`, also for one that comes later; others are
        left as they are.
        """
        with self._changed:
            self._weights = weights
            self._weights_are_new = True
            self._changed.notify_all()

    def put_task(
        self,
        run: Callable[[LiveProcessor | None, Frame | None], None],
        given_up: Callable[[], None] = lambda: None,
    ) -> None:
        """Run `run(processor, shown frame)` between two frames; it must not raise.

        `given_up` is called where the network does not come back from it.
        """
        with self._changed:
            self._tasks.append(Task(run, given_up))
            self._changed.notify_all()

    def set_share(self, share: float) -> None:
        """Give jobs so much (0..1) of the time when live would fill it."""
        with self._changed:
            self._turns.share = share

    @property
    def frozen(self) -> bool:
        return self._frozen

    def freeze(self, frozen: bool) -> None:
        """Hold the picture of the last answer, also where a newer one is in work, or let it go on.

        From the return of this call on no newer picture is answered, however slow the network is.
        """
        with self._changed:
            if frozen != self._frozen:
                self._shift.held = self._shift.answered if frozen else None
            self._frozen = frozen
            self._steps = 0
            self._changed.notify_all()

    def step(self) -> None:
        """Let one more frame pass while frozen: the newest that came, or the next to come."""
        with self._changed:
            self._steps += self._frozen
            self._changed.notify_all()

    def poke(self) -> None:
        """Look again: jobs have changed, or a waiting `put_frame` is to give up."""
        with self._changed:
            self._changed.notify_all()

    def close(self) -> None:
        """Ask the thread to end after the present frame; returns at once."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()

    def join(self, timeout_s: float) -> None:
        """Wait for the end; what takes longer is left, and what its jobs have reached is kept."""
        left = self._shift
        if not left.thread.is_alive():
            return
        left.thread.join(timeout_s)
        with self._changed:
            if not left.thread.is_alive():
                return
            self._shift = _Shift(self._run)  # never starts
        if self.pieces is not None:
            self.pieces.put_aside(closing=True)
        for task in (*left.tasks, *self._tasks):
            task.given_up()

    # The thread

    def _run(self, shift: _Shift) -> None:
        if self.pieces is not None:
            self.pieces.put_aside()  # what a thread before this one was at
        while (turn := self._wait(shift)) is not _Turn.END:
            if turn is _Turn.PIECE:
                self._run_piece(shift)
            else:
                self._look(shift, turn)
            if shift is self._shift:
                self._surroundings.restore()
        shift.processor = shift.used = shift.shown = None
        if shift is self._shift:
            if self.pieces is not None:
                self.pieces.put_aside(closing=True)
            self._run_tasks(shift)  # whoever waits is told that it is over

    def _look(self, shift: _Shift, turn: _Turn) -> None:
        """Take what came; answer the newest frame, or the shown one again."""
        self._exchange(shift)
        self._renew(shift)
        self._run_tasks(shift)
        frame, request, is_new = self._take(shift)
        if frame is None and (is_new or turn is _Turn.REST):
            frame = shift.shown
        if frame is not None and shift.processor is not None:
            self._answer(shift, shift.processor, frame, request)

    def _wait(self, shift: _Shift) -> _Turn:
        """Sleep until there is something to do."""
        with self._changed:
            shift.since_s = None
            if shift is self._shift:
                self._flags[PASS] = 0
            turn = self._next(shift)
            if turn is not _Turn.END:
                self._flags[PASS] = 1
            shift.since_s = time.monotonic()
            return turn

    def _next(self, shift: _Shift) -> _Turn:
        while True:
            now_s = time.monotonic()
            if self._closing or shift is not self._shift:
                return _Turn.END
            if self._is_urgent():
                return _Turn.LIVE
            if shift.goes_on and not self._frozen and now_s >= shift.rests_at_s:
                return _Turn.LIVE if self._has_frame(shift) else _Turn.REST
            piece_s = self._piece_s(shift)
            if piece_s is not None and self._may_run_piece(shift, now_s, piece_s):
                return _Turn.PIECE
            if self._has_frame(shift):
                return _Turn.LIVE
            if not shift.is_finished and (self._frozen or now_s >= shift.rests_at_s):
                return _Turn.REST
            self._turns.rested()
            self._changed.wait(self._patience_s(shift, now_s, piece_s is not None))

    def _is_urgent(self) -> bool:
        is_new = self._request_is_new or self._model_is_new or self._weights_are_new
        return is_new or bool(self._tasks)

    def _has_frame(self, shift: _Shift) -> bool:
        """Tell whether there is a frame that may be looked at. With the lock held."""
        held_back = self._frozen and not self._steps and shift.shown is not None
        return self._frame is not None and not held_back and shift.processor is not None

    def _piece_s(self, shift: _Shift) -> float | None:
        """Return how long the next piece of a job takes; None where none can run."""
        return None if shift.used is None or self.pieces is None else self.pieces.next_s()

    def _may_run_piece(self, shift: _Shift, now_s: float, piece_s: float) -> bool:
        waits = self._has_frame(shift)
        if self._frozen and not waits:
            return True
        pushes = self.pieces is not None and self.pieces.pushes()
        return self._turns.may_run(now_s, piece_s, waits=waits, pushes=pushes)

    def _patience_s(self, shift: _Shift, now_s: float, has_piece: bool) -> float | None:
        """Return for how long nothing will be to do unless something comes; None: for ever."""
        waits = [] if shift.is_finished else [max(shift.rests_at_s - now_s, 0.0)]
        if shift.goes_on and not self._frozen:
            waits.append(max(shift.rests_at_s - now_s, 0.0))
        waits += [self._turns.ask_again_s(now_s)] if has_piece else []
        return min(waits, default=None)

    def _run_piece(self, shift: _Shift) -> None:
        model, pieces = shift.used, self.pieces
        if model is None or pieces is None:
            return
        began_s = time.monotonic()
        pieces.run_piece(model)
        with self._changed:
            if shift is self._shift:
                self._turns.piece_done(Span(began_s, time.monotonic()))

    def _take(self, shift: _Shift) -> tuple[Frame | None, LiveRequest, bool]:
        """Return the newest frame if there is one, the request, and whether that is new."""
        with self._changed:
            if shift is not self._shift:
                return None, self._request, False
            frame = None
            if self._has_frame(shift):
                frame, self._frame = self._frame, None
                shift.held = None
                self._steps = max(self._steps - 1, 0)
                self._changed.notify_all()
            is_new, self._request_is_new = self._request_is_new, False
            return frame, self._request, is_new

    def _exchange(self, shift: _Shift) -> None:
        with self._changed:
            if not self._model_is_new or shift is not self._shift:
                return
            model, self._model, self._model_is_new = self._model, None, False
            self._request_is_new = True  # the picture that is shown is answered by the new one
            self._weights_are_new = self._weights is not None
            self._changed.notify_all()
        if self.pieces is not None:
            self.pieces.put_aside()
        if shift.processor is not None:
            device, shift.processor, shift.used = shift.processor.device, None, None
            device.release_memory()
        if model is not None:
            shift.used = model
            self._vitals.uses(model.replica.spec, model.replica.weights_file)
            identity = "" if model.network is None else model.network.identity
            shift.processor = LiveProcessor(
                model.replica, model.device, model.fingerprint, identity=identity
            )

    def _renew(self, shift: _Shift) -> None:
        """Take the newest weights of the present network, where it has not got them."""
        with self._changed:
            weights, self._weights_are_new = self._weights, False
        old, processor = shift.used, shift.processor
        if weights is None or old is None or processor is None or shift is not self._shift:
            return
        if weights.network is not old.network:
            return
        processor.note = weights.note
        if weights.fingerprint == old.fingerprint:
            return
        new = replace(old, fingerprint=weights.fingerprint, note=weights.note)
        try:
            if self.pieces is not None:
                self.pieces.weights_move(old, new)
            processor.take_weights(weights)
        except BaseException:  # the worker's border: it goes on with what it has
            logger.info("weights could not be taken over", exc_info=True)
            return
        shift.used = new
        if shift.is_finished:  # a picture at rest is answered anew
            with self._changed:
                self._request_is_new = True

    def _run_tasks(self, shift: _Shift) -> None:
        with self._changed:
            if shift is not self._shift:
                return
            shift.tasks = tuple(self._tasks)
            self._tasks.clear()
        for task in shift.tasks:
            if shift is not self._shift:
                return  # those behind the one that came back late are given up, too
            task.run(shift.processor, shift.shown)
        shift.tasks = ()

    def _answer(
        self, shift: _Shift, processor: LiveProcessor, frame: Frame, request: LiveRequest
    ) -> None:
        shift.is_finished = frame is shift.shown
        shift.shown = frame
        began_s = time.monotonic()
        snapshot, fault = None, None
        try:
            snapshot = processor.process(frame, request)
        except UserError as error:
            fault = error
        except BaseException as error:
            logger.info("the network failed", exc_info=True)
            fault = failure_in_words(error)
            processor.device.release_memory()
        shift.is_finished = shift.is_finished or fault is not None
        shift.goes_on = snapshot is not None and snapshot.goes_on
        now_s = time.monotonic()
        shift.rests_at_s = now_s + (BREATH_S if shift.goes_on else REST_S)
        with self._changed:
            if shift is not self._shift:
                return
            self._turns.frame_done(Span(began_s, now_s))
            if shift.held is not None and frame is not shift.held:
                self._hold_back(shift, frame)
                return
            shift.answered = frame
            if snapshot is not None:
                self.snapshots.put(snapshot)
                self.processed.count()
            is_news = (fault is None) != (self.fault is None) or str(fault) != str(self.fault)
            if is_news:
                self.fault = fault
        if is_news:
            self._on_news()

    def _hold_back(self, shift: _Shift, frame: Frame) -> None:
        """Let the held picture stay, and be answered anew; `frame` is the next one to be let pass.

        With the lock held.
        """
        shift.shown, shift.is_finished = shift.held, False
        if self._frame is None:
            self._frame = frame
