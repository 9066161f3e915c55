"""Reading logs: once, or again and again while somebody writes them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from deepvis_app.errors import UserError, in_short
from deepvis_app.lab.events.files import event_files
from deepvis_app.lab.events.log import EventLog
from deepvis_app.lab.log.builder import RunBuilder
from deepvis_app.lab.log.following import Follower
from deepvis_app.lab.log.record import Record
from deepvis_app.lab.log.writer import log_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.lab.log.run import Run


class FollowedLog(Protocol):
    """A log that may still be written."""

    @property
    def has_more(self) -> bool:
        """Whether there was more than the last `update` took in."""

    def update(self) -> Run:
        """Read what is new and return the run so far: the same value where nothing is."""


def read_log(path: str | Path) -> Run:
    """Return a finished or a running training's log, read to its present end.

    `path` is the folder of a run: one with a log of ours, or of TensorBoard's event files; it may
    be such a file. Raises `UserError` where there is none, or none that can be read at all.
    """
    log = follow_log(path)
    run = log.update()
    while log.has_more:
        run = log.update()
    if run.is_empty and run.faults:
        raise UserError(f"The log in {path} cannot be read: {run.faults[0]}", "Choose another run")
    return run


def follow_log(path: str | Path) -> FollowedLog:
    """Return a log to be read again and again; raises as `read_log` does where there is none."""
    folder = Path(path)
    try:
        if not folder.exists():
            raise UserError(f"There is no {folder}", "Give the folder of a run")
        if folder.is_dir() and log_files(folder):
            return OwnLog(folder)
        if event_files(folder):
            return EventLog(folder)
    except OSError as error:
        raise UserError(
            f"{folder} cannot be read: {in_short(error)}", "Give a folder that you may read"
        ) from error
    raise UserError(
        f"{folder} holds no log of a training",
        "Give a folder that Monitor, deepvis train or TensorBoard's writers wrote to",
    )


class OwnLog:
    """A run's folder with a log of ours, whose files are followed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.has_more = False
        self._run: Run | None = None
        self._start()

    def _start(self) -> None:
        self._builder = RunBuilder(self._folder)
        self._begun: set[Path] = set()
        self._is_void = False
        self._follower = Follower(self._folder, log_files, self._begin)

    def _begin(self, path: Path) -> Callable[[bytes], object]:
        """Say what takes a file's records; one that begins anew makes all void that was read."""
        self._is_void |= path in self._begun
        self._begun.add(path)
        return self._take

    def _take(self, payload: bytes) -> None:
        if not self._is_void:
            self._builder.add(Record.decoded(payload))

    def update(self) -> Run:
        """Read what is new, within bounds; see `FollowedLog`."""
        news = self._follower.update()
        if self._is_void:
            self._start()
            news = self._follower.update()
        self.has_more = news.has_more
        if self._run is None or news.is_new:
            self._run = replace(self._builder.run(), faults=self._follower.faults)
        return self._run
