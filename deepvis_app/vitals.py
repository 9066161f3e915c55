"""What is at work in this process, kept where it outlives it: a watcher and the next start read it.

For ends that run no code of ours: a fault in a network's own C code, `os._exit`, SIGKILL. This file
is also run by itself, as the watcher (`python vitals.py MARK TRACE`), so it imports nothing heavy.
"""

from __future__ import annotations

import faulthandler
import json
import mmap
import os
import platform
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

FLAGS = 2  # bytes: a pass is at work, a load is
SLOT = 4096  # bytes of a JSON text each: the process, the network in use, the one that is loaded
SIZE = FLAGS + 3 * SLOT
PASS, LOAD = 0, 1
BYE = b"bye"
BUNDLED = "pocket"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
UNKNOWN = "it was killed, or the network's own code ended it"


@dataclass(frozen=True, slots=True)
class Death:
    """How a process of deepvis ended; `spec` is "" where no network was at work."""

    spec: str = ""
    weights: str = ""
    loading: bool = False  # else in a pass
    reason: str = UNKNOWN

    def __str__(self) -> str:
        if self.spec:
            doing = "loading" if self.loading else "a pass of"
            return f"deepvis ended in the middle of {doing} {self.spec} ({self.reason})"
        how = "" if self.reason == UNKNOWN else f" ({self.reason})"
        return f"deepvis ended while no network was at work{how}"


