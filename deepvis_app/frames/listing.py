"""Which pictures a folder or a list file names, in which order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app.frames.source import SourceError
from deepvis_app.reading import read_text

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

PICTURE_SUFFIXES = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif",
    ".ppm", ".pgm", ".pbm", ".pnm", ".avif", ".jp2", ".heic", ".heif", ".hif", ".jxl",
})  # fmt: skip

MOST_BYTES = 100_000_000  # of a list: a million pictures


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture of a list, with the label that the list gives it ("": none).

    `page` is its place in a file of several; None: the first.
    """

    path: Path
    label: str = ""
    page: int | None = None


def natural_key(name: str) -> tuple[list[str | int], str]:
    """Sort key under which `img2` comes before `img10`, whatever the case."""
    parts = re.split(r"(\d+)", name.casefold())
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], name


def folder_entries(folder: Path) -> tuple[Entry, ...]:
    """Return a folder's pictures, as `files_in` lists them. Raises `SourceError` for none."""
    files = files_in(folder, PICTURE_SUFFIXES)
    if not files:
        raise SourceError(
            f"The folder {folder} contains no pictures",
            "Choose one with JPEG, PNG or other picture files directly in it",
        )
    return tuple(map(Entry, files))


def files_in(folder: Path, suffixes: Collection[str]) -> list[Path]:
    """Return a folder's files of some suffixes, in natural order; hidden ones are left out.

    Subfolders are not looked into. Raises `SourceError`.
    """
    try:
        files = [
            path
            for path in folder.iterdir()
            if path.suffix.lower() in suffixes and not path.name.startswith(".") and path.is_file()
        ]
    except FileNotFoundError as error:
        raise SourceError(f"There is no folder {folder}", "Check the path") from error
    except OSError as error:
        raise SourceError(
            f"The folder {folder} cannot be read: {error.strerror}", "Check its permissions"
        ) from error
    return sorted(files, key=lambda path: natural_key(path.name))


def list_entries(file: Path) -> tuple[Entry, ...]:
    """Return the pictures that a list file names, in its order.

    One picture a line: its path, relative to the list, then after a tab (else a comma)
    optionally a label. Empty lines and those that start with # are skipped.
    """
    try:
        text = read_text(file, MOST_BYTES)
    except FileNotFoundError as error:
        raise SourceError(f"There is no list {file}", "Check the path") from error
    except ValueError as error:  # `Unreadable`, or a name that can be none
        raise SourceError(
            f"The list {file.name} cannot be read: {error}", "Write one path a line, in UTF-8"
        ) from error
    except OSError as error:
        raise SourceError(
            f"The list {file.name} cannot be read: {error.strerror}", "Check its permissions"
        ) from error
    lines = [line.strip() for line in text.splitlines()]
    entries = tuple(
        _entry(line, file.parent) for line in lines if line and not line.startswith("#")
    )
    if not entries:
        raise SourceError(f"The list {file.name} names no pictures", "Write one path a line")
    return entries


def _entry(line: str, folder: Path) -> Entry:
    path, _, label = line.partition("\t" if "\t" in line else ",")
    return Entry(folder / path.strip(), label.strip())
