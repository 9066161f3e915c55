"""One trainer at a time in a run's folder, whichever process it runs in; and who it is."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from deepvis_app.errors import UserError, in_short
from deepvis_app.files import held, write_whole
from deepvis_app.reading import Unreadable, parse_json, read_text

if TYPE_CHECKING:
    from pathlib import Path

_LOCK, _WHO = "trainer.lock", "trainer.json"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who trains a run: a process' number, and when it began (seconds since 1970)."""

    pid: int
    started: float

    def in_words(self) -> str:
        since = time.strftime("%H:%M", time.localtime(self.started))
        return f"process {self.pid}, since {since}"


class Lock:
    """Holds a run's folder; the system lets go of it where the process is killed."""

    def __init__(self, folder: Path) -> None:
        """Take it. Raises `UserError` where another one has it, or it cannot be written to."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._handle = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o666)
        except OSError as error:
            raise UserError(
                f"The run cannot be written to {folder}: {in_short(error)}",
                "Choose a folder that you may write to",
            ) from error
        if not held(self._handle):
            os.close(self._handle)
            raise taken(folder, _named(folder))
        self._who = folder / _WHO
        with suppress(OSError):  # it is held all the same; who asks is told without a name
            write_whole(self._who, json.dumps(asdict(Holder(os.getpid(), time.time()))))

    def release(self) -> None:
        """Let go of it. A second call does nothing."""
        if self._handle >= 0:
            self._who.unlink(missing_ok=True)
            os.close(self._handle)
            self._handle = -1


def taken(folder: Path, holder: Holder | None) -> UserError:
    """Return what is to be said of a run that somebody else trains; None: nobody knows who."""
    who = f" ({holder.in_words()})" if holder and holder.pid else ""
    return UserError(
        f"{folder.name} is being trained by another deepvis{who}",
        "Watch it here, and steer it there",
    )


def holder_of(folder: Path) -> Holder | None:
    """Return who trains a run at this moment: None where nobody does, `pid` 0 where none says."""
    try:
        handle = os.open(folder / _LOCK, os.O_RDWR)
    except OSError:
        return None
    try:
        return None if held(handle) else _named(folder) or Holder(0, 0.0)
    finally:
        os.close(handle)


def _named(folder: Path) -> Holder | None:
    try:
        found = parse_json(read_text(folder / _WHO))
        return Holder(int(found["pid"]), float(found["started"]))
    except (OSError, Unreadable, ValueError, TypeError, KeyError):
        return None
