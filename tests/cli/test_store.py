"""The command that looks after the store."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from deepvis_app.cli.main import run_command_line
from deepvis_app.cli.store import human_size
from deepvis_app.settings import settings_path
from deepvis_app.store import DiskFullError, Store, default_folder, noted_entries
from deepvis_app.store.index import Index

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from sqlite3 import Connection

Capture = pytest.CaptureFixture[str]


def call(*words: str) -> int:
    return run_command_line(lambda _: 0, ["store", *words])


@pytest.fixture
def filled() -> Path:
    """Three entries of two kinds, 2500 bytes, in the user's store."""
    store = Store(default_folder())
    store.put("a", "picture", {"p.png": b"a" * 1000}, {"title": "conv1 0"})
    store.put("b", "picture", {"p.png": b"b" * 1000}, {"title": "conv1 1"})
    store.put("c", "steered", {"p.png": b"c" * 500}, {})
    store.keep("jobs", "[]")
    store.close()
    return default_folder()


def keys() -> set[str]:
    store = Store(default_folder())
    found = {entry.key for entry in store.find()}
    store.close()
    return found


def test_info_for_people(filled: Path, capsys: Capture) -> None:
    assert call("info") == 0
    first, head, *rows = capsys.readouterr().out.splitlines()
    assert first == f"{filled}: 3 entries, 2.5 kB of at most 2 GB"
    assert head.split() == ["kind", "entries", "size"]
    assert [row.split() for row in rows] == [
        ["picture", "2", "2", "kB"],
        ["steered", "1", "500", "B"],
    ]


def test_info_for_programs(filled: Path, capsys: Capture) -> None:
    assert call("info", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "folder": str(filled),
        "entries": 3,
        "bytes": 2500,
        "limit_bytes": 2_000_000_000,
        "by_kind": {
            "picture": {"entries": 2, "bytes": 2000},
            "steered": {"entries": 1, "bytes": 500},
        },
    }


def test_info_of_nothing(capsys: Capture) -> None:
    assert call("info") == 0
    assert capsys.readouterr().out == f"{default_folder()}: 0 entries, 0 B of at most 2 GB\n"


def test_the_limit_is_that_of_the_settings(capsys: Capture) -> None:
    settings_path().write_text("[live]\nstore_limit_gb = 7.5\n")
    assert call("info", "--json") == 0
    assert json.loads(capsys.readouterr().out)["limit_bytes"] == 7_500_000_000


@pytest.mark.parametrize(("answer", "code", "left"), [("n\n", 1, "abc"), ("y\n", 0, "c")])
def test_clear_asks(
    filled: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    code: int,
    left: str,
) -> None:
    asked = []

    def confirm(question: str) -> bool:
        asked.append(question)
        return answer == "y\n"

    monkeypatch.setattr("typer.confirm", confirm)
    assert call("clear", "--kind", "picture") == code
    assert asked == [f"Remove 2 entries of kind picture (2 kB) from {filled}?"]
    assert keys() == set(left)
    assert ("Removed 2 entries\n" in capsys.readouterr().out) == (code == 0)


