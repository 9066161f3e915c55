"""The process in which inputs are opened: `python -m tests.fuzz.worker FOLDER`.

It imports everything and then forks a child, which reads a line "TARGET SEED" or "TARGET =FILE" and
answers with a line of JSON when the input has been opened: what was wrong, and the peak of memory
over what was taken before. "TARGET sound" opens what the target begins with, which loads and makes
what later inputs need. What it is at work on lies in FOLDER/input. When the child ends, that is
said, and another takes its place.
"""

from __future__ import annotations

import faulthandler
import json
import logging
import os
import resource
import shutil
import socket
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, TextIO

ADDRESS_SPACE = 8 << 30  # bytes that may be added: a machine is not eaten up; what is less is seen
MOST_LETTERS = 1000  # of a cause
PRODUCT = f"{os.sep}deepvis_app{os.sep}"


def memory_kib(name: str) -> int:
    """Return VmRSS, VmHWM or VmSize of this process; 0 where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)


def forget_peak() -> None:
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:  # then only a new peak is seen
        return


def _only_loopback() -> None:
    """No input may have this process talk to anybody."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise OSError("no network here")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign]
    os.environ.update(HF_HUB_OFFLINE="1", NO_PROXY="*")


def place_of(error: BaseException) -> str:
    """Return the innermost line of the product's that an error passed: what it is known by."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if PRODUCT in frame.filename] or frames
    return f"{Path(ours[-1].filename).name}:{ours[-1].name}" if ours else "?"


class Worker:
    """Opens one input after the other."""

    def __init__(self, folder: Path) -> None:
        from tests.fuzz.targets import FAULTS, TARGETS

        self._targets = TARGETS | {FAULTS.name: FAULTS}
        self._folder = folder
        self._threads: list[str] = []  # what failed in threads meanwhile
        threading.excepthook = self._note_thread

    def _note_thread(self, failed: threading.ExceptHookArgs) -> None:
        error = failed.exc_value
        if error is not None:
            self._threads.append(f"{type(error).__name__} in a thread, {place_of(error)}: {error}")

    def answer(self, target_name: str, which: str) -> dict[str, Any]:
        from tests.fuzz.targets import Input

        target = self._targets[target_name]
        if which == "sound":
            wrong = [wrong for each in target.sound() if (wrong := self._opened(target, each))]
            return {"wrong": "; ".join(wrong), "peak_kib": 0}
        if which.startswith("="):
            file = Path(which[1:])
            given = Input(file.name.replace("__", "/"), file.read_bytes())  # as finds are kept
        else:
            given = target.input(int(which))
        (self._folder / "input").write_bytes(given.data)
        (self._folder / "name").write_text(given.name)
        forget_peak()
        before = memory_kib("VmRSS")
        wrong = self._opened(target, given)
        return {"wrong": wrong, "peak_kib": memory_kib("VmHWM") - before}

    def _opened(self, target: Any, given: Any) -> str | None:
        """Open an input in an empty folder; return what was wrong."""
        from deepvis_app.errors import UserError

        place = self._folder / "place"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        self._threads.clear()
        try:
            target.act(given, place)
        except UserError as error:
            if "\n" in error.cause or len(error.cause) > MOST_LETTERS:
                return f"no one line, {place_of(error)}: {len(error.cause)} letters: {error.cause}"
        except BaseException as error:  # noqa: BLE001 - that is what is looked for
            traceback.print_exc(limit=-12)
            return f"{type(error).__name__}, {place_of(error)}: {error!s}"
        return self._threads[0] if self._threads else None


def say(value: dict[str, Any], to: TextIO) -> None:
    to.write(json.dumps(value) + "\n")
    to.flush()


def serve(worker: Worker, said: TextIO, log: int) -> None:
    """Open what is asked for until nobody asks any more."""
    if limit := memory_kib("VmSize") * 1024:
        resource.setrlimit(resource.RLIMIT_AS, (limit + ADDRESS_SPACE,) * 2)
    say({"pid": os.getpid()}, said)
    while line := sys.stdin.readline():
        os.ftruncate(log, 0)
        say(worker.answer(*line.rstrip("\n").split(" ", 1)), said)


def main(folder: Path) -> None:
    logging.disable(logging.CRITICAL)
    said = os.fdopen(os.dup(1), "w")
    log = os.open(folder / "log", os.O_RDWR | os.O_CREAT | os.O_APPEND)
    for number in (1, 2):  # libraries talk
        os.dup2(log, number)
    faulthandler.enable()
    os.fsync = lambda _: None  # what the system was given is read as well from its memory
    _only_loopback()
    worker = Worker(folder)
    while True:
        child = os.fork()  # no thread has been started yet
        if not child:
            serve(worker, said, log)
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code == 0:
            return
        say({"ended": code}, said)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
