"""The child's side: work in steps that is steered by whoever started it.

The steps run on the main thread; another one hears commands meanwhile, so that none has to wait
for a step to be heard, nor the one who sends it.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Protocol

import torch

from deepvis_app.engine.process.messages import hear, say
from deepvis_app.errors import UserError, in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

    from deepvis_app.engine.process.messages import Message

TELL_S = 0.1  # between two messages, unless something happens
NICENESS = 19
RUNNING, PAUSED = "running", "paused"


class Work(Protocol):
    """What a child does."""

    def steps(self) -> Iterator[None]:
        """Do it, a step each `next()`; commands are obeyed between two of them."""
        ...

    def facts(self) -> Message:
        """Return how far it is, as JSON has it."""
        ...

    def do(self, command: str, values: Message) -> None:
        """Obey a command of its own. Raises `UserError`, which ends nothing."""
        ...

    def pause(self, paused: bool) -> None:
        """Take note of a pause, or of its end."""
        ...

    def stop(self) -> None:
        """Save what is to be saved before the end, between two steps."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


def serve(connection: Connection, make: Callable[[Message], Work], request: Message) -> None:
    """Do a child's work until it is done, stopped, or nobody is there any more."""
    torch.set_num_threads(max(1, _cores() - 1))  # before torch runs at all
    inbox: SimpleQueue[Message] = SimpleQueue()
    _hear_signals(inbox)
    Thread(target=_listen, args=(connection, inbox), name="deepvis-hears", daemon=True).start()
    teller = _Teller(connection)
    with suppress(OSError):  # nobody is there any more: it is saved all the same
        teller.say(_done(teller, make, request, inbox))
    os._exit(0)  # all is closed; what Python would tidy up takes torch a while


def _be_modest() -> None:
    """Leave the window its share, once there is something to do."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _hear_signals(inbox: SimpleQueue[Message]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for who started this one
    signal.signal(signal.SIGTERM, lambda *_: inbox.put({"do": "stop"}))


def _listen(connection: Connection, inbox: SimpleQueue[Message]) -> None:
    while True:
        try:
            inbox.put(hear(connection))
        except (EOFError, OSError, ValueError):
            inbox.put({"do": "stop"})
            return


class _Teller:
    """Tells how far the work is, not more often than anybody could look."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._told = 0.0
        self.state = RUNNING

    def tell(self, work: Work, *, now: bool = False) -> None:
        """Say where the work is; where nobody hears it, who listens finds out, too."""
        if now or time.monotonic() - self._told >= TELL_S:
            self._told = time.monotonic()
            with suppress(OSError):
                self.say({"is": "at", "state": self.state, "facts": work.facts()})

    def refuse(self, error: UserError) -> None:
        with suppress(OSError):
            self.say({"is": "refused", "cause": error.cause, "remedy": error.remedy})

    def say(self, message: Message) -> None:
        say(self._connection, message)


def _done(
    teller: _Teller,
    make: Callable[[Message], Work],
    request: Message,
    inbox: SimpleQueue[Message],
) -> Message:
    """Do the work; return how it ended. All is let go of by then."""
    try:
        work = make(request)
    except Exception as error:  # noqa: BLE001 - it is told where it is read
        return _failed(error)
    try:
        _be_modest()
        _work(teller, work, inbox)
        return {"is": "ended", "facts": work.facts()}
    except Exception as error:  # noqa: BLE001
        return _failed(error)
    finally:
        work.close()


def _failed(error: Exception) -> Message:
    if isinstance(error, UserError):
        return {"is": "failed", "cause": error.cause, "remedy": error.remedy}
    return {"is": "failed", "cause": in_words(error), "remedy": ""}


def _work(teller: _Teller, work: Work, inbox: SimpleQueue[Message]) -> None:
    steps = work.steps()
    single = 0  # steps that are asked for during a pause
    while True:
        for message in _commands(inbox, wait=teller.state == PAUSED and not single):
            command = message.pop("do")
            if command == "stop":
                work.stop()
                return
            single += command == "step" and teller.state == PAUSED
            _obey(teller, work, command, message)
        if teller.state == PAUSED and not single:
            continue
        if next(steps, _END) is _END:
            return
        single = max(0, single - 1)
        teller.tell(work, now=teller.state == PAUSED)


_END = object()


def _commands(inbox: SimpleQueue[Message], *, wait: bool) -> list[Message]:
    """Return what was said meanwhile; `wait` until something is."""
    found = [inbox.get()] if wait else []
    while True:
        try:
            found.append(inbox.get_nowait())
        except Empty:
            return found


def _obey(teller: _Teller, work: Work, command: str, values: Message) -> None:
    try:
        if command in ("pause", "go on"):
            state = PAUSED if command == "pause" else RUNNING
            if state != teller.state:
                teller.state = state
                work.pause(state == PAUSED)
        elif command != "step":
            work.do(command, values)
    except UserError as error:
        teller.refuse(error)
    teller.tell(work, now=True)
