"""One bad byte in the index: never an error, never a wrong fact; what is kept comes back."""

from __future__ import annotations

import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest

from deepvis_app.store import Store

if TYPE_CHECKING:
    from pathlib import Path

FACTS = {
    f"key{n}": {
        "title": f"conv{n} 1 clear s0",
        "layer": f"conv{n}",
        "index": n,
        "activation": 12.25 + n,
        "best_step": 16,
        "stop": "finished",
        "steered": n % 2 == 0,
        "position": None,
    }
    for n in range(4)
}


def index_file(folder: Path) -> Path:
    return folder / "index" / "index.sqlite"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store with four entries, whose index is one file."""
    folder = tmp_path_factory.mktemp("made") / "store"
    store = Store(folder)
    for key, about in FACTS.items():
        store.put(key, "picture", {"a.bin": key.encode() * 3}, about)
    store.close()
    connection = sqlite3.connect(index_file(folder))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return folder


def with_bad_byte(made: Path, folder: Path, place: int, change: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(made, folder)
    data = bytearray(index_file(folder).read_bytes())
    data[place] ^= change
    index_file(folder).write_bytes(data)


def check(folder: Path) -> bool:
    """Use a store in every way and compare with what was put; return whether damage was said."""
    store = Store(folder)
    try:
        for key, about in FACTS.items():
            entry = store.get(key)
            if entry is not None:  # a lost row is a miss until the store is verified
                assert dict(entry.about) == about
                assert entry.read("a.bin") == key.encode() * 3
            for found in store.find("picture", layer=about["layer"], index=about["index"]):
                assert (found.key, dict(found.about)) == (key, about)
        info = store.info()
        assert info.entries <= 4
        assert info.bytes == 12 * info.entries
        said = store.verify()
        assert said.damaged == ()
        for key, about in FACTS.items():  # after a look nothing is missing any more
            entry = store.get(key)
            assert entry is not None
            assert dict(entry.about) == about
            (found,) = store.find("picture", layer=about["layer"], index=about["index"])
            assert found.key == key
        store.put("new", "other", {"b.bin": b"b"}, {"n": 1})
        assert store.info().entries == 5
        again = store.verify()
        assert (again.checked, again.damaged, again.orphans) == (5, (), 0)
        return said.index
    finally:
        store.close()


@pytest.mark.parametrize("change", [0x01, 0x10, 0xFF])
def test_a_bad_byte_somewhere(made: Path, tmp_path: Path, change: int) -> None:
    size = index_file(made).stat().st_size
    for place in range(change % 97, size, size // 12):
        with_bad_byte(made, tmp_path / "store", place, change)
        check(tmp_path / "store")


@pytest.mark.slow(seconds=600)
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("change", [0x01, 0x80, 0xFF])
def test_every_bad_byte(made: Path, tmp_path: Path, change: int) -> None:
    data = index_file(made).read_bytes()
    for place in (n for n, byte in enumerate(data) if byte or n % 64 == 0):
        with_bad_byte(made, tmp_path / "store", place, change)
        check(tmp_path / "store")


@pytest.mark.parametrize(
    "part", [b'{"title', b'"best_step": 16', b"finished", b"picture", b"12.25"]
)
@pytest.mark.parametrize("change", [0x01, 0x80])
def test_a_bad_byte_in_the_text_is_found_and_said(
    made: Path, tmp_path: Path, part: bytes, change: int
) -> None:
    data = index_file(made).read_bytes()
    with_bad_byte(made, tmp_path / "store", data.index(part) + len(part) - 1, change)
    assert check(tmp_path / "store")
    fresh = Store(tmp_path / "store")
    assert not fresh.verify().index
    fresh.close()


@pytest.mark.parametrize("place", [*range(100)])
def test_a_bad_byte_in_the_header(made: Path, tmp_path: Path, place: int) -> None:
    with_bad_byte(made, tmp_path / "store", place, 0x41)
    check(tmp_path / "store")


@pytest.mark.parametrize("word", [b"CREATE TABLE entries", b"digest TEXT", b"by_fact"])
@pytest.mark.parametrize("change", [0x01, 0x80, 0xFF])
def test_a_bad_byte_in_the_schema(made: Path, tmp_path: Path, word: bytes, change: int) -> None:
    place = index_file(made).read_bytes().index(word)
    with_bad_byte(made, tmp_path / "store", place + 1, change)
    assert check(tmp_path / "store")


def test_a_wrong_fact_row_is_found_by_verify(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "store")
    with sqlite3.connect(index_file(tmp_path / "store")) as connection:
        connection.execute("UPDATE facts SET value = 1 WHERE name = 'index' AND value = 3")
    connection.close()
    store = Store(tmp_path / "store")
    assert [entry.key for entry in store.find(index=1)] == ["key1"]
    assert store.verify().index
    assert [entry.key for entry in store.find(index=3)] == ["key3"]
    store.close()


def test_a_wrong_size_does_not_evict_what_is_kept(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "store")
    with sqlite3.connect(index_file(tmp_path / "store")) as connection:
        connection.execute("UPDATE entries SET size = size + 4000000000 WHERE key = 'key1'")
    connection.close()
    store = Store(tmp_path / "store")
    store.put("new", "other", {"b.bin": b"b"}, {})
    assert store.info().entries == 5
    assert store.info().bytes == 49
    store.close()


def test_a_damaged_note_is_written_again(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "store")
    store = Store(tmp_path / "store")
    note = store.find(layer="conv2")[0].folder / "entry.json"
    before = note.read_bytes()
    note.write_bytes(before.replace(b"finished", b"finishee"))
    assert store.verify().notes == 1
    assert note.read_bytes() == before
    assert store.verify().notes == 0
    store.close()


def test_an_index_of_the_version_before_is_made_anew(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / "store")
    with sqlite3.connect(index_file(tmp_path / "store")) as connection:
        connection.execute("ALTER TABLE entries DROP COLUMN digest")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    assert not check(tmp_path / "store")  # no damage: an upgrade
