"""Files damaged or gone, the index damaged or newer, folders that cannot be written."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deepvis_app.errors import UserError
from deepvis_app.files import ABANDONED_AFTER_S
from deepvis_app.store import Damaged, Store
from deepvis_app.store.failures import DiskFullError
from tests.rights import close_to_writing, nobody

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deepvis_app.store import Entry

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(tmp_path / "store")
    yield opened
    opened.close()


def put(store: Store, key: str, size: int = 100) -> Entry:
    return store.put(key, "picture", {"a.bin": key.encode() * size, "b.bin": b"b"}, {"name": key})


def index_file(store: Store) -> Path:
    return store.folder / "index" / "index.sqlite"


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def lose_folder(file: Path) -> None:
    shutil.rmtree(file.parent)


def into_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


DAMAGES = [truncate, flip, Path.unlink, lose_folder, into_folder]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_entry_is_not_given_and_removed(
    store: Store, damage: Callable[[Path], None]
) -> None:
    entry = put(store, "k")
    put(store, "other")
    damage(entry.folder / "a.bin")
    with pytest.raises(Damaged):
        entry.read("a.bin")
    assert store.get("k") is None
    assert not entry.folder.exists()
    assert [e.key for e in store.find()] == ["other"]
    put(store, "k")
    assert store.get("k") is not None


def test_what_was_checked_is_not_read_again(store: Store) -> None:
    """Once: after it, and where it was let go, the file itself is asked."""
    put(store, "one")
    entry = store.get("one")
    assert entry is not None
    flip(entry.folder / "a.bin")
    assert entry.read("a.bin") == b"one" * 100
    with pytest.raises(Damaged):
        entry.read("a.bin")
    flip(entry.folder / "b.bin")
    entry.let_go()
    with pytest.raises(Damaged):
        entry.read("b.bin")


@pytest.mark.parametrize("damage", DAMAGES)
def test_verify_finds_every_damage(store: Store, damage: Callable[[Path], None]) -> None:
    put(store, "sound")
    entry = put(store, "k")
    damage(entry.folder / "a.bin")
    found = store.verify()
    assert (found.checked, found.damaged, found.orphans) == (2, ("k",), 0)
    again = store.verify()
    assert (again.checked, again.damaged, again.orphans) == (1, (), 0)


def test_verify_removes_what_belongs_to_nobody(store: Store) -> None:
    entry = put(store, "k")
    lost = store.folder / "files" / "0123"
    shutil.copytree(entry.folder, lost)
    (store.folder / "files" / "stray.txt").write_text("a file where only folders are")
    young, old = (store.folder / "new" / name for name in ("young", "old"))
    for folder in (young, old):
        folder.mkdir()
        (folder / "a.bin").write_bytes(b"half")
    past = old.stat().st_mtime - 2 * ABANDONED_AFTER_S
    os.utime(old, (past, past))
    found = store.verify()
    assert (found.checked, found.damaged, found.orphans) == (1, (), 3)
    assert not lost.exists()
    assert not old.exists()
    assert young.exists()  # somebody may be writing it
    assert store.get("k") is not None


def test_an_entry_replaced_meanwhile_is_not_taken_for_damaged(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process replaces the entry after its row was read, before its files are."""
    put(store, "k")
    stale = store._entry("k")
    store.put("k", "picture", {"a.bin": b"new"}, {})
    answers = [stale]
    real = store._entry
    monkeypatch.setattr(store, "_entry", lambda key: answers.pop() if answers else real(key))
    entry = store.get("k")
    assert entry is not None
    assert entry.read("a.bin") == b"new"


def garbage(file: Path) -> None:
    file.write_bytes(b"no database at all" * 1000)


def zeros(file: Path) -> None:
    file.write_bytes(bytes(file.stat().st_size))


