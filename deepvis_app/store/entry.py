"""One thing that is kept: a few files, and what they are about."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Value: TypeAlias = str | int | float | bool | None
About: TypeAlias = "Mapping[str, Value]"

NOTE = "entry.json"  # in the folder of each entry: what the index knows of it
PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")


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

    def read(self, name: str) -> bytes:
        """Return a file's content. Raises `Damaged`, and `KeyError` for a name it never had."""
        mark = self.files[name]
        try:
            data = (self.folder / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise Damaged(f"{name} of {self.key} is gone") from error
        if Mark.of(data) != mark:
            raise Damaged(f"{name} of {self.key} is damaged")
        return data

    def is_sound(self) -> bool:
        """Whether every file is what was put there; `OSError` where the disk does not answer."""
        try:
            for name in self.files:
                self.read(name)
        except Damaged:
            return False
        return True


def make_entry(
    folder: Path, key: str, kind: str, about: About, created: float, files: Mapping[str, Mark]
) -> Entry:
    size = sum(mark.size for mark in files.values())
    views = MappingProxyType(dict(about)), MappingProxyType(dict(files))
    return Entry(key, kind, views[0], created, size, folder, views[1])


def files_as_json(files: Mapping[str, Mark]) -> dict[str, list[Any]]:
    return {name: [mark.size, mark.sha256] for name, mark in files.items()}


def files_from_json(value: Mapping[str, list[Any]]) -> dict[str, Mark]:
    return {name: Mark(int(size), str(digest)) for name, (size, digest) in value.items()}


def is_plain_name(name: str) -> bool:
    """Whether a name can be a file's on every system, in this folder and no other."""
    return PLAIN.fullmatch(name) is not None
