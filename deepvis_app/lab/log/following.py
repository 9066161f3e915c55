"""Files of records that another process may be writing, read again and again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from deepvis_app.errors import in_short
from deepvis_app.files import kind_of
from deepvis_app.lab.log.framing import Frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

PIECE = 1 << 20  # bytes read of a file at once
HEAD = 64  # bytes by which a file is known again: when it was begun is among them
MOST = 16 * PIECE  # bytes of all files that an update takes in


class News(NamedTuple):
    """What an update found."""

    is_new: bool  # anything was read, or is known that was not
    has_more: bool  # there is more to be read at once
    read: int = 0  # bytes


class Follower:
    """Reads what is new in the files of a folder, all of them, in the order they are listed.

    `files(folder)` lists them. For each `begin(path)` returns what takes its payloads one after the
    other; it raises `ValueError` for one that it cannot read. A file that was replaced or became
    shorter is begun anew: what came of it before is void. What is gone is kept.

    Nothing here raises; what went wrong is in `faults`, one line each, for as long as it is so.
    """

    def __init__(
        self,
        folder: Path,
        files: Callable[[Path], Iterable[Path]],
        begin: Callable[[Path], Callable[[bytes], object]],
    ) -> None:
        self._folder, self._files, self._begin = folder, files, begin
        self._followed: dict[Path, _File] = {}
        self._fault = ""
        self._said: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """What could not be read, in words."""
        found = [fault for file in self._followed.values() for fault in file.faults()]
        return (*filter(None, [self._fault]), *found)

    def update(self, most: int = MOST) -> News:
        """Read up to about `most` bytes of what is new."""
        has_more = has_read = False
        read = 0
        for file in self._listed():
            if most <= 0:
                has_more |= file.is_waiting()
                continue
            taken = file.update(most)
            most -= taken
            read += taken
            has_read |= taken > 0 or file.has_begun
            has_more |= most <= 0 and file.is_waiting()
        before, self._said = self._said, self.faults
        return News(has_read or before != self._said, has_more, read)

    def _listed(self) -> list[_File]:
        try:
            is_there = self._folder.exists()
            present = list(self._files(self._folder)) if is_there else []
            self._fault = "" if is_there else f"{self._folder} is gone; this is what was read of it"
        except OSError as error:
            present = []
            self._fault = f"{self._folder} cannot be read: {in_short(error)}"
        for path in present:
            if path not in self._followed:
                self._followed[path] = _File(path, self._begin)
        for path, file in self._followed.items():
            file.is_gone = path not in present and not self._fault
        return [self._followed[path] for path in present]


class _File:
    """One file, how far it was read, and what was wrong with it."""

    def __init__(self, path: Path, begin: Callable[[Path], Callable[[bytes], object]]) -> None:
        self._path, self._begin = path, begin
        self.is_gone = self.has_begun = False
        self._identity = (0, 0)
        self._take: Callable[[bytes], object] | None = None
        self._frames = Frames()
        self._head = b""  # how the file begins
        self._size = 0
        self._broken_at = -1  # its size when it was found to be read no further
        self._closed = ""  # why it cannot be opened
        self._damaged = self._unknown = 0
        self._why = ""

    @property
    def _at(self) -> int:
        return self._frames.offset + self._frames.left

    def is_waiting(self) -> bool:
        """Whether there is more in it than was read."""
        if self._closed or self._frames.broken:
            return False
        try:
            return self._path.stat().st_size > self._at
        except OSError:
            return False

    def update(self, most: int) -> int:
        """Read what is new, up to `most` bytes; returns how many there were."""
        self.has_begun = False
        start = None
        try:
            self._look(self._path.stat())
            if self._closed or self._size in (self._at, self._broken_at):
                return 0
            with open(self._path, "rb", buffering=0, opener=_without_waiting) as file:
                self._look(os.fstat(file.fileno()))
                self._compare(file.read(HEAD))
                if self._frames.broken:
                    self._broken_at = self._size
                    return 0
                start = self._at
                file.seek(start)
                while (wanted := min(PIECE, most - (self._at - start))) > 0:
                    data = file.read(wanted)
                    if not data or self._frames.broken:
                        break
                    self._feed(data)
        except FileNotFoundError:  # between two looks
            self.is_gone = True
        except OSError as error:
            self._closed = in_short(error)
        return self._at - start if start is not None else 0

    def _look(self, found: os.stat_result) -> None:
        """Begin anew where it is another file than before, or shorter than it was."""
        kind = kind_of(found)
        self._closed = f"it is {kind}" if kind else ""
        if kind:
            return
        identity = (found.st_dev, found.st_ino)
        self._size = found.st_size
        if self._take is None or identity != self._identity or found.st_size < self._at:
            self._identity = identity
            self._start()

    def _compare(self, head: bytes) -> None:
        """Begin anew where another content was written over the file, longer than the old one."""
        if not head.startswith(self._head):
            self._start()
        self._head = head

    def _start(self) -> None:
        self._frames, self._head = Frames(), b""
        self._broken_at = -1
        self._damaged = self._unknown = 0
        self._why = ""
        self._take = self._begin(self._path)
        self.has_begun = True

    def _feed(self, data: bytes) -> None:
        assert self._take is not None
        for place, payload in enumerate(self._frames.feed(data)):
            try:
                self._take(payload)
            except ValueError as error:
                if self._frames.is_whole(place):
                    self._unknown += 1
                    self._why = self._why or str(error)
                else:
                    self._damaged += 1

    def faults(self) -> list[str]:
        """Return what is wrong with it."""
        name, found = self._path.name, []
        if self._closed:
            found.append(f"{name} cannot be read: {self._closed}")
        if self.is_gone:
            found.append(f"{name} is gone; this is what was read of it")
        if self._damaged:
            found.append(f"{name}: {_records(self._damaged)} skipped, with a wrong checksum")
        if self._unknown:
            found.append(f"{name}: {_records(self._unknown)} skipped: {self._why}")
        if self._frames.broken:
            found.append(f"{name} is read no further: {self._frames.broken}")
        return found


def _records(count: int) -> str:
    return "a record was" if count == 1 else f"{count} records were"


def _without_waiting(name: str, flags: int) -> int:
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))
