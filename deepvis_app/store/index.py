"""Which entries there are: SQLite in WAL mode.

One connection a thread, transactions of milliseconds. The index can be lost at any time: it is
made again from the notes that lie beside the files.
"""

from __future__ import annotations

import errno
import sqlite3
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from deepvis_app.errors import UserError
from deepvis_app.store.disk import remove_folders
from deepvis_app.store.entry import is_own_file, is_own_folder
from deepvis_app.store.failures import BUSY, ELSEWHERE, code_of, damage, in_words, is_damage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from sqlite3 import Connection

    Identity = tuple[int, int]

T = TypeVar("T")

VERSION = 2  # raised with SCHEMA: by that a damaged number is told from a newer version
BUSY_S = 15.0  # how long a transaction waits for those of other processes
ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}
LOOK_S = 0.005  # between two looks whether they are done
SCHEMA = (
    """CREATE TABLE entries (
        key TEXT PRIMARY KEY, kind TEXT NOT NULL, place TEXT NOT NULL, about TEXT NOT NULL,
        files TEXT NOT NULL, created REAL NOT NULL, size INTEGER NOT NULL, digest TEXT NOT NULL,
        used INTEGER NOT NULL
    )""",
    "CREATE INDEX by_use ON entries (used, size)",
    "CREATE INDEX by_kind ON entries (kind, created)",
    """CREATE TABLE facts (
        key TEXT NOT NULL REFERENCES entries ON DELETE CASCADE, name TEXT NOT NULL, value,
        PRIMARY KEY (key, name)
    ) WITHOUT ROWID""",
    "CREATE INDEX by_fact ON facts (name, value, key)",
)


_SCHEMA = set(SCHEMA)


class _OfThread(threading.local):
    """What each thread has of its own."""

    held: tuple[Connection, Identity | None] | None = None
    patience_s = BUSY_S
    is_stuck = False  # it waited for another process in vain


