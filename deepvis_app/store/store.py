"""The store: results by key, several processes at once, safe against being killed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app import paths
from deepvis_app.errors import UserError
from deepvis_app.files import write_whole
from deepvis_app.reading import Unreadable, read_text
from deepvis_app.store import rows
from deepvis_app.store.disk import Disk, remove_folders
from deepvis_app.store.entry import NOTE, is_own_file, is_plain_name
from deepvis_app.store.export import export_entries
from deepvis_app.store.failures import DiskFullError, StoreBusyError, in_words
from deepvis_app.store.index import BUSY_S, Index
from deepvis_app.store.note import entry_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from sqlite3 import Connection

    from deepvis_app.store.entry import About, Entry, Value

MOST_KEPT_BYTES = 50_000_000  # of a text; a list of very many jobs is one
LIMIT_BYTES = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Verification:
    """What a look at every file found: entries checked, keys of damaged ones, left-over folders.

    Damaged entries and left-overs are removed. `notes` beside the files were damaged and written
    again; `index`: it was damaged, and was made again from the notes.
    """

    checked: int
    damaged: tuple[str, ...]
    orphans: int
    notes: int = 0
    index: bool = False


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """How full a store is; `by_kind` gives number and bytes of every kind."""

    folder: Path
    entries: int
    bytes: int
    limit_bytes: int
    by_kind: Mapping[str, tuple[int, int]]


def default_folder() -> Path:
    """Return where results are kept when nobody says otherwise."""
    return paths.cache_dir() / "store"


class Store:
    """Results under keys of their content, in a folder that several processes may share.

    Every method may be called from any thread and raises `UserError` where the disk is full, the
    folder cannot be written, or a newer deepvis wrote it; the store can be used on afterwards.
    Beyond `limit_bytes` the entries longest not used are removed. After a kill at any moment it
    is whole: at most what was being written is missing.

    Where another process has the index for itself, the thread that opened this waits `patience_s`
    for it, others 15 s; who waited in vain does not wait again to read until it answers. Then
    `StoreBusyError` is raised, but not by the opening, which leaves it in `busy`.
    """

    def __init__(
        self, folder: Path, *, limit_bytes: int = LIMIT_BYTES, patience_s: float = BUSY_S
    ) -> None:
        self.folder = folder
        self.limit_bytes = limit_bytes
        self.busy: StoreBusyError | None = None  # when it was opened
        self._disk = Disk(folder)
        self._index = Index(folder, self._adopt, patience_s)
        with in_words(folder):
            self._disk.prepare()
        try:
            self._index.write(lambda _: None)  # tells now whether it can be written
        except StoreBusyError as error:  # it will be opened when it is asked
            self.busy = error
        with in_words(folder):
            self._disk.sweep()

    def put(self, key: str, kind: str, files: Mapping[str, bytes], about: About) -> Entry:
        """Keep files under a key, in place of what was there.

        An entry beyond the limit by itself is kept until the next one comes.
        """
        wrong = [name for name in files if not is_plain_name(name) or name == NOTE]
        if wrong or not files:
            raise ValueError(f"an entry needs files with plain names, not {wrong}")
        with in_words(self.folder):
            entry = self._disk.write(key, kind, files, about)
        try:
            self._drop(*self._index.write(lambda connection: self._publish(connection, entry)))
        except BaseException:
            self._disk.discard(entry)
            raise
        return entry

    def get(self, key: str) -> Entry | None:
        """Return what is kept under a key, as last used; None where missing or damaged.

        Every file's size and SHA-256 are checked; a damaged entry is removed.
        """
        while (entry := self._entry(key)) is not None:
            with in_words(self.folder):
                sound = entry.is_sound(keep=True)
            if sound:
                self._index.try_write(lambda connection: rows.touch(connection, key))
                return entry
            if self._remove_exactly(entry):
                return None
        return None

    def find(self, kind: str | None = None, **about: Value) -> tuple[Entry, ...]:
        """Return entries whose facts equal `about`, newest first; files are not checked."""
        files = self._disk.files
        return self._index.read(lambda connection: rows.found(connection, files, kind, about))

    def remove(self, key: str) -> None:
        """Remove what is kept under a key, if anything."""
        self._remove("key = ?", key)

    def clear(self, kind: str | None = None) -> int:
        """Remove all entries, or those of a kind; return how many. Kept texts stay."""
        gone = self._remove("true") if kind is None else self._remove("kind = ?", kind)
        return len(gone)

    def verify(self) -> Verification:
        """Look at every file and row; remove what is damaged and what belongs to no entry.

        A damaged index is made again, also one that was when the store was opened.
        """
        files = self._disk.files
        self._index.read(lambda connection: rows.check_facts(connection, files))
        self._index.check()
        checked, damaged, notes = 0, [], 0
        for entry in self.find():
            with in_words(self.folder):
                sound = entry.is_sound()
            if sound:
                with in_words(self.folder):
                    notes += self._disk.mend_note(entry)
            elif gone := self._remove_exactly(entry):
                damaged += [entry.key for entry in gone]
            checked += 1
        # Folders come and go within transactions: what has no row now never will have one.
        lost = self._index.write(self._take_orphans)
        remove_folders(lost)
        with in_words(self.folder):
            orphans = len(lost) + self._disk.sweep()
        was_damaged = self._index.was_damaged
        return Verification(checked, tuple(damaged), orphans, notes, was_damaged)

    def info(self) -> StoreInfo:
        """Count what is kept, by kind, and its size in bytes."""
        kinds = self._index.read(rows.by_kind)
        entries = sum(count for count, _ in kinds.values())
        size = sum(size for _, size in kinds.values())
        return StoreInfo(self.folder, entries, size, self.limit_bytes, kinds)

    def export(self, target: Path, kind: str | None = None) -> int:
        """Copy the files of sound entries into a folder, under names for people; return how many.

        `index.json` there says what is what.
        """
        return export_entries(self.find(kind), target)

    def keep(self, name: str, text: str) -> None:
        """Keep a small text under a name, whatever happens to the entries."""
        file = self._kept(name)
        with in_words(self.folder):
            self._disk.prepare()
            if file.is_symlink():  # what it leads to is not ours
                file.unlink()
            write_whole(file, text, private=True)

    def kept(self, name: str) -> str | None:
        """Return the text last kept under a name; None where there is none.

        Raises `UserError` where it cannot be read, and sets it aside: the next time there is none.
        """
        file = self._kept(name)
        with in_words(self.folder):
            try:
                if is_own_file(file):
                    return read_text(file, MOST_KEPT_BYTES)
                why = "it is no plain file"
            except FileNotFoundError:
                return None
            except Unreadable as error:
                why = str(error)
        raise self.set_aside(name, why)

    def set_aside(self, name: str, why: str) -> UserError:
        """Put a text that is kept out of the way, and return that as an error to show or raise."""
        file = self._kept(name)
        aside = file.with_suffix(".broken")
        with in_words(self.folder):
            remove_folders([aside])
            file.replace(aside)
        return UserError(f"{file} cannot be read: {why}", f"It is kept as {aside.name}")

    def close(self) -> None:
        """Close the index; the store cannot be used any more."""
        self._index.close()

    def _entry(self, key: str) -> Entry | None:
        files = self._disk.files
        return self._index.read(lambda connection: rows.with_key(connection, files, key))

    def _kept(self, name: str) -> Path:
        if not is_plain_name(name):
            raise ValueError(f"{name!r} is not a plain name")
        return self._disk.kept / f"{name}.txt"

    def _publish(self, connection: Connection, entry: Entry) -> tuple[Entry, ...]:
        """Make an entry's files and row count; return the entries that have to go for it."""
        self._disk.publish(entry)
        replaced = [old for old in rows.add(connection, entry) if old.folder != entry.folder]
        files = self._disk.files
        return (*replaced, *rows.removed_beyond(connection, files, self.limit_bytes))

    def _remove_exactly(self, entry: Entry) -> tuple[Entry, ...]:
        """Remove an entry unless another has taken its place."""
        return self._remove("key = ? AND place = ?", entry.key, entry.folder.name)

    def _remove(self, where: str, *values: str) -> tuple[Entry, ...]:
        files = self._disk.files
        try:
            gone = self._index.write(lambda c: rows.removed(c, files, where, *values))
        except DiskFullError:  # there is not even room to write down what goes: make some
            self._drop(*self._index.read(lambda c: rows.matching(c, files, where, *values)))
            gone = self._index.write(lambda c: rows.removed(c, files, where, *values))
        self._drop(*gone)
        return gone

    def _drop(self, *entries: Entry) -> None:
        for entry in entries:
            self._disk.discard(entry)

    def _take_orphans(self, connection: Connection) -> list[Path]:
        known = rows.places(connection)
        return [place for place in self._disk.entry_folders() if place.name not in known]

    def _adopt(self, connection: Connection) -> None:
        """Give a new index the entries whose files are there; remove what is not whole."""
        self._disk.prepare()
        folders = tuple(self._disk.entry_folders())
        entries = [entry for folder in folders if (entry := entry_in(folder)) is not None]
        for entry in sorted(entries, key=lambda entry: entry.created):
            rows.add(connection, entry)
        known = rows.places(connection)
        remove_folders(folder for folder in folders if folder.name not in known)
