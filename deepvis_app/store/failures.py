"""What the system says when the store fails, in words that name the remedy."""

from __future__ import annotations

import errno
import sqlite3
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from deepvis_app.errors import UserError, in_short, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
READ_ONLY = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
# Of a file that is not as it was written: our own statements do not fail otherwise.
DAMAGE = {
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_ERROR,
    sqlite3.SQLITE_INTERNAL,
    sqlite3.SQLITE_SCHEMA,
    sqlite3.SQLITE_TOOBIG,
    sqlite3.SQLITE_CONSTRAINT,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_FORMAT,
}
BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}

PAGE = 32_768  # what SQLite needs beside an index to open it

MAKE_ROOM = "Free some space, or empty the store: deepvis store clear"
ELSEWHERE = "Make the folder writable, or set DEEPVIS_CACHE_DIR to another"


class DiskFullError(UserError):
    """There is no room on the store's disk."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"The disk is full: {folder}", MAKE_ROOM)


class StoreBusyError(UserError):
    """Another process has the index for itself, for longer than was waited."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"Another program keeps the store {folder} busy",
            "It is used again once that program is done, or ends",
        )


def code_of(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code; 0 where Python raised the error itself."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def damage() -> sqlite3.DatabaseError:
    """Return what SQLite raises for an index that is damaged."""
    error = sqlite3.DatabaseError("the index is damaged")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error


def is_damage(error: sqlite3.Error | UnicodeError) -> bool:
    """Whether an error is of an index that is not as it was written.

    For text that is no UTF-8 Python raises an `OperationalError` without a code; where SQLite's
    own message holds such text, a `UnicodeError`.
    """
    if isinstance(error, UnicodeError):
        return True
    code = code_of(error)
    return code in DAMAGE or (code == 0 and type(error) is sqlite3.OperationalError)


@contextmanager
def in_words(folder: Path) -> Iterator[None]:
    """Turn failures of disk and index into a `UserError` about the store in `folder`."""
    try:
        yield
    except OSError as error:
        raise _of_system(error, folder) from error
    except sqlite3.DatabaseError as error:
        raise _of_index(error, folder) from error


def _of_system(error: OSError, folder: Path) -> UserError:
    if error.errno in FULL:
        return DiskFullError(folder)
    if error.errno in FORBIDDEN:
        return UserError(f"The store {folder} cannot be written", ELSEWHERE)
    return UserError(f"The store {folder} cannot be used: {in_short(error)}", ELSEWHERE)


def _of_index(error: sqlite3.DatabaseError, folder: Path) -> UserError:
    code = code_of(error)
    if code == sqlite3.SQLITE_FULL:
        return DiskFullError(folder)
    if code in BUSY:
        return StoreBusyError(folder)
    if _is_full(folder):
        return DiskFullError(folder)
    if code in READ_ONLY:
        return UserError(f"The store {folder} cannot be written", ELSEWHERE)
    return UserError(f"The store {folder} cannot be used: {one_line(error)}", ELSEWHERE)


def _is_full(folder: Path) -> bool:
    """Whether not even a page can be written; SQLite often does not say that this is why."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(PAGE))
            file.flush()
    except OSError as error:
        return error.errno in FULL
    return False
