"""One thing that is kept: a few files, and what they are about."""

from __future__ import annotations

import hashlib
import math
import re
import stat
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from deepvis_app.reading import MOST_INTEGER, Unreadable, read_bytes, whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Value: TypeAlias = str | int | float | bool | None
About: TypeAlias = "Mapping[str, Value]"

NOTE = "entry.json"  # in the folder of each entry: what the index knows of it
# Not what Windows takes for a device, or shortens.
PLAIN = re.compile(
    r"(?!(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$))[a-z0-9_-](?:[a-z0-9._-]{0,98}[a-z0-9_-])?",
    re.IGNORECASE | re.ASCII,
)
SHA256 = re.compile(r"[0-9a-f]{64}")


class Damaged(Exception):  # noqa: N818 - says what an entry is; asking the store again mends it
    """A file of an entry is gone, or is not what was put there."""


@dataclass(frozen=True, slots=True)
class Mark:
    """By what a file is known again."""

    size: int
    sha256: str

    @classmethod
    def of(cls, data: bytes) -> Mark:
        return cls(len(data), hashlib.sha256(data).hexdigest())


@dataclass(frozen=True, slots=True)
class Entry:
    """One result: files in a folder of their own.

    `created` is in seconds since 1970, `size` in bytes of all files.
    """

    key: str
    kind: str
    about: About
    created: float
    size: int
    folder: Path
    files: Mapping[str, Mark]
    _looked_at: dict[str, bytes] = field(default_factory=dict, repr=False, compare=False)

    def read(self, name: str) -> bytes:
        """Return a file's content. Raises `Damaged`, and `KeyError` for a name it never had.

        A link or a device in its place is not followed, nor one in the place of the folder. What
        `is_sound` has kept is not read and checked a second time.
        """
        mark = self.files[name]
        looked_at = self._looked_at.pop(name, None)
        return self._read(name, mark) if looked_at is None else looked_at

    def _read(self, name: str, mark: Mark) -> bytes:
        file = self.folder / name
        try:
            if not is_own_folder(self.folder) or not is_own_file(file):
                raise Damaged(f"{name} of {self.key} is gone")
            data = read_bytes(file, mark.size)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise Damaged(f"{name} of {self.key} is gone") from error
        except Unreadable as error:
            raise Damaged(f"{name} of {self.key} is damaged") from error
        if Mark.of(data) != mark:
            raise Damaged(f"{name} of {self.key} is damaged")
        return data

    def is_sound(self, *, keep: bool = False) -> bool:
        """Whether every file is what was put there; `OSError` where the disk does not answer.

        `keep`: what was read stays in memory until it is asked for.
        """
        read: dict[str, bytes] = {}
        try:
            for name, mark in self.files.items():
                data = self._read(name, mark)
                if keep:
                    read[name] = data
        except Damaged:
            return False
        self._looked_at.update(read)
        return True

    def let_go(self) -> None:
        """Forget what `is_sound` has kept."""
        self._looked_at.clear()


def entry_of(
    folder: Path, key: object, kind: object, about: object, created: object, files: object
) -> Entry:
    """Return the entry that a row or a note describes. Raises `ValueError` unless it can be one.

    Only what lies in `folder` itself can be a file of it.
    """
    facts = _table(about)
    if not isinstance(key, str) or not isinstance(kind, str):
        raise ValueError("no entry")
    if not all(value is None or isinstance(value, str | int | float) for value in facts.values()):
        raise ValueError("no facts")
    if not isinstance(created, int | float) or not math.isfinite(created):
        raise ValueError("no time")
    return make_entry(folder, key, kind, facts, float(created), files_from_json(files))


def make_entry(
    folder: Path, key: str, kind: str, about: About, created: float, files: Mapping[str, Mark]
) -> Entry:
    size = sum(mark.size for mark in files.values())
    views = MappingProxyType(dict(about)), MappingProxyType(dict(files))
    return Entry(key, kind, views[0], created, size, folder, views[1])


def files_as_json(files: Mapping[str, Mark]) -> dict[str, list[Any]]:
    return {name: [mark.size, mark.sha256] for name, mark in files.items()}


def files_from_json(value: object) -> dict[str, Mark]:
    """Return what `files_as_json` was given. Raises `ValueError` for anything else."""
    return {_file_name(name): _mark(mark) for name, mark in _table(value).items()}


def is_plain_name(name: object) -> bool:
    """Whether a name can be a file's on every system, in this folder and no other."""
    return isinstance(name, str) and PLAIN.fullmatch(name) is not None


def is_own_folder(folder: Path) -> bool:
    """Whether a folder is there, and no link to another; `OSError` where nobody can tell."""
    return stat.S_ISDIR(folder.lstat().st_mode)


def is_own_file(file: Path) -> bool:
    """Whether a file is there, and no link, pipe or device; `OSError` where nobody can tell."""
    return stat.S_ISREG(file.lstat().st_mode)


def _table(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("no table")
    return value


def _file_name(name: str) -> str:
    if not is_plain_name(name) or name == NOTE:
        raise ValueError("no name of a file")
    return name


def _mark(value: object) -> Mark:
    match value:
        case [size, str(digest)] if SHA256.fullmatch(digest):
            return Mark(whole_number(size, MOST_INTEGER), digest)
    raise ValueError("no mark")