def test_clear_without_an_answer_removes_nothing(filled: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "deepvis_app", "store", "clear"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 130
    assert keys() == set("abc")


def test_clear_does_not_ask_when_told_so(filled: Path, capsys: Capture) -> None:
    assert call("clear", "--yes") == 0
    assert capsys.readouterr().out == "Removed 3 entries\n"
    assert keys() == set()
    assert call("clear") == 0
    assert capsys.readouterr().out == "There is nothing to remove: 0 entries\n"


def test_verify_tells_damage_by_its_exit_code(filled: Path, capsys: Capture) -> None:
    assert call("verify") == 0
    assert (
        capsys.readouterr().out
        == "3 entries checked, 0 damaged and removed, 0 left-overs removed\n"
    )
    for file in filled.glob("files/*/p.png"):
        if file.read_bytes().startswith(b"b"):
            file.unlink()
    assert call("verify", "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert said == {"checked": 3, "damaged": ["b"], "orphans": 0, "notes": 0, "index": False}
    assert keys() == set("ac")


def test_verify_says_when_the_index_was_damaged(filled: Path, capsys: Capture) -> None:
    (filled / "index" / "index.sqlite").write_bytes(b"no database" * 1000)
    assert call("verify") == 1
    said = capsys.readouterr().out
    assert "The index was damaged and is made again from the notes" in said
    assert keys() == set("abc")
    assert call("verify") == 0


def test_export(filled: Path, tmp_path: Path, capsys: Capture) -> None:
    target = tmp_path / "there"
    assert call("export", str(target), "--kind", "picture") == 0
    assert capsys.readouterr().out == f"2 entries in {target}\n"
    assert {file.name for file in target.iterdir()} == {
        "conv1-0_a_p.png",
        "conv1-1_b_p.png",
        "index.json",
    }


def test_an_export_that_cannot_be_written_is_one_line(
    filled: Path, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "file").write_text("")
    assert call("export", str(tmp_path / "file")) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"deepvis: {tmp_path / 'file'} cannot be written")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (1550, "1.55 kB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (123_456_789, "123 MB"),
        (2_000_000_000, "2 GB"),
        (5_000_000_000_000, "5 TB"),
    ],
)
def test_sizes_as_people_write_them(size: int, words: str) -> None:
    assert human_size(size) == words


def test_it_needs_no_torch() -> None:
    program = (
        "import sys, json\n"
        "from deepvis_app.cli.main import run_command_line\n"
        "code = run_command_line(lambda _: 0, ['store', 'info'])\n"
        "heavy = {'torch', 'torchvision', 'cv2', 'numpy', 'PyQt6', 'sklearn'} & set(sys.modules)\n"
        "print(json.dumps([code, sorted(heavy)]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert json.loads(done.stdout.splitlines()[-1]) == [0, []]


@pytest.mark.parametrize(("words", "left"), [((), set()), (("--kind", "picture"), {"c"})])
def test_a_store_on_a_disk_too_full_to_open_it_is_cleared(
    filled: Path,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    left: set[str],
) -> None:
    """SQLite opens an index only where there is room beside it: here once the pictures are gone."""
    large = [entry.folder for entry in noted_entries(filled, "picture")]
    real = Index.write

    def write(index: Index, change: Callable[[Connection], object]) -> object:
        if any(folder.exists() for folder in large):
            raise DiskFullError(filled)
        return real(index, change)

    monkeypatch.setattr(Index, "write", write)
    assert call("info") == 2
    assert "The disk is full" in capsys.readouterr().err
    assert call("clear", "--yes", *words) == 0
    assert f"Removed {3 - len(left)} entries" in capsys.readouterr().out
    assert keys() == left


FULL = """
set -e
mount -t tmpfs -o size=400k tmpfs "$1"
export DEEPVIS_CACHE_DIR="$1"
"$2" -c "
from deepvis_app.store import Store, default_folder
store = Store(default_folder())
for number in range(5):
    store.put(str(number), 'picture', {'a.bin': bytes(10_000)}, {})
store.close()
"
dd if=/dev/zero of="$1/fill" 2> /dev/null || true
"$2" -m deepvis_app store info || echo "code $?"
"$2" -m deepvis_app store clear --yes
"$2" -m deepvis_app store info
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs a small disk of its own")
def test_on_a_disk_that_is_really_full(tmp_path: Path) -> None:
    inside = ["unshare", "-rm", "sh", "-c"]
    if subprocess.run(
        [*inside, "mount -t tmpfs none /mnt"], capture_output=True, check=False
    ).returncode:
        pytest.skip("this user may not mount a small disk")
    done = subprocess.run(
        [*inside, FULL, "sh", str(tmp_path), sys.executable],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stderr.startswith(f"deepvis: The disk is full: {tmp_path / 'store'}. ")
    assert "deepvis store clear" in done.stderr
    first, second, third = done.stdout.splitlines()
    assert (first, second.strip()) == ("code 2", "Removed 5 entries")
    assert ": 0 entries" in third
