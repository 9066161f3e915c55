"""Rows, notes and links of anybody's making: the store never leaves its own folder for them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from deepvis_app.errors import UserError
from deepvis_app.store import Damaged, Store
from deepvis_app.store.entry import is_plain_name

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs links")

SECRET = b"nobody's business"
MARK = [len(SECRET), hashlib.sha256(SECRET).hexdigest()]


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file outside the store."""
    file = tmp_path / "home" / "canary.txt"
    file.parent.mkdir()
    file.write_bytes(SECRET)
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store with three sound entries."""
    folder = tmp_path / "store"
    store = Store(folder)
    for number in range(3):
        store.put(f"k{number}", "picture", {"a.bin": b"%d" % number}, {"number": number})
    store.close()
    return folder


def rewrite(folder: Path, **columns: Any) -> None:
    """Change the row of k1 as somebody would who knows how rows are signed."""
    connection = sqlite3.connect(folder / "index" / "index.sqlite")
    names = ("key", "kind", "place", "about", "files", "created", "size")
    query = f"SELECT {', '.join(names)} FROM entries WHERE key = 'k1'"
    row = dict(zip(names, connection.execute(query).fetchone(), strict=True)) | columns
    digest = hashlib.sha256(repr(tuple(row.values())).encode(errors="replace")).hexdigest()
    sets = ", ".join(f"{name} = ?" for name in (*names, "digest"))
    connection.execute(f"UPDATE entries SET {sets} WHERE key = 'k1'", (*row.values(), digest))
    connection.commit()
    connection.close()


def use(folder: Path) -> list[bytes]:
    """Do with a store all that can be done; return all that was read on the way."""
    read: list[bytes] = []

    def look(store: Store) -> None:
        for entry in (*store.find(), *filter(None, map(store.get, ("k0", "k1", "k2")))):
            for name in entry.files:
                try:
                    read.append(entry.read(name))
                except Damaged:
                    continue

    store = Store(folder)
    look(store)
    store.info()
    store.export(folder.parent / "exported")
    store.verify()
    look(store)
    assert store.get("k1") is not None or store.put("k1", "picture", {"a.bin": b"1"}, {})
    store.limit_bytes = 1
    store.put("last", "picture", {"a.bin": b"last"}, {})  # the others go for it
    store.remove("k1")
    store.clear()
    assert store.info().entries == 0
    store.close()
    return read


def out(canary: Path) -> dict[str, Callable[[Path], object]]:
    home = canary.parent
    return {
        "absolute place": lambda f: rewrite(
            f, place=str(home), files=json.dumps({"canary.txt": MARK})
        ),
        "place above": lambda f: rewrite(
            f, place="../../home", files=json.dumps({"canary.txt": MARK})
        ),
        "the folder itself": lambda f: rewrite(f, place="."),
        "absolute name": lambda f: rewrite(f, files=json.dumps({str(canary): MARK})),
        "name above": lambda f: rewrite(
            f, files=json.dumps({"../../../home/canary.txt": MARK})
        ),
        "NUL": lambda f: rewrite(f, place="a\0b"),
        "no text": lambda f: rewrite(f, place=b"\xff\xfe"),
        "device": lambda f: rewrite(f, files=json.dumps({"/dev/zero": [2**40, MARK[1]]})),
        "too long": lambda f: rewrite(f, place="x" * 5000),
        "no number": lambda f: rewrite(f, size="many"),
        "less than nothing": lambda f: rewrite(f, size=-(2**62)),
        "no end of time": lambda f: rewrite(f, created=float("inf")),
        "no table": lambda f: rewrite(f, about='["a"]'),
        "no JSON": lambda f: rewrite(f, about="{"),
        "brackets": lambda f: rewrite(f, about="[" * 100_000),
        "digits": lambda f: rewrite(f, about=f'{{"a": {"9" * 5000}}}'),
        "no mark": lambda f: rewrite(f, files='{"a.bin": 3}'),
        "no files": lambda f: rewrite(f, files="null"),
    }  # fmt: skip


ROWS = tuple(out(Path("home/canary.txt")))


@pytest.mark.parametrize("row", ROWS)
def test_a_row_never_leads_out_and_is_made_anew_from_its_note(
    folder: Path, canary: Path, row: str
) -> None:
    out(canary)[row](folder)
    store = Store(folder)
    entry = store.get("k1")
    assert entry is not None
    assert entry.read("a.bin") == b"1"
    assert store.verify().index
    assert not store.close()
    out(canary)[row](folder)
    assert SECRET not in use(folder)
    assert canary.read_bytes() == SECRET


def place_of(folder: Path, key: str) -> Path:
    store = Store(folder)
    (entry,) = (entry for entry in store.find() if entry.key == key)
    store.close()
    return entry.folder


def link_file(folder: Path, canary: Path) -> None:
    """A row that is right about what a link leads to."""
    (place_of(folder, "k1") / "a.bin").unlink()
    (place_of(folder, "k1") / "a.bin").symlink_to(canary)
    rewrite(folder, files=json.dumps({"a.bin": MARK}), size=MARK[0])


def link_folder(folder: Path, canary: Path) -> None:
    place = place_of(folder, "k1")
    shutil.copy(place / "entry.json", canary.parent)
    shutil.copy(place / "a.bin", canary.parent)
    shutil.rmtree(place)
    place.symlink_to(canary.parent, target_is_directory=True)


def link_note(folder: Path, canary: Path) -> None:
    note = place_of(folder, "k1") / "entry.json"
    note.replace(canary.parent / "entry.json")
    note.symlink_to(canary.parent / "entry.json")


def link_stray(folder: Path, canary: Path) -> None:
    (folder / "files" / "stray").symlink_to(canary.parent, target_is_directory=True)
    (folder / "new" / "old").symlink_to(canary.parent, target_is_directory=True)
    (folder / "new" / "loop").symlink_to(folder / "new" / "loop")


def link_index(folder: Path, canary: Path) -> None:
    theirs = canary.parent / "index"
    theirs.mkdir()
    connection = sqlite3.connect(theirs / "index.sqlite")
    connection.execute("CREATE TABLE entries (theirs)")
    connection.commit()
    connection.close()
    shutil.rmtree(folder / "index")
    (folder / "index").symlink_to(theirs, target_is_directory=True)


def link_database(folder: Path, canary: Path) -> None:
    link_index(folder, canary)
    (folder / "index").unlink()
    (folder / "index").mkdir()
    (folder / "index" / "index.sqlite").symlink_to(canary.parent / "index" / "index.sqlite")


def pipe(folder: Path, canary: Path) -> None:
    file = place_of(folder, "k1") / "a.bin"
    file.unlink()
    os.mkfifo(file)
    os.mkfifo(folder / "files" / "pipe")


def pipe_index(folder: Path, canary: Path) -> None:
    file = folder / "index" / "index.sqlite"
    file.unlink()
    os.mkfifo(file)


def listing(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def file_for_folder(folder: Path, canary: Path) -> None:
    shutil.rmtree(folder / "index")
    (folder / "index").touch()


def folder_for_file(folder: Path, canary: Path) -> None:
    (folder / "index" / "index.sqlite").unlink()
    (folder / "index" / "index.sqlite").mkdir()


def loop_index(folder: Path, canary: Path) -> None:
    shutil.rmtree(folder / "index")
    (folder / "index").symlink_to(folder / "index")


TRAPS = (
    link_file, link_folder, link_note, link_stray, link_index, link_database, pipe, pipe_index,
    file_for_folder, folder_for_file, loop_index,
)  # fmt: skip


@pytest.mark.timeout(60)
@pytest.mark.parametrize("trap", TRAPS)
def test_no_link_and_no_pipe_is_followed(
    folder: Path, canary: Path, trap: Callable[[Path, Path], None]
) -> None:
    trap(folder, canary)
    before = listing(canary.parent)
    assert SECRET not in use(folder)
    assert listing(canary.parent) == before
    assert not list((folder / "files").iterdir())


@pytest.mark.parametrize("name", ["files", "new", "kept"])
def test_a_link_in_the_place_of_a_folder_is_refused(folder: Path, canary: Path, name: str) -> None:
    shutil.rmtree(folder / name)
    (folder / name).symlink_to(canary.parent, target_is_directory=True)
    shutil.rmtree(folder / "index")  # what is in no index would be swept
    with pytest.raises(UserError, match=rf"{name} is a link.*Remove the link"):
        Store(folder)
    assert canary.read_bytes() == SECRET
    (folder / name).unlink()
    Store(folder).close()


def test_the_store_itself_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").symlink_to(folder, target_is_directory=True)
    store = Store(tmp_path / "elsewhere")
    assert store.get("k1") is not None
    assert store.verify().damaged == ()
    store.close()


def test_a_kept_text_is_neither_read_nor_written_through_a_link(folder: Path, canary: Path) -> None:
    store = Store(folder)
    text = folder / "kept" / "jobs.txt"
    text.symlink_to(canary)
    with pytest.raises(UserError, match=r"no plain file.*jobs\.broken"):
        store.kept("jobs")
    assert store.kept("jobs") is None
    text.symlink_to(canary)
    store.keep("jobs", "[]")
    assert store.kept("jobs") == "[]"
    assert canary.read_bytes() == SECRET
    store.close()


def sign(text: str) -> bytes:
    return hashlib.sha256(text.encode()).hexdigest().encode() + b"\n" + text.encode()


NOTES = {
    "key": [3],
    "kind": None,
    "about": {"a": [1]},
    "created": "yesterday",
    "files": {"../../../home/canary.txt": MARK},
}


@pytest.mark.parametrize("fact", NOTES)
def test_a_note_that_makes_no_sense_is_no_entry(folder: Path, canary: Path, fact: str) -> None:
    note = place_of(folder, "k1") / "entry.json"
    facts = json.loads(note.read_bytes().partition(b"\n")[2]) | {fact: NOTES[fact]}
    note.write_bytes(sign(json.dumps(facts)))
    shutil.rmtree(folder / "index")
    store = Store(folder)
    assert {entry.key for entry in store.find()} == {"k0", "k2"}
    assert store.verify().orphans == 0
    store.close()
    assert canary.read_bytes() == SECRET


@pytest.mark.parametrize("text", ["[" * 100_000, "{}", f'{{"key": {"9" * 5000}}}', "nul", "\\"])
def test_a_note_that_cannot_be_read_is_no_entry(folder: Path, text: str) -> None:
    (place_of(folder, "k1") / "entry.json").write_bytes(sign(text))
    shutil.rmtree(folder / "index")
    store = Store(folder)
    assert {entry.key for entry in store.find()} == {"k0", "k2"}
    store.close()


ODD_NAMES = [
    "",
    ".",
    "..",
    ".a",
    "a/b",
    "a\\b",
    "a\x00",
    "a\n",
    "con",
    "CON.png",
    "lpt1",
    "a.",
    "ä",
]


@pytest.mark.parametrize("name", [*ODD_NAMES, "x" * 101])
def test_names_that_some_system_takes_for_something_else(name: str) -> None:
    assert not is_plain_name(name)


@pytest.mark.parametrize("name", ["a", "picture.png", "lane-0.safetensors", "console", "x" * 100])
def test_plain_names(name: str) -> None:
    assert is_plain_name(name)
