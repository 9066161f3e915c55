"""Killed at any moment, several at once: the store is sound."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from deepvis_app.store import Store

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("kills.py")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")


def start(*words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", str(PROGRAM), *map(str, words)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str], line: str = "") -> str:
    out, err = process.communicate(line, timeout=150)
    assert (process.returncode, err) == (0, "")
    return out


def test_killed_before_any_line_of_code(tmp_path: Path) -> None:
    last = int(finish(start(tmp_path, "at", 1, 37)))
    assert last > 800, "the writers had hardly begun"


@pytest.mark.slow(seconds=60)
def test_killed_before_every_line_of_code(tmp_path: Path) -> None:
    finish(start(tmp_path, "at", 1, 1))


def test_killed_from_outside_at_any_moment(tmp_path: Path) -> None:
    """What was written before the kill is there, what was being written is whole or absent."""
    chance = random.Random(0)
    for _ in range(6):
        process = start(tmp_path, "endless")
        assert process.stdout is not None
        first = int(process.stdout.readline())
        with suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0, 0.08))
        process.kill()
        out, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (-9, "")
        done = [first, *(int(line) for line in out.splitlines())]
        check_after_kill(tmp_path, done[-1])


def check_after_kill(folder: Path, last: int) -> None:
    store = Store(folder)
    numbers = [entry.about["number"] for entry in store.find()]
    assert {last, last + 1} & set(numbers)  # the next may be there before its line was printed
    assert store.verify().damaged == ()
    kept = store.kept("jobs")
    assert kept in {f"{last} " * 100, f"{last + 1} " * 100}
    store.close()


def test_several_processes_share_a_store_from_its_first_moment(tmp_path: Path) -> None:
    together = [start(tmp_path, "beside", seed) for seed in range(3)]
    for process in together:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in together:
        finish(process)
    store = Store(tmp_path)
    found = store.verify()
    assert found.checked > 0
    assert (found.damaged, found.orphans) == ((), 0)
    assert store.info().bytes <= 120_000 + 20_000
    store.close()
