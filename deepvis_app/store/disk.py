"""The store's folders: an entry appears whole, at one stroke, or not at all."""

from __future__ import annotations

import shutil
import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

from deepvis_app.errors import UserError
from deepvis_app.files import abandoned, sync_folder, write_new, write_whole
from deepvis_app.reading import Unreadable, read_bytes
from deepvis_app.store.entry import NOTE, Mark, is_own_file, is_own_folder, make_entry
from deepvis_app.store.note import note_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from deepvis_app.store.entry import About, Entry


class Disk:
    """`files/PLACE/` holds an entry's files and its note, `new/` what is being written.

    `kept/` holds small texts.
    """

    def __init__(self, folder: Path) -> None:
        self.files = folder / "files"
        self.kept = folder / "kept"
        self._new = folder / "new"

    def prepare(self) -> None:
        """Make the folders. Raises `UserError` for a link, which might lead to anybody's files."""
        for folder in (self.files, self._new, self.kept):
            if folder.is_symlink():
                raise UserError(
                    f"{folder} is a link, and the store only works in its own folder",
                    "Remove the link, or set DEEPVIS_CACHE_DIR to the folder it names",
                )
            folder.mkdir(parents=True, exist_ok=True)

    def write(self, key: str, kind: str, files: Mapping[str, bytes], about: About) -> Entry:
        """Write an entry's files where nobody looks yet; `publish` makes them count."""
        self.prepare()
        marks = {name: Mark.of(data) for name, data in files.items()}
        place = self._new / uuid.uuid4().hex
        entry = make_entry(self.files / place.name, key, kind, about, time.time(), marks)
        place.mkdir()
        try:
            for name, data in (*files.items(), (NOTE, note_of(entry))):
                write_new(place / name, data)
            sync_folder(place)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise
        return entry

    def publish(self, entry: Entry) -> None:
        """Move what was written to its place, unless it is there already."""
        if not entry.folder.exists():
            (self._new / entry.folder.name).rename(entry.folder)
            sync_folder(self.files)

    def discard(self, entry: Entry) -> None:
        """Remove an entry's files, published or not; what is gone already is no matter."""
        remove_folders((entry.folder, self._new / entry.folder.name))

    def mend_note(self, entry: Entry) -> bool:
        """Write an entry's note again where it does not say what the entry is."""
        note = entry.folder / NOTE
        wanted = note_of(entry)
        with suppress(OSError, Unreadable):
            if is_own_file(note) and read_bytes(note, len(wanted)) == wanted:
                return False
        remove_folders([note])
        write_whole(note, wanted)
        return True

    def entry_folders(self) -> Iterator[Path]:
        return self.files.iterdir()

    def sweep(self) -> int:
        """Remove what writers left behind that were killed; return how many."""
        old = abandoned(self._new.iterdir())
        remove_folders(old)
        return len(old)


def remove_folders(folders: Iterable[Path]) -> None:
    """Remove folders or files as far as that can be done; of links only the links."""
    for folder in folders:
        with suppress(OSError):
            if is_own_folder(folder):
                shutil.rmtree(folder, ignore_errors=True)
            else:
                folder.unlink()
