"""The thread that reads one source."""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import replace
from threading import Condition, Thread
from typing import TYPE_CHECKING

from deepvis_app.engine.status import Broken, Phase, SourceStatus
from deepvis_app.errors import UserError, in_words
from deepvis_app.frames.source import PassedOver, PictureError, SourceError, SourceLost

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.frames.source import Frame, FrameSource, Policy

logger = logging.getLogger(__name__)

RETRY_S = (0.5, 2.0)  # first and longest wait before a lost source is opened again
NOTICE_S = 4.0  # how long a bad picture among good ones is told


class Capture:
    """Opens a source, reads it when its frames are due, and opens it again when it was lost.

    `deliver` gets each frame and may block; controls run on this thread between reads; `status` is
    a frozen value that any thread may read, `on_news` tells that its phase or error changed.
    `predecessor` is waited for before opening: two cannot have the same camera.
    """

    def __init__(
        self,
        make_source: Callable[[], FrameSource],
        spec: str,
        deliver: Callable[[Capture, Frame, Policy], None],
        on_news: Callable[[], None],
        predecessor: Capture | None = None,
    ) -> None:
        self.status = SourceStatus(Phase.OPENING, spec)
        self._make_source = make_source
        self._deliver = deliver
        self._on_news = on_news
        self._predecessor = predecessor
        self._changed = Condition()
        self._commands: deque[Callable[[FrameSource], None]] = deque()
        self._closing = False
        self._noticed_at_s = 0.0
        self._thread = Thread(target=self._run, name="deepvis-capture", daemon=True)

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

    def join(self, timeout_s: float) -> None:
        """Wait for the end. A read that blocks for ever is left to the daemon thread."""
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    # The thread

    def _run(self) -> None:
        source: FrameSource | None = None
        try:
            if self._predecessor is not None:
                self._predecessor.join(3.0)
                self._predecessor = None
            source = self._make_source()
            self._use(source)
        except UserError as error:
            self._fail(error)
        except Exception as error:  # the thread's border: a source may raise anything
            logger.info("the source failed", exc_info=True)
            self._fail(_unexpected(error))
        finally:
            if source is not None:
                _close_quietly(source)

    def _fail(self, error: UserError) -> None:
        self._set(phase=Phase.FAILED, error=error, broken=Broken(error, time.monotonic()))

    def _use(self, source: FrameSource) -> None:
        if not self._closing:
            self._set(info=source.open(), phase=Phase.READY, error=None)
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
        due_s = None if self.status.phase is Phase.ENDED else source.due_in_s()
        if due_s is None or due_s > 0:
            self._wait(due_s)
            return
        frame = source.read()
        if self._closing:
            return
        if frame is None:
            self._set(phase=Phase.ENDED, playback=source.playback())
            return
        fresh = time.monotonic() - self._noticed_at_s < NOTICE_S
        notice = self.status.notice if fresh else None
        self._set(phase=Phase.READY, playback=source.playback(), notice=notice, broken=None)
        self._deliver(self, frame, source.policy)

    def _run_commands(self, source: FrameSource) -> bool:
        with self._changed:
            commands = list(self._commands)
            self._commands.clear()
        for command in commands:
            command(source)
        if commands:
            ended = self.status.phase is Phase.ENDED
            phase = Phase.READY if ended else self.status.phase
            self._set(phase=phase, playback=source.playback())
        return bool(commands)

    def _wait(self, timeout_s: float | None) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._commands or self._closing, timeout_s)

    def _open_again(self, source: FrameSource) -> None:
        wait_s = RETRY_S[0]
        while not self._ends_within(wait_s):
            try:
                self._set(info=source.open(), phase=Phase.READY, error=None)
            except SourceError as error:
                self._set(phase=Phase.LOST, error=error)
                wait_s = min(wait_s * 2, RETRY_S[1])
            else:
                return

    def _ends_within(self, wait_s: float) -> bool:
        with self._changed:
            self._commands.clear()  # of no meaning for what is not there
            return self._changed.wait_for(lambda: self._closing, wait_s)

    def _set(self, **changes: object) -> None:
        old = self.status
        self.status = replace(old, **changes)  # type: ignore[arg-type]
        if replace(old, playback=None) != replace(self.status, playback=None):
            self._on_news()


def _unexpected(error: Exception) -> UserError:
    return UserError(
        f"The source failed: {in_words(error)}",
        "Open it again or choose another",
    )


def _close_quietly(source: FrameSource) -> None:
    try:
        source.close()
    except Exception:
        logger.info("the source failed to close", exc_info=True)