def half(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def holes(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    file.write_bytes(data)


@pytest.mark.parametrize("damage", [garbage, zeros, half, holes])
def test_a_damaged_index_is_set_aside_and_made_again(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    store = Store(tmp_path)
    for number in range(20):
        put(store, f"key {number}")
    broken = put(store, "broken")
    note = put(store, "note")
    store.close()
    truncate(broken.folder / "a.bin")
    flip(note.folder / "entry.json")
    damage(index_file(store))
    as_it_was = index_file(store).read_bytes()
    store = Store(tmp_path)
    assert (tmp_path / "index.broken" / "index.sqlite").read_bytes() == as_it_was
    assert {entry.key for entry in store.find()} == {f"key {number}" for number in range(20)}
    (entry,) = store.find("picture", name="key 7")
    assert entry.read("a.bin") == b"key 7" * 100
    found = store.verify()
    assert (found.checked, found.damaged, found.orphans) == (20, (), 0)
    assert len(list((tmp_path / "files").iterdir())) == 20
    store.close()


@pytest.mark.parametrize("lose", [Path.unlink, lambda file: shutil.rmtree(file.parent)])
def test_a_lost_index_is_made_again_while_in_use(
    store: Store, lose: Callable[[Path], None]
) -> None:
    put(store, "k")
    lose(index_file(store))
    assert store.get("k") is not None
    put(store, "l")
    assert [entry.key for entry in store.find()] == ["l", "k"]


def test_an_emptied_index_is_filled_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put(store, "k")
    store.close()
    index_file(store).write_bytes(b"")
    store = Store(tmp_path)
    assert store.get("k") is not None
    store.close()


def test_the_whole_folder_may_vanish_while_in_use(store: Store) -> None:
    put(store, "k")
    shutil.rmtree(store.folder)
    assert store.get("k") is None
    put(store, "l")
    assert store.get("l") is not None


def test_an_index_damaged_while_in_use(store: Store) -> None:
    """A put meets the damage within its own transaction, goes on and loses nothing."""
    for number in range(20):
        put(store, f"key {number}")
    store._index.read(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"))
    holes(index_file(store))
    store._index._connection().execute("PRAGMA cache_size = 0")  # nothing of it is remembered
    put(store, "late")
    late = store.get("late")
    assert late is not None
    assert late.read("a.bin") == b"late" * 100
    assert len(store.find()) == 21
    assert (store.folder / "index.broken").is_dir()
    found = store.verify()
    assert (found.checked, found.damaged, found.orphans) == (21, (), 0)


def test_a_kept_text_survives_the_index(store: Store) -> None:
    store.keep("jobs", "[]")
    shutil.rmtree(store.folder / "index")
    assert store.kept("jobs") == "[]"


def test_a_newer_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    store = Store(tmp_path)
    put(store, "k")
    store.close()
    with sqlite3.connect(index_file(store)) as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.execute("CREATE TABLE of_a_later_version (key)")
    connection.close()
    before = index_file(store).read_bytes()
    with pytest.raises(UserError, match=r"newer deepvis.*DEEPVIS_CACHE_DIR"):
        Store(tmp_path)
    assert index_file(store).read_bytes() == before
    assert not (tmp_path / "index.broken").exists()


def test_a_file_in_the_place_of_the_folder_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    with pytest.raises(UserError, match="cannot be used"):
        Store(tmp_path / "store")


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX rights")
@pytest.mark.parametrize("begun", [False, True])
def test_a_folder_that_cannot_be_written_is_one_line(public_folder: Path, begun: bool) -> None:
    if begun:
        Store(public_folder).close()
    close_to_writing(public_folder)
    with nobody(), pytest.raises(UserError, match=r"cannot be written.*DEEPVIS_CACHE_DIR"):
        Store(public_folder)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX rights")
def test_a_folder_closed_to_writing_while_in_use(public_folder: Path) -> None:
    store = Store(public_folder)
    put(store, "k")
    close_to_writing(public_folder)
    with nobody():
        with pytest.raises(UserError, match="cannot be written"):
            put(store, "l")
        assert store.get("k") is not None
    store.close()


def no_space(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("moment", ["fsync", "rename"])
def test_a_full_disk_is_told_and_leaves_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    put(store, "k")
    with monkeypatch.context() as patch:
        patch.setattr(*((os, "fsync") if moment == "fsync" else (Path, "rename")), no_space)
        with pytest.raises(UserError, match=r"The disk is full: .*deepvis store clear"):
            put(store, "l")
        if moment == "fsync":
            with pytest.raises(UserError, match="The disk is full"):
                store.keep("jobs", "[]")
    assert not list((store.folder / "new").iterdir())
    assert store.get("k") is not None
    assert store.get("l") is None
    assert store.verify().orphans == 0
    put(store, "l")
    assert store.get("l") is not None


def test_a_disk_too_full_for_the_index_is_told(store: Store) -> None:
    put(store, "k")
    connection = store._index._connection()
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")  # SQLite then finds its disk full
    with pytest.raises(UserError, match="The disk is full"):
        store.put("l", "picture", {"a.bin": b""}, {"name": "long " * 10_000})
    assert store.get("k") is not None
    found = store.verify()
    assert (found.checked, found.damaged, found.orphans) == (1, (), 0)
    connection.execute("PRAGMA max_page_count = 100000")
    put(store, "l")
    assert store.get("l") is not None


def test_a_store_on_a_full_disk_can_be_emptied(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There the index can only be written once files are gone."""
    entries = [put(store, "k"), put(store, "l")]
    real = store._index.write

    def write(change: Callable[[sqlite3.Connection], object]) -> object:
        if any(entry.folder.exists() for entry in entries):
            raise DiskFullError(store.folder)
        return real(change)

    monkeypatch.setattr(store._index, "write", write)
    assert store.clear() == 2
    assert store.find() == ()


LIMITED = """
import resource, sys
from pathlib import Path
from deepvis_app.errors import UserError
from deepvis_app.store import Store

resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
store = Store(Path(sys.argv[1]))
store.put("small", "picture", {"a": b"a" * 1000}, {})
for turn in range(3):
    try:
        store.put("large", "picture", {"a": b"a" * 300_000}, {})
    except UserError as error:
        assert "The disk is full" in str(error), error
    else:
        raise SystemExit("the large file was written")
store.put("next", "picture", {"a": b"a" * 100_000}, {})
assert store.get("small") and store.get("next") and not store.get("large")
found = store.verify()
assert (found.checked, found.damaged, found.orphans) == (2, (), 0), found
store.close()
print("sound")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX limits")
def test_where_the_system_really_refuses_to_write(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("sound\n", "")
