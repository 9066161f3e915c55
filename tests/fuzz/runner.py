"""Feeds a worker process inputs and notes what goes wrong: crash, hang, memory, exception."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
HANG_S = 10.0
MOST_KIB = 1_000_000_000 // 1024
QUICK = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # many small files
START_S = 120.0  # importing torch, on a busy machine
SLICE_S = 5.0  # of one target, in a long campaign
RENEWED_AFTER = 20_000  # inputs: what a library keeps for good is no peak of an input


@dataclass(frozen=True, slots=True)
class Find:
    """One thing that went wrong. The input and what the process said lie in `folder`."""

    target: str
    seed: str
    kind: str  # crash, hang, memory, exception
    what: str
    folder: Path | None = None

    @property
    def alike(self) -> tuple[str, str, str]:
        """What finds of one cause have in common, mostly: "KeyError, pictures.py:open"."""
        return self.target, self.kind, ":".join(self.what.split(":")[:2])

    def __str__(self) -> str:
        what = " ".join(self.what.split())[:200]
        where = f" ({self.folder})" if self.folder else ""
        return f"{self.kind}: --target {self.target} --seed {self.seed}: {what}{where}"


class Opener:
    """A process that opens inputs, and lives on whatever they do to it."""

    def __init__(self, keep: Path | None = None) -> None:
        self.hang_s = HANG_S
        self._keep = keep
        self._folder = Path(tempfile.mkdtemp(prefix="deepvis-fuzz-", dir=QUICK))
        one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.worker", str(self._folder)],
            cwd=ROOT,
            env={**os.environ, **one, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,  # so that what has come is not hidden from `select`
        )
        self._child = 0  # its process id
        self._opened = 0
        self._ready: dict[str, str] = {}  # targets whose seeds the child has: what was wrong

    def __enter__(self) -> Self:
        self._await_child()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(self.hang_s)
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def open(self, target: str, seed: int | Path) -> Find | None:
        """Have one input opened, of a seed or from a file; return what went wrong."""
        self.begin(target)
        which = f"={seed}" if isinstance(seed, Path) else str(seed)
        self._opened += 1
        kind, what = self._judged(self._ask(f"{target} {which}", self.hang_s))
        if kind == "hang":  # or others had the processor: what hangs does so again
            self._await_child()
            self.begin(target)
            kind, what = self._judged(self._ask(f"{target} {which}", self.hang_s))
        find = self._found(target, which, kind, what) if kind else None
        if kind in ("crash", "hang"):
            self._await_child()
        elif kind == "memory" or self._opened % RENEWED_AFTER == 0:
            self._renew()
        return find

    def begin(self, target: str) -> str:
        """Have the process make what the target begins with, and return what was wrong with that.

        It may take long, once: libraries are imported for it.
        """
        if target not in self._ready:
            told = self._ask(f"{target} sound", START_S)
            if told is None or "ended" in told:
                raise RuntimeError(f"{target} cannot begin: {self._log()}")
            self._ready[target] = told["wrong"]
        return self._ready[target]

    def _judged(self, told: dict[str, Any] | None) -> tuple[str, str]:
        """Return the kind of what went wrong, "" for nothing, and words for it."""
        if told is None:
            os.kill(self._child, signal.SIGABRT)  # faulthandler says where it is
            if self._answer(self.hang_s) is None:
                os.kill(self._child, signal.SIGKILL)
            return "hang", f"no answer in {self.hang_s:g} s"
        if (code := told.get("ended")) is not None:
            return "crash", signal.Signals(-code).name if code < 0 else f"exit code {code}"
        if told["peak_kib"] > MOST_KIB:
            return "memory", f"{told['peak_kib'] / 1e6:.1f} GB"
        return ("exception", told["wrong"]) if told["wrong"] else ("", "")

    def _found(self, target: str, which: str, kind: str, what: str) -> Find:
        if self._keep is None:
            return Find(target, which, kind, what)
        name = (self._folder / "name").read_text().replace("/", "__")
        folder = self._keep / f"{target}-{kind}-{which.rpartition('/')[2]}"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(self._folder / "input", folder / (name[-100:] or "input"))
        shutil.copy(self._folder / "log", folder / "log")
        return Find(target, which, kind, what, folder)

    def _renew(self) -> None:
        os.kill(self._child, signal.SIGKILL)
        self._await_child()

    def _await_child(self) -> None:
        """Wait until a child asks for work; what the last one left unsaid is passed over."""
        self._ready.clear()
        told: dict[str, Any] | None = {}
        while told is not None and "pid" not in told:
            told = self._answer(START_S)
        if told is None:
            raise RuntimeError(f"nothing can be opened: {self._log()}")
        self._child = told["pid"]

    def _ask(self, question: str, within_s: float) -> dict[str, Any] | None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{question}\n".encode())
        return self._answer(within_s)

    def _answer(self, within_s: float) -> dict[str, Any] | None:
        """Return what the process says next; None where it says nothing in time, or has ended."""
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], within_s)[0]:
            return None
        line = self._process.stdout.readline()
        return json.loads(line) if line else None

    def _log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")


@dataclass(slots=True)
class Tally:
    """What a campaign has come to: inputs by target, and finds, one of each kind."""

    opened: Counter[str] = field(default_factory=Counter)
    finds: dict[tuple[str, str, str], Find] = field(default_factory=dict)
    times: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def add(self, target: str, find: Find | None) -> None:
        self.opened[target] += 1
        if find is not None:
            self.finds.setdefault(find.alike, find)
            self.times[find.alike] += 1

    def __str__(self) -> str:
        lines = [f"{target:16} {count:8}" for target, count in self.opened.items()]
        lines.append(f"{'all':16} {sum(self.opened.values()):8}")
        lines += [f"{times:8} × {', '.join(alike)}" for alike, times in self.times.most_common()]
        return "\n".join(lines)


def campaign(
    opener: Opener,
    targets: list[str],
    seconds: float,
    seed: int,
    tell: Callable[[str], object] = lambda _: None,
) -> Tally:
    """Open inputs of all targets in turn for so long; `seed` says with which to begin.

    What each needs to begin with is made before the time is counted.
    """
    tally = Tally()
    following = dict.fromkeys(targets, seed * 1_000_000)
    rounds = max(round(seconds / len(targets) / SLICE_S), 1)
    for target in targets * rounds:
        opener.begin(target)
        end = time.monotonic() + seconds / len(targets) / rounds
        while time.monotonic() < end:
            find = opener.open(target, following[target])
            if find is not None and find.alike not in tally.finds:
                tell(str(find))
            tally.add(target, find)
            following[target] += 1
    return tally
