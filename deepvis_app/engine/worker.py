"""The one thread that owns the network's replica and the device."""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass
from enum import Enum
from threading import Condition, Thread
from typing import TYPE_CHECKING, Protocol

from deepvis_app.engine.failures import failure_in_words
from deepvis_app.engine.live import LiveProcessor
from deepvis_app.engine.mailbox import Latest
from deepvis_app.engine.rate import RateMeter
from deepvis_app.engine.request import LiveRequest
from deepvis_app.engine.turns import Span, Turns
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.engine.device import Device
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.frames.source import Frame
    from deepvis_app.nets.network import Network

logger = logging.getLogger(__name__)

REST_S = 0.4  # without a new frame for so long, the picture is one at rest: finish it


@dataclass(frozen=True, slots=True)
class Model:
    """A network's replica on its device, and the fingerprint of what it is a replica of."""

    replica: Network
    device: Device
    fingerprint: str


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

    def put_aside(self, *, closing: bool = False) -> None:
        """Let go of the model and keep what has been reached; must not raise."""
        ...


class _Turn(Enum):
    """Why the thread woke up."""

    LIVE = "something came"
    REST = "the picture has come to rest"
    PIECE = "there is time for a piece of a job"


class DeviceWorker:
    """Answers the newest frame under the newest request; between frames it runs tasks and jobs.

    A picture that stays is answered again when the request changes, and once more when it has
    stayed for a while, so that the whole strip belongs to it; then the thread sleeps.
    """

    def __init__(self, on_news: Callable[[], None]) -> None:
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
        self._tasks: deque[Callable[[LiveProcessor | None, Frame | None], None]] = deque()
        self._frozen = False
        self._steps = 0
        self._closing = False
        self._turns = Turns()
        # Only the thread itself uses these.
        self._processor: LiveProcessor | None = None
        self._used: Model | None = None
        self._shown: Frame | None = None
        self._is_finished = True
        self._rests_at_s = 0.0  # then the picture is finished, if it has stayed
        self._thread = Thread(target=self._run, name="deepvis-worker", daemon=True)

    # Any thread

    def start(self) -> None:
        self._thread.start()

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
            counts = self._processor is not None and not self._frozen
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

    def put_task(self, task: Callable[[LiveProcessor | None, Frame | None], None]) -> None:
        """Run `task(processor, shown frame)` between two frames; it must not raise."""
        with self._changed:
            self._tasks.append(task)
            self._changed.notify_all()

    def set_share(self, share: float) -> None:
        """Give jobs so much (0..1) of the time when live would fill it."""
        with self._changed:
            self._turns.share = share

    @property
    def frozen(self) -> bool:
        return self._frozen

    def freeze(self, frozen: bool) -> None:
        with self._changed:
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
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    # The thread

    def _run(self) -> None:
        while True:
            turn = self._wait()
            if self._closing:
                break
            if turn is _Turn.PIECE:
                self._run_piece()
                continue
            self._exchange()
            self._run_tasks()
            frame, request, is_new = self._take()
            if frame is None and (is_new or turn is _Turn.REST):
                frame = self._shown
            if frame is not None and self._processor is not None:
                self._answer(self._processor, frame, request)
        if self.pieces is not None:
            self.pieces.put_aside(closing=True)
        self._processor = self._used = self._shown = None
        self._run_tasks()  # whoever waits is told that it is over

    def _wait(self) -> _Turn:
        """Sleep until there is something to do."""
        with self._changed:
            while True:
                now_s = time.monotonic()
                if self._is_urgent():
                    return _Turn.LIVE
                piece_s = self._piece_s()
                if piece_s is not None and self._may_run_piece(now_s, piece_s):
                    return _Turn.PIECE
                if self._has_frame():
                    return _Turn.LIVE
                if not self._is_finished and (self._frozen or now_s >= self._rests_at_s):
                    return _Turn.REST
                self._turns.rested()
                self._changed.wait(self._patience_s(now_s, piece_s is not None))

    def _is_urgent(self) -> bool:
        return self._request_is_new or self._model_is_new or bool(self._tasks) or self._closing

    def _has_frame(self) -> bool:
        return self._passes() and self._processor is not None

    def _piece_s(self) -> float | None:
        """Return how long the next piece of a job takes; None where none can run."""
        return None if self._used is None or self.pieces is None else self.pieces.next_s()

    def _may_run_piece(self, now_s: float, piece_s: float) -> bool:
        if self._frozen and not self._has_frame():
            return True
        pushes = self.pieces is not None and self.pieces.pushes()
        return self._turns.may_run(now_s, piece_s, waits=self._has_frame(), pushes=pushes)

    def _patience_s(self, now_s: float, has_piece: bool) -> float | None:
        """Return for how long nothing will be to do unless something comes; None: for ever."""
        waits = [] if self._is_finished else [max(self._rests_at_s - now_s, 0.0)]
        waits += [self._turns.ask_again_s(now_s)] if has_piece else []
        return min(waits, default=None)

    def _run_piece(self) -> None:
        model, pieces = self._used, self.pieces
        if model is None or pieces is None:
            return
        began_s = time.monotonic()
        pieces.run_piece(model)
        with self._changed:
            self._turns.piece_done(Span(began_s, time.monotonic()))

    def _passes(self) -> bool:
        """Tell whether there is a frame that may be looked at. With the lock held."""
        held_back = self._frozen and not self._steps and self._shown is not None
        return self._frame is not None and not held_back

    def _take(self) -> tuple[Frame | None, LiveRequest, bool]:
        """Return the newest frame if there is one, the request, and whether that is new."""
        with self._changed:
            frame = None
            if self._passes() and self._processor is not None:
                frame, self._frame = self._frame, None
                self._steps = max(self._steps - 1, 0)
                self._changed.notify_all()
            is_new, self._request_is_new = self._request_is_new, False
            return frame, self._request, is_new

    def _exchange(self) -> None:
        with self._changed:
            if not self._model_is_new:
                return
            model, self._model, self._model_is_new = self._model, None, False
            self._request_is_new = True  # the picture that is shown is answered by the new one
        if self.pieces is not None:
            self.pieces.put_aside()
        if self._processor is not None:
            device, self._processor, self._used = self._processor.device, None, None
            device.release_memory()
        if model is not None:
            self._used = model
            self._processor = LiveProcessor(model.replica, model.device, model.fingerprint)

    def _run_tasks(self) -> None:
        with self._changed:
            tasks = list(self._tasks)
            self._tasks.clear()
        for task in tasks:
            task(self._processor, self._shown)

    def _answer(self, processor: LiveProcessor, frame: Frame, request: LiveRequest) -> None:
        self._is_finished = frame is self._shown
        self._shown = frame
        began_s = time.monotonic()
        fault = None
        try:
            self.snapshots.put(processor.process(frame, request))
            self.processed.count()
        except UserError as error:
            fault = error
        except Exception as error:
            logger.info("the network failed", exc_info=True)
            fault = failure_in_words(error)
            processor.device.release_memory()
        self._is_finished = self._is_finished or fault is not None
        now_s = time.monotonic()
        self._rests_at_s = now_s + REST_S
        with self._changed:
            self._turns.frame_done(Span(began_s, now_s))
        if (fault is None) != (self.fault is None) or str(fault) != str(self.fault):
            self.fault = fault
            self._on_news()
