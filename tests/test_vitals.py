"""Processes that end without a word: what their watcher says and what the next start finds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from deepvis_app.vitals import LOAD, PASS, SIZE, UNKNOWN, Death, Vitals, deaths, read_death

if TYPE_CHECKING:
    from pathlib import Path

DIES = """
import sys
from pathlib import Path
from deepvis_app.vitals import LOAD, PASS, Vitals
vitals = Vitals(Path(sys.argv[1]))
vitals.watch()
vitals.uses("in-use", "w.pth")
{}
"""


def dying(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", DIES.format(code), str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.skipif(os.name != "posix", reason="tells signals apart")
@pytest.mark.parametrize(
    ("code", "death"),
    [
        ("vitals.flags[PASS] = 1; import os; os._exit(7)", Death("in-use", "w.pth")),
        (
            "vitals.flags[PASS] = 1; import ctypes; ctypes.string_at(0)",
            Death("in-use", "w.pth", reason="segmentation fault"),
        ),
        ("vitals.loads('new'); import os; os.abort()", Death("new", "", True, "aborted")),
        ("vitals.loads('new'); vitals.loads(''); import os; os.kill(os.getpid(), 9)", Death()),
        ("import os; os.kill(os.getpid(), 9)", Death()),  # idle: no network is to blame
    ],
)
def test_an_end_without_a_word_gets_one(tmp_path: Path, code: str, death: Death) -> None:
    done = dying(tmp_path / "running", code)
    assert done.returncode != 0
    assert done.stderr.startswith(f"{death}.")
    assert done.stderr.count("\n") == 1
    assert deaths(tmp_path / "running") == [death]
    assert deaths(tmp_path / "running") == []  # once
    left = {path.name for path in (tmp_path / "running").iterdir()}
    assert left == ({"last.trace"} if death.reason != UNKNOWN else set())


@pytest.mark.skipif(os.name != "posix", reason="tells signals apart")
@pytest.mark.parametrize(("spec", "is_told"), [("other.toml", True), ("pocket", False)])
def test_the_way_out_is_told_where_there_is_another(
    tmp_path: Path, spec: str, is_told: bool
) -> None:
    code = f"vitals.uses({spec!r}); vitals.flags[PASS] = 1; import os; os.kill(os.getpid(), 9)"
    assert ("shows the bundled network" in dying(tmp_path, code).stderr) == is_told


def test_an_ordinary_end_leaves_nothing_and_says_nothing(tmp_path: Path) -> None:
    done = dying(tmp_path, "vitals.flags[PASS] = 1; vitals.end(); vitals.end()")
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_a_living_process_is_not_dead(tmp_path: Path) -> None:
    vitals = Vitals(tmp_path)
    vitals.uses("alive")
    vitals.flags[PASS] = 1
    assert deaths(tmp_path) == []
    vitals.end()
    assert list(tmp_path.iterdir()) == []


def mark(folder: Path, host: str, boot: str) -> Path:
    """Leave a mark as a process that died in a pass does."""
    vitals = Vitals(folder)
    vitals.uses("dead")
    vitals.flags[PASS] = 1
    vitals._write(0, {"host": host, "boot": boot})
    assert vitals._file is not None
    content = vitals._mark.read_bytes()
    vitals.end()
    path = folder / "1.mark"
    path.write_bytes(content)
    return path


def test_marks_from_elsewhere_and_before_are_no_deaths(tmp_path: Path) -> None:
    from deepvis_app.vitals import _boot, _host

    mark(tmp_path, _host(), _boot())
    assert deaths(tmp_path) == [Death("dead")]
    other = mark(tmp_path, "another computer", _boot())
    assert deaths(tmp_path) == []
    assert other.exists()  # it may live there
    before = mark(tmp_path, _host(), "another boot")
    assert deaths(tmp_path) == []
    assert not before.exists()


@pytest.mark.parametrize("content", [b"", b"\1" * 9, b"\1\1" + b"[" * SIZE, b"\xff" * SIZE])
def test_a_damaged_mark_is_no_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "9.mark").write_bytes(content)
    assert all(not death.spec for death in deaths(tmp_path))


def test_a_mark_has_its_room_on_the_disk(tmp_path: Path) -> None:
    """To write into a map of a file with holes ends the process where the disk is full."""
    vitals = Vitals(tmp_path)
    (mark,) = tmp_path.glob("*.mark")
    found = mark.stat()
    vitals.end()
    if not hasattr(found, "st_blocks"):
        pytest.skip("the system does not tell holes")
    (tmp_path / "holes").touch()
    os.truncate(tmp_path / "holes", 10 * SIZE)
    assert (tmp_path / "holes").stat().st_blocks * 512 < SIZE  # that is how they are told
    assert found.st_blocks * 512 >= SIZE


def test_processes_of_one_number_have_marks_of_their_own(tmp_path: Path) -> None:
    """As in containers that share a folder."""
    one, other = Vitals(tmp_path), Vitals(tmp_path)
    one.uses("one")
    other.uses("other")
    assert len(list(tmp_path.iterdir())) == 2
    one.end()
    other.flags[PASS] = 1
    assert len(list(tmp_path.iterdir())) == 1
    other.end()


def test_a_name_that_finds_no_room_leaves_no_other_in_its_place(tmp_path: Path) -> None:
    vitals = Vitals(tmp_path)
    vitals.flags[PASS] = 1
    vitals.uses("before")
    vitals.uses("x" * SIZE)
    (mark,) = tmp_path.glob("*.mark")
    assert read_death(mark.read_bytes(), tmp_path / "none").spec == ""
    vitals.end()


def test_what_is_no_network_is_not_called_one() -> None:
    said = str(Death(reason="segmentation fault"))
    assert said == "deepvis ended while no network was at work (segmentation fault)"


def test_where_nothing_can_be_written_all_works(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    vitals = Vitals(tmp_path / "file" / "running")
    vitals.uses("x")
    vitals.loads("y")
    vitals.flags[PASS] = vitals.flags[LOAD] = 1
    vitals.end()
    assert deaths(tmp_path / "file" / "running") == []


@pytest.mark.skipif(not hasattr(signal, "SIGINT") or os.name != "posix", reason="of terminals")
def test_the_watcher_has_a_session_of_its_own(tmp_path: Path) -> None:
    """Ctrl+C in a terminal is for deepvis alone; nothing is left of it after the end."""
    vitals = Vitals(tmp_path)
    vitals.watch()
    watcher = vitals._watcher
    assert watcher is not None
    assert os.getsid(watcher.pid) != os.getsid(0)
    vitals.end()
    assert watcher.returncode == 0