class Index:
    """The SQLite file of a store, opened when first asked.

    `begin` fills a new index, within the transaction that makes it. The thread that makes this
    waits `patience_s` for other processes, others `BUSY_S`; who waited in vain does not wait again
    to read until an answer comes.
    """

    def __init__(
        self, folder: Path, begin: Callable[[Connection], None], patience_s: float = BUSY_S
    ) -> None:
        self._store = folder
        self._folder = folder / "index"
        self._file = self._folder / "index.sqlite"
        self._begin = begin
        self._mine = _OfThread()
        self._mine.patience_s = patience_s
        self._lock = threading.Lock()  # of the two below
        self._open: list[Connection] = []
        self._closed = False
        self._sound: tuple[int, int] | None = None  # the file that was looked through
        self.was_damaged = False  # and made again, since this was opened

    def read(self, question: Callable[[Connection], T]) -> T:
        """Return the answer to `question`; one is waited for in vain once. Raises `UserError`."""
        patience_s = 0 if self._mine.is_stuck else self._mine.patience_s
        return self._answer(question, patience_s)

    def write(self, change: Callable[[Connection], T]) -> T:
        """Make a change that is seen whole or not at all, alone among all processes.

        Where the index turns out damaged, `change` is called again with a new one.
        """
        return self._answer(
            lambda connection: _transaction(connection, change), self._mine.patience_s
        )

    def _answer(self, question: Callable[[Connection], T], patience_s: float) -> T:
        with in_words(self._store):
            try:
                return self._in_turn(question, patience_s)
            except (sqlite3.DatabaseError, UnicodeError) as error:
                if not is_damage(error):
                    raise
            held = self._mine.held
            self._set_aside(held[1] if held else self._identity())
            return self._in_turn(question, patience_s)

    def try_write(self, change: Callable[[Connection], object]) -> None:
        """Make a change that may as well be lost, without waiting for anybody."""
        with suppress(sqlite3.DatabaseError, UnicodeError, OSError):
            change(self._connection())

    def check(self) -> None:
        """Look through all of the index again, more closely than when it is opened."""

        def look(connection: Connection) -> None:
            if connection.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
                raise damage()

        self.read(look)

    def close(self) -> None:
        """Close the connections of all threads; nothing may be asked any more."""
        with self._lock:
            self._closed = True
            for connection in self._open:
                connection.close()
            self._open.clear()

    def _in_turn(self, question: Callable[[Connection], T], patience_s: float) -> T:
        """Ask until no other process is in the way."""
        until = time.monotonic() + patience_s
        while True:
            try:
                answer = question(self._connection())
            except sqlite3.OperationalError as error:
                if code_of(error) not in BUSY:
                    raise
                if time.monotonic() >= until:
                    self._mine.is_stuck = True
                    raise
                time.sleep(LOOK_S)
            else:
                self._mine.is_stuck = False
                return answer

    def _connection(self) -> Connection:
        """Return this thread's connection to the file that has the name now."""
        held = self._mine.held
        identity = self._identity()
        if held is not None and held[1] == identity is not None and not self._closed:
            return held[0]
        if held is not None:
            self._forget(held[0])
        connection = self._opened()
        self._mine.held = connection, self._identity()
        return connection

    def _identity(self) -> Identity | None:
        try:
            found = self._file.lstat()
        except OSError as error:
            if error.errno in ABSENT:
                return None
            raise
        return found.st_dev, found.st_ino

    def _opened(self, *, again: bool = False) -> Connection:
        identity = self._identity()
        try:
            return self._connect()
        except (sqlite3.DatabaseError, UnicodeError) as error:
            if again or not is_damage(error):
                raise
        self._set_aside(identity)
        return self._opened(again=True)

    def _connect(self) -> Connection:
        _check_place(self._folder, self._file)
        self._folder.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            self._file, timeout=0, isolation_level=None, check_same_thread=False
        )
        with self._lock:
            if self._closed:
                connection.close()
                raise ValueError("the store is closed")
            self._open.append(connection)
        try:
            _check_header(self._file)
            self._prepare(connection)
        except BaseException:
            self._forget(connection)
            raise
        return connection

    def _prepare(self, connection: Connection) -> None:
        version, schema = _version_and_schema(connection)
        if version > VERSION and schema != _SCHEMA:
            raise UserError(
                f"The store {self._store} was written by a newer deepvis",
                "Update deepvis, or set DEEPVIS_CACHE_DIR to another folder",
            )
        _into_wal(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        if version < VERSION and schema != _SCHEMA:
            _transaction(connection, self._make)
        elif (version, schema) != (VERSION, _SCHEMA):
            raise damage()
        self._look_through(connection)

    def _look_through(self, connection: Connection) -> None:
        identity = self._identity()
        if identity == self._sound:
            return
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise damage()
        self._sound = identity

    def _make(self, connection: Connection) -> None:
        if (_version(connection), _schema(connection)) == (VERSION, _SCHEMA):
            return  # another process was quicker
        for table in ("facts", "entries"):  # of an older version: the notes hold it all
            connection.execute(f"DROP TABLE IF EXISTS {table}")
        for statement in SCHEMA:
            connection.execute(statement)
        self._begin(connection)
        connection.execute(f"PRAGMA user_version = {VERSION}")

    def _set_aside(self, damaged: Identity | None) -> None:
        """Put a damaged index out of the way: file, log and shared memory at one stroke."""
        if self._mine.held is not None:
            self._forget(self._mine.held[0])
            self._mine.held = None
        if self._identity() != damaged:
            return  # another process was quicker
        self.was_damaged = True
        aside = self._folder.with_name(f"{self._folder.name}.broken")
        remove_folders([aside])
        try:
            self._folder.rename(aside)
        except FileNotFoundError:
            return
        except PermissionError as error:  # Windows: somebody has it open
            cause = f"The index of the store {self._store} is damaged"
            raise UserError(cause, "Close all windows of deepvis and begin again") from error

    def _forget(self, connection: Connection) -> None:
        with self._lock:
            if connection in self._open:
                self._open.remove(connection)
                connection.close()


def _version(connection: Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _version_and_schema(connection: Connection) -> tuple[int, set[str]]:
    """Return both as of one moment: another process may be making the index."""
    connection.execute("BEGIN")
    try:
        return _version(connection), _schema(connection)
    finally:
        with suppress(sqlite3.Error, UnicodeError):
            connection.execute("ROLLBACK")


def _schema(connection: Connection) -> set[str]:
    query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"
    return {sql for (sql,) in connection.execute(query)}


def _check_place(folder: Path, file: Path) -> None:
    """Raise damage for a link or a device in the place of the index: another's file is not ours."""
    try:
        if not is_own_folder(folder) or not is_own_file(file):
            raise damage()
    except FileNotFoundError:  # made when it is first written
        return


def _check_header(file: Path) -> None:
    """Raise damage for what SQLite would take for a file that it may not write.

    Bytes 18 to 23 of its format: versions 1 or 2, no reserved space, three fixed fractions.
    """
    with file.open("rb") as opened:
        header = opened.read(24)
    if len(header) == 24 and (not set(header[18:20]) <= {1, 2} or header[20:] != b"\0@  "):
        raise damage()


def _transaction(connection: Connection, change: Callable[[Connection], T]) -> T:
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = change(connection)
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error, UnicodeError):
            connection.execute("ROLLBACK")
        raise
    return result


def _into_wal(connection: Connection) -> None:
    if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
        raise UserError("The store's disk cannot be shared between programs", ELSEWHERE)