class Vitals:
    """A mark in a folder that stands for the present process. What cannot be written is left out.

    Without a folder there is no mark, and nothing is told of an end. `flags[PASS]` is set around
    passes and `flags[LOAD]` around loads, by whoever makes them.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.flags: bytearray | mmap.mmap = bytearray(FLAGS)
        self._map: mmap.mmap | None = None
        self._file: IO[bytes] | None = None
        self._dump: IO[bytes] | None = None
        self._watcher: subprocess.Popen[bytes] | None = None
        self._mark: Path | None = None
        if folder is not None:
            with suppress(OSError, ValueError):
                folder.mkdir(parents=True, exist_ok=True)
                self._leave_mark(folder)

    def _leave_mark(self, folder: Path) -> None:
        # Not the number alone: processes in containers, or on other computers, may have the same.
        self._mark = folder / f"{os.getpid()}-{os.urandom(4).hex()}.mark"
        self._file = self._mark.open("x+b")
        _locked(self._file)
        self._file.write(bytes(SIZE))  # a map of what has no room on the disk ends the process
        self._file.flush()
        self.flags = self._map = mmap.mmap(self._file.fileno(), SIZE)
        self._write(0, {"host": _host(), "boot": _boot()})

    def watch(self) -> None:
        """Have faults of C code written down, and a small process say how this one ended."""
        if self._map is None or self._mark is None:
            _trace_to_stderr()
            return
        trace = _trace_of(self._mark)
        with suppress(OSError):
            self._dump = trace.open("w+b")
            faulthandler.enable(self._dump)
        if getattr(sys, "frozen", False):
            return
        command = [sys.executable, "-I", "-S", __file__, str(self._mark), str(trace)]
        with suppress(OSError):
            self._watcher = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                start_new_session=os.name == "posix",  # Ctrl+C is for deepvis alone
            )

    def uses(self, spec: str, weights: str = "") -> None:
        """Name the network whose passes come now."""
        self._write(1, {"spec": spec, "weights": weights})

    def loads(self, spec: str, weights: str = "") -> None:
        """Name the network that is being loaded now; "" when the load is over."""
        self._write(2, {"spec": spec, "weights": weights})
        self.flags[LOAD] = bool(spec)

    def end(self) -> None:
        """Take the mark away: the process ends as it should."""
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            with suppress(OSError, subprocess.TimeoutExpired):
                watcher.communicate(BYE, 2)
        dump, self._dump = self._dump, None
        if dump is not None:
            _trace_to_stderr()
            dump.close()
        self.flags, self._map = bytearray(FLAGS), None  # other threads may still set theirs
        with suppress(OSError):  # of a full disk, once more
            if self._file is not None:
                self._file.close()
        with suppress(OSError):
            if self._mark is not None:
                self._mark.unlink(missing_ok=True)
                _trace_of(self._mark).unlink(missing_ok=True)

    def _write(self, slot: int, facts: dict[str, str]) -> None:
        text = json.dumps(facts).encode()
        text = text if len(text) < SLOT else b"{}"  # no name rather than the one before
        if self._map is not None:
            begin = FLAGS + slot * SLOT
            self._map[begin : begin + SLOT] = text.ljust(SLOT, b"\0")


def deaths(folder: Path) -> list[Death]:
    """Return how processes ended that left their mark, and take the marks away.

    Marks of living processes, of other computers and from before this one was started are none.
    """
    found = []
    with suppress(OSError):
        for mark in sorted(folder.glob("*.mark"), key=lambda path: path.stat().st_mtime):
            with suppress(OSError, ValueError):
                death = _death_of(mark)
                if death is not None:
                    found.append(death)
    return found


def _death_of(mark: Path) -> Death | None:
    trace = _trace_of(mark)
    with mark.open("r+b") as file:
        if not _locked(file):
            return None
        content = file.read(SIZE)
    process = _facts(content, 0)
    if process.get("host") not in (None, _host()):
        return None
    death = read_death(content, trace) if process.get("boot") == _boot() else None
    mark.unlink(missing_ok=True)
    if death is not None and death.reason != UNKNOWN:
        trace.replace(trace.with_name("last.trace"))
    trace.unlink(missing_ok=True)
    return death


def read_death(content: bytes, trace: Path) -> Death:
    """Return what a mark and the trace of a fault tell."""
    content = content.ljust(SIZE, b"\0")
    if not content[PASS] and not content[LOAD]:
        return Death(reason=_reason(trace))
    facts = _facts(content, 2 if content[LOAD] else 1)
    spec, weights = facts.get("spec", ""), facts.get("weights", "")
    return Death(str(spec), str(weights), bool(content[LOAD]), _reason(trace))


def _trace_of(mark: Path) -> Path:
    return mark.with_suffix(".trace")


def _reason(trace: Path) -> str:
    with suppress(OSError):
        first = trace.read_bytes()[:300].decode("utf-8", "replace").partition("\n")[0]
        if first.strip():
            return first.removeprefix("Fatal Python error: ").strip().lower()
    return UNKNOWN


def _facts(content: bytes, slot: int) -> dict[str, object]:
    begin = FLAGS + slot * SLOT
    with suppress(ValueError, RecursionError):
        facts = json.loads(content[begin : begin + SLOT].rstrip(b"\0"))
        if isinstance(facts, dict):
            return facts
    return {}


def _locked(file: IO[bytes]) -> bool:
    """Lock a mark until its file is closed; return False where a living process has."""
    try:
        if sys.platform == "win32":
            file.seek(SIZE)  # behind what is read
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            file.seek(0)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _trace_to_stderr() -> None:
    with suppress(OSError, ValueError, RuntimeError, AttributeError):  # there may be none
        faulthandler.enable()


def _host() -> str:
    return platform.node()


def _boot() -> str:
    with suppress(OSError):
        return BOOT_ID.read_text().strip()
    return ""


def _watch(mark: Path, trace: Path) -> None:
    """Wait for the end of the process that holds the other end of stdin, and say how it was."""
    if sys.stdin.buffer.read().endswith(BYE):
        return
    with suppress(OSError):
        death = read_death(mark.read_bytes(), trace)
        more = "" if death.reason == UNKNOWN else f" Where it was: {trace}"
        is_other = death.spec not in ("", BUNDLED)
        hint = " Started without --net it shows the bundled network." if is_other else ""
        print(f"{death}.{hint}{more}", file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    _watch(Path(sys.argv[1]), Path(sys.argv[2]))
