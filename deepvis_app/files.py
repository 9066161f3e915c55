"""Files as deepvis writes them, whole or not at all; their names; and which can be read to an end.

Everything here raises `OSError`; who calls it says what is lost and what helps.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
import time
import uuid
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ABANDONED_AFTER_S = 600  # a half-written file or folder this old belongs to nobody alive
MOST_NAME_BYTES = 120  # of 255 that a file's name may have; a number and a suffix follow
_PART = ".deepvis-part"  # files called so are removed when they are old, and read by nobody

_KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a drive",
}


def kind_of(found: os.stat_result) -> str:
    """Return what something is whose reading has no end, or does not even begin; "" for a file."""
    kind = stat.S_IFMT(found.st_mode)
    return "" if kind == stat.S_IFREG else _KINDS.get(kind, "something else")


# Writing


def write_whole(
    path: Path, content: str | bytes, *, private: bool = False, durable: bool = True
) -> None:
    """Replace the file at `path` at one stroke, see `whole`; text as UTF-8."""
    with whole(path, private=private, durable=durable) as draft:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def whole(path: Path, *, private: bool = False, durable: bool = True) -> Iterator[Path]:
    """Give an empty file to write to, which takes the place of `path` once that went well.

    After a crash or a kill there is the old file or the new one, after a power cut too unless
    `durable` is off, which saves the wait for the disk. A failure leaves nothing behind. The
    folder is made if need be, and a link to the file stays a link. A new file may be read by
    whom the system lets, with `private` by its owner alone; one that is replaced keeps its rights.
    What is there and no file, such as a device, is refused.
    """
    path = Path(os.path.realpath(path))
    rights = _rights(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path.parent)
    draft = path.with_name(f".{uuid.uuid4().hex}{_PART}")
    try:
        usual = 0o600 if private else 0o666
        mode = usual if rights is None else rights | 0o600
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
        yield draft
        if durable:
            _sync(draft)
        if rights is not None:
            with suppress(PermissionError):  # a disk that knows no rights
                draft.chmod(rights)
        draft.replace(path)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    if durable:
        with suppress(OSError):  # not every disk can; the file is there
            sync_folder(path.parent)


def write_new(path: Path, data: bytes) -> None:
    """Write a file where none may be, and bring it to the disk; a failure leaves what it wrote."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Bring a folder's list of names to the disk, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def abandoned(half_written: Iterable[Path]) -> list[Path]:
    """Return what writers left behind that were killed; at younger ones somebody may be at work."""
    old = time.time() - ABANDONED_AFTER_S
    return [path for path in half_written if _modified(path) < old]


def drafts_in(folder: Path) -> list[Path]:
    """Return the drafts of `whole` in a folder, old or young."""
    return list(folder.glob(f".*{_PART}*"))


def _rights(path: Path) -> int | None:
    """Return who may do what with the file that is there; None where there is none."""
    try:
        found = path.stat()
    except OSError:  # whatever it is, writing tells
        return None
    kind = kind_of(found)
    if kind == "a folder":
        raise IsADirectoryError(errno.EISDIR, "It is a folder", str(path))
    if kind:
        raise FileExistsError(errno.EEXIST, f"It is {kind}, not a file", str(path))
    return stat.S_IMODE(found.st_mode) & 0o777


def _sync(draft: Path) -> None:
    with draft.open("r+b") as file:
        os.fsync(file.fileno())


@cache  # once a process: a folder of pictures may be a long list
def _sweep(folder: Path) -> None:
    """Remove what writers into a folder left behind that were killed."""
    with suppress(OSError):
        for left in abandoned(drafts_in(folder)):
            with suppress(OSError):
                left.unlink()


def _modified(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except FileNotFoundError:  # its writer has just finished
        return float("inf")


# Names


def plain_name(text: str, otherwise: str = "unnamed", *, most: int = MOST_NAME_BYTES) -> str:
    """Return a text as it can stand in a file's name on every system, `otherwise` for none left.

    Letters of all scripts, digits, dots, hyphens and underscores stay; for all between them stands
    one hyphen. It neither begins nor ends with a dot, and is cut at `most` bytes.
    """
    short = re.sub(r"[^\w.-]+", "-", text).encode()[:most].decode(errors="ignore")
    return short.strip("-.") or otherwise


def free_path(folder: Path, name: str, suffix: str) -> Path:
    """Return a path in `folder` that is nobody's yet: "name.png", "name 2.png" and so on."""
    path, number = folder / f"{name}{suffix}", 2
    while os.path.lexists(path):
        path = folder / f"{name} {number}{suffix}"
        number += 1
    return path


# Being alone

if sys.platform == "win32":
    import msvcrt

    def held(handle: int) -> bool:
        """Hold an open file for oneself until it is closed, or this process ends; False: others."""
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def held(handle: int) -> bool:
        """Hold an open file for oneself until it is closed, or this process ends; False: others."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
