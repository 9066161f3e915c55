"""The one thread that owns the network's replica and the device."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from threading import Condition, Thread
from typing import TYPE_CHECKING

import torch

from deepvis_app.engine.live import LiveProcessor
from deepvis_app.engine.mailbox import Latest
from deepvis_app.engine.rate import RateMeter
from deepvis_app.engine.request import LiveRequest
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


class DeviceWorker:
    """Answers the newest frame under the newest request; between frames it runs tasks.

    A picture that stays is answered again when the request changes, and once more when it has
    stayed for a while, so that the whole strip belongs to it; then the thread sleeps.
    """

    def __init__(self, on_news: Callable[[], None]) -> None:
        self.snapshots: Latest[Snapshot] = Latest()
        self.processed = RateMeter()
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
        # Only the thread itself uses these.
        self._processor: LiveProcessor | None = None
        self._shown: Frame | None = None
        self._is_finished = True
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
            counts = self._processor is not None and not self._frozen
            self.dropped += counts and self._frame is not None
            self._frame = frame
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
        """Have waiting `put_frame` calls look at their `give_up` again."""
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
            at_rest = self._wait()
            if self._closing:
                break
            self._exchange()
            self._run_tasks()
            frame, request, is_new = self._take()
            if frame is None and (is_new or at_rest):
                frame = self._shown
            if frame is not None and self._processor is not None:
                self._answer(self._processor, frame, request)
        self._processor = self._shown = None
        self._run_tasks()  # whoever waits is told that it is over

    def _wait(self) -> bool:
        """Sleep until there is something to do; True when the picture has come to rest instead."""
        with self._changed:
            rest_s = None if self._is_finished else 0 if self._frozen else REST_S
            return not self._changed.wait_for(self._has_work, rest_s)

    def _has_work(self) -> bool:
        return (
            (self._passes() and self._processor is not None)
            or self._request_is_new
            or self._model_is_new
            or bool(self._tasks)
            or self._closing
        )

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
        if self._processor is not None:
            device, self._processor = self._processor.device, None
            device.release_memory()
        if model is not None:
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
        fault = None
        try:
            self.snapshots.put(processor.process(frame, request))
            self.processed.count()
        except UserError as error:
            fault = error
        except Exception as error:
            logger.info("the network failed", exc_info=True)
            fault = explain(error)
            processor.device.release_memory()
        self._is_finished = self._is_finished or fault is not None
        if (fault is None) != (self.fault is None) or str(fault) != str(self.fault):
            self.fault = fault
            self._on_news()


def explain(error: Exception) -> UserError:
    """Put the failure of a forward pass into one line with its remedy."""
    text = str(error)
    if (
        isinstance(error, MemoryError | torch.OutOfMemoryError)
        or "can't allocate memory" in text
        or "out of memory" in text
    ):
        return UserError(
            "The device has no memory left for this network",
            "Choose another device, a smaller network or close other programs",
        )
    first_line = (text.splitlines() or [""])[0][:200]
    return UserError(
        f"The network failed: {type(error).__name__}: {first_line}",
        "Choose another network or mend this one; the stream goes on when it works",
    )
