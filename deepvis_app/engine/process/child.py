"""The parent's side: a child process that is watched, and never waited for."""

from __future__ import annotations

import multiprocessing
from dataclasses import dataclass, field, replace
from enum import Enum
from queue import SimpleQueue
from threading import Lock, Thread
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from deepvis_app.engine.process.messages import hear, say
from deepvis_app.engine.process.serving import serve
from deepvis_app.errors import UserError, in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

    from deepvis_app.engine.process.messages import Message
    from deepvis_app.engine.process.serving import Work

ENDING_S = 5.0


class ChildState(Enum):
    """Where a child is in its life; the last two are final."""

    NONE = "none"  # not started yet
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"  # of itself, or as it was asked to
    FAILED = "failed"

    @property
    def is_alive(self) -> bool:
        return self in (ChildState.STARTING, ChildState.RUNNING, ChildState.PAUSED)


@dataclass(frozen=True, slots=True)
class ChildStatus:
    """A child at one moment; nothing in it is ever written again.

    `asked` is the command that was sent last and is not obeyed yet. `refused` is what was wrong
    with the last command that could not be obeyed; `error` why it failed.
    """

    state: ChildState = ChildState.NONE
    facts: Mapping[str, Any] = field(default_factory=dict)  # what the work tells of itself
    pid: int | None = None
    asked: str = ""
    refused: UserError | None = None
    error: UserError | None = None


class Child:
    """A process that does work in steps. No call of it waits for the child.

    One is started anew ("spawn"), never forked: a fork takes locks along that other threads hold.
    It ends when its work is done, when it is told to stop, and, between two steps, when this
    process is gone, however that ended. A thread of ours hears it, another one speaks to it; none
    uses torch.
    """

    def __init__(self, name: str, make: Callable[[Message], Work]) -> None:
        """`name` is what messages call it; `make` is a function of a module, see `Work`."""
        self._name, self._make = name, make
        self._lock = Lock()
        self._status = ChildStatus()
        self._outbox: SimpleQueue[Message | None] = SimpleQueue()
        self._process: SpawnProcess | None = None
        self._thread: Thread | None = None
        self._is_told_to_stop = False

    @property
    def status(self) -> ChildStatus:
        return self._status

    def start(self, request: Message) -> None:
        """Begin. Does nothing where it is alive."""
        with self._lock:
            if self._status.state.is_alive:
                return
            self._status = ChildStatus(ChildState.STARTING)
            self._outbox, self._is_told_to_stop = SimpleQueue(), False
            about = request, self._outbox
            self._thread = Thread(target=self._watch, args=about, name="deepvis-child", daemon=True)
            self._thread.start()

    def send(self, command: str, **values: Any) -> None:
        """Have a command obeyed between two steps. Does nothing where nobody is there."""
        with self._lock:
            if not self._status.state.is_alive:
                return
            self._status = replace(self._status, asked=command, refused=None)
            self._outbox.put({"do": command, **values})

    def pause(self) -> None:
        self.send("pause")

    def go_on(self) -> None:
        self.send("go on")

    def one_step(self) -> None:
        """Make one step during a pause."""
        self.send("step")

    def stop(self) -> None:
        """Let it save what is to be saved and end."""
        self._is_told_to_stop = True
        self.send("stop")

    def join(self, timeout_s: float) -> bool:
        """Wait for its end; return whether it is over."""
        if (thread := self._thread) is not None:
            thread.join(timeout_s)
        return not self._status.state.is_alive

    def close(self, timeout_s: float = ENDING_S) -> None:
        """Stop it, and end it where it does not within so many seconds. Waits."""
        self.stop()
        if self.join(timeout_s) or (process := self._process) is None:
            return
        process.kill()
        self.join(ENDING_S)

    # The thread

    def _watch(self, request: Message, outbox: SimpleQueue[Message | None]) -> None:
        try:
            process, connection = self._begun(request)
        except Exception as error:  # noqa: BLE001 - the system has no more processes, or files
            failure = UserError(f"{self._name} cannot be started: {in_words(error)}", "Try again")
            self._put(state=ChildState.FAILED, error=failure)
            return
        speaker = Thread(target=_speak, args=(connection, outbox), name="deepvis-says", daemon=True)
        speaker.start()
        self._put(pid=process.pid)
        last = self._heard(connection)
        process.join(ENDING_S)
        if process.exitcode is None:
            process.kill()
            process.join()
        outbox.put(None)
        speaker.join()
        connection.close()
        last = last or self._mourned(process.exitcode)
        process.close()
        self._put(**last, asked="")  # only now: who asks may start another one at once

    def _heard(self, connection: Connection) -> Message:
        """Hear a child to its end; return what of its status follows from its last word."""
        last: Message = {}
        while True:
            try:
                message = hear(connection)
            except (EOFError, OSError):
                return last
            match message["is"]:
                case "at":
                    state = ChildState(message["state"])
                    self._put(state=state, facts=_still(message), asked="")
                case "refused":
                    self._put(refused=UserError(message["cause"], message["remedy"]), asked="")
                case "ended":
                    last = {"state": ChildState.ENDED, "facts": _still(message)}
                case "failed":
                    error = UserError(message["cause"], message["remedy"])
                    last = {"state": ChildState.FAILED, "error": error}

    def _begun(self, request: Message) -> tuple[SpawnProcess, Connection]:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=serve, args=(theirs, self._make, request), name="deepvis-child", daemon=True
        )
        process.start()
        theirs.close()  # so that its end is heard
        self._process = process
        return process, ours

    def _mourned(self, code: int | None) -> Message:
        """Return why a child is gone that has not said so itself."""
        if self._is_told_to_stop and code == 0:
            return {"state": ChildState.ENDED}
        if code is not None and code < 0:
            cause = f"{self._name} was killed (signal {-code})"
            remedy = "Go on from what was saved last; with signal 9 memory may have run out"
        else:
            cause = f"{self._name} ended without a word (exit code {code})"
            remedy = "Go on from what was saved last"
            if self._status.state is ChildState.STARTING:
                remedy = 'Put what your script does under `if __name__ == "__main__":`'
        return {"state": ChildState.FAILED, "error": UserError(cause, remedy)}

    def _put(self, **news: Any) -> None:
        with self._lock:
            self._status = replace(self._status, **news)


def _still(message: Message) -> Mapping[str, Any]:
    return MappingProxyType(message["facts"])


def _speak(connection: Connection, outbox: SimpleQueue[Message | None]) -> None:
    while (message := outbox.get()) is not None:
        try:
            say(connection, message)
        except OSError:  # it is gone, which who hears it knows too
            return
