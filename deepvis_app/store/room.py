"""Making room in a store on a full disk, where not even its index can be opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.store.disk import Disk, remove_folders
from deepvis_app.store.failures import in_words
from deepvis_app.store.note import entry_in

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from deepvis_app.store.entry import Entry


def noted_entries(folder: Path, kind: str | None = None) -> tuple[Entry, ...]:
    """Return the entries of a store, or those of a kind, by the notes beside their files.

    Raises `UserError` where the folder cannot be read.
    """
    disk = Disk(folder)
    with in_words(folder):
        disk.prepare()
        noted = (entry_in(place) for place in disk.entry_folders())
        return tuple(entry for entry in noted if entry and kind in (None, entry.kind))


def make_room(entries: Iterable[Entry]) -> None:
    """Remove entries' files; the index, once there is room for it, finds that they are gone."""
    remove_folders(entry.folder for entry in entries)
