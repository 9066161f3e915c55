"""The thread that reads one source."""

from __future__ import annotations

import logging
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import replace
from threading import Condition, Thread
from typing import TYPE_CHECKING

from deepvis_app.engine.status import Broken, Phase, SourceStatus
from deepvis_app.errors import UserError, in_words
from deepvis_app.frames.address import shown
from deepvis_app.frames.patience import ANSWER_WITHIN_S
from deepvis_app.frames.source import PassedOver, PictureError, SourceError, SourceLost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from deepvis_app.frames.source import Frame, FrameSource, Policy

logger = logging.getLogger(__name__)

RETRY_S = (0.5, 2.0)  # first and longest wait before a lost source is opened again
NOTICE_S = 4.0  # how long a bad picture among good ones is told
LATE_S = 0.5  # by so much a source that keeps its time itself may be late
FREE_WITHIN_S = 3.0  # for what was opened before to let go of what only one can have


class Capture:
    """Opens a source, reads it when its frames are due, and opens it again when it was lost.

    `deliver` gets each frame and may block; controls run on this thread between reads; `on_news`
    tells that the phase or error in `status` changed. Of those `before` it waits for the ones that
    have what only one can have: the same source, or a camera.

    What the source is asked for may never come back: a stalled drive, a driver. After 10 s `status`
    says so, and nobody waits for it: not another source, nor the end. It is used if it comes after
    all.
    """

    def __init__(
        self,
        make_source: Callable[[], FrameSource],
        spec: str,
        deliver: Callable[[Capture, Frame, Policy], None],
        on_news: Callable[[], None],
        before: Iterable[Capture] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._status = SourceStatus(Phase.OPENING, spec, since_s=clock())
        self._asked_at_s: float | None = None  # since when an answer of the source is waited for
        self._overdue: tuple[SourceStatus, SourceStatus] | None = None  # as set, and as told
        self._make_source = make_source
        self._deliver = deliver
        self._on_news = on_news
        self._before = tuple(before)
        self._source: FrameSource | None = None
        self._changed = Condition()
        self._commands: deque[Callable[[FrameSource], None]] = deque()
        self._closing = False
        self._noticed_at_s = 0.0
        self._thread = Thread(target=self._run, name="deepvis-capture", daemon=True)

    @property
    def status(self) -> SourceStatus:
        """What the source is doing, as a frozen value; from any thread."""
        asked_at_s, status = self._asked_at_s, self._status
        if asked_at_s is None or self._clock() - asked_at_s < ANSWER_WITHIN_S + LATE_S:
            return status
        overdue = self._overdue
        if overdue is None or overdue[0] is not status:  # told as one error, not anew each time
            self._overdue = overdue = (status, _silent(status))
        return overdue[1]

    def start(self) -> None:
        self._thread.start()

    def control(self, action: Callable[[FrameSource], None]) -> None:
        """Run `action` on the source between two reads."""
        with self._changed:
            self._commands.append(action)
            self._changed.notify_all()

    @property
    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        """Ask the thread to close the source and end; returns at once."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        if self._source is not None:
            _quietly(self._source.interrupt)

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def join(self, timeout_s: float) -> None:
        """Wait for the end. A read that blocks for ever is left to the daemon thread."""
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    # The thread

    def _run(self) -> None:
        source: FrameSource | None = None
        try:
            with self._asking():
                made = self._make_source()
                with self._changed:
                    if self._closing:
                        return  # what was not opened is not closed: another may use it
                    self._source = source = made
                self._wait_for_those_before(source)
                info = None if self._closing else source.open()
            if info is not None:
                self._set(info=info, phase=Phase.READY, error=None)
            self._use(source)
        except UserError as error:
            self._fail(error)
        except BaseException as error:  # the thread's border: a source may raise anything
            logger.info("the source failed", exc_info=True)
            self._fail(_unexpected(error))
        finally:
            if source is not None:
                _quietly(source.close)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Count from now on for how long an answer of the source is waited for."""
        self._asked_at_s = self._clock()
        try:
            yield
        finally:
            self._asked_at_s = None

    def _wait_for_those_before(self, source: FrameSource) -> None:
        until_s = time.monotonic() + FREE_WITHIN_S
        for other in self._before:
            if other.has_what(source):
                other.join(max(until_s - time.monotonic(), 0.0))
        self._before = ()

    def has_what(self, source: FrameSource) -> bool:
        """Whether `source` cannot be opened while this one is open."""
        own = self._source
        if own is None:
            return False
        device = getattr(own, "device", "")
        return own is source or bool(device and device == getattr(source, "device", ""))

    def _fail(self, error: UserError) -> None:
        self._set(phase=Phase.FAILED, error=error, broken=Broken(error, time.monotonic()))

    def _use(self, source: FrameSource) -> None:
        while not self._closing:
            try:
                self._next(source)
            except SourceLost as error:
                self._set(phase=Phase.LOST, error=error)
                self._open_again(source)
            except PassedOver as error:
                self._noticed_at_s = time.monotonic()
                self._set(notice=error)
            except PictureError as error:
                self._noticed_at_s = now_s = time.monotonic()
                self._set(notice=error, broken=Broken(error, now_s), playback=source.playback())

    def _next(self, source: FrameSource) -> None:
        """Do what is due: commands first, else read or wait."""
        if self._run_commands(source):
            return
        with self._asking():
            due_s = None if self._status.phase is Phase.ENDED else source.due_in_s()
            is_due = due_s is not None and due_s <= 0
            frame = source.read() if is_due else None
        if self._closing:
            return
        if not is_due:
            self._wait(due_s)
            return
        if frame is None:
            self._set(phase=Phase.ENDED, playback=source.playback())
            return
        fresh = time.monotonic() - self._noticed_at_s < NOTICE_S
        notice = self._status.notice if fresh else None
        self._set(phase=Phase.READY, playback=source.playback(), notice=notice, broken=None)
        self._deliver(self, frame, source.policy)

    def _run_commands(self, source: FrameSource) -> bool:
        with self._changed:
            commands = list(self._commands)
            self._commands.clear()
        if commands:
            with self._asking():
                for command in commands:
                    command(source)
            ended = self._status.phase is Phase.ENDED
            phase = Phase.READY if ended else self._status.phase
            self._set(phase=phase, playback=source.playback())
        return bool(commands)

    def _wait(self, timeout_s: float | None) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._commands or self._closing, timeout_s)

    def _open_again(self, source: FrameSource) -> None:
        wait_s = RETRY_S[0]
        while not self._ends_within(wait_s):
            try:
                with self._asking():
                    info = source.open()
            except SourceError as error:
                self._set(phase=Phase.LOST, error=error)
                wait_s = min(wait_s * 2, RETRY_S[1])
            else:
                self._set(info=info, phase=Phase.READY, error=None)
                return

    def _ends_within(self, wait_s: float) -> bool:
        with self._changed:
            self._commands.clear()  # of no meaning for what is not there
            return self._changed.wait_for(lambda: self._closing, wait_s)

    def _set(self, **changes: object) -> None:
        old = self._status
        self._status = replace(old, **changes)  # type: ignore[arg-type]
        if replace(old, playback=None) != replace(self._status, playback=None):
            self._on_news()


def _silent(status: SourceStatus) -> SourceStatus:
    """Return what is told of a source that does not answer."""
    what = shown(status.spec) or "The source"
    if status.phase is Phase.OPENING:
        error = UserError(
            f"{what} did not answer within {ANSWER_WITHIN_S:.0f} s",
            "Check that its drive, device or network is there, or choose another",
        )
        return replace(status, phase=Phase.FAILED, error=error)
    lost = SourceLost(
        f"{what} has given nothing for {ANSWER_WITHIN_S:.0f} s",
        "It is used again as soon as it answers",
    )
    return replace(status, phase=Phase.LOST, error=lost)


def _unexpected(error: BaseException) -> UserError:
    return UserError(
        f"The source failed: {in_words(error)}",
        "Open it again or choose another",
    )


def _quietly(end: Callable[[], None]) -> None:
    try:
        end()
    except Exception:
        logger.info("the source failed to close", exc_info=True)
