"""Reading logs: once, or again and again while somebody writes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from deepvis_app.errors import UserError, in_short
from deepvis_app.lab.log.builder import RunBuilder
from deepvis_app.lab.log.framing import Frames
from deepvis_app.lab.log.record import Damaged, Record
from deepvis_app.lab.log.writer import log_files

if TYPE_CHECKING:
    from deepvis_app.lab.log.run import Run

PIECE = 8_000_000  # bytes read of a file at a time


class FollowedLog(Protocol):
    """A log that may still be written."""

    @property
    def has_more(self) -> bool:
        """Whether there was more than the last `update` took in."""

    def update(self) -> Run:
        """Read what is new and return the run so far: the same value where nothing is."""


def read_log(path: str | Path) -> Run:
    """Return a finished or a running training's log, read to its present end.

    `path` is the folder of a run: one with a log of ours, or of TensorBoard's event files. Raises
    `UserError` where there is none.
    """
    log = follow_log(path)
    run = log.update()
    while log.has_more:
        run = log.update()
    return run


def follow_log(path: str | Path) -> FollowedLog:
    """Return a log to be read again and again; raises as `read_log` does."""
    folder = Path(path)
    try:
        if not folder.exists():
            raise UserError(f"There is no {folder}", "Give the folder of a run")
        if folder.is_dir() and log_files(folder):
            return OwnLog(folder)
    except OSError as error:
        raise UserError(f"{folder} cannot be read: {in_short(error)}") from error
    raise UserError(
        f"{folder} holds no log of a training",
        "Give a folder that Monitor or deepvis train wrote to",
    )


class OwnLog:
    """A run's folder, whose files are followed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._builder = RunBuilder(folder)
        self._frames: dict[Path, Frames] = {}
        self.has_more = False

    def update(self) -> Run:
        """Read what is new, up to `PIECE` bytes of each file; see `FollowedLog`."""
        self.has_more = False
        try:
            files = log_files(self._folder)
            if not files and self._frames:
                self._builder.fault(f"{self._folder} was deleted; this is what was read")
            for path in files:
                self._read(path, self._frames.setdefault(path, Frames()))
        except OSError as error:
            self._builder.fault(f"{self._folder} cannot be read: {in_short(error)}")
        return self._builder.run()

    def _read(self, path: Path, frames: Frames) -> None:
        with path.open("rb") as file:
            file.seek(frames.offset + frames.left)
            data = file.read(PIECE)
        self.has_more |= len(data) == PIECE
        for place, payload in enumerate(frames.feed(data)):
            try:
                self._builder.add(Record.decoded(payload))
            except Damaged as error:
                why = f"{error}" if frames.is_whole(place) else "its checksum is wrong"
                self._builder.fault(f"A record of {path.name} was skipped: {why}")
        if frames.broken:
            self._builder.fault(f"{path.name} is read no further: {frames.broken}")
