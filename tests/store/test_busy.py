"""Another process has the index for itself: it is waited for a little, and then done without."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from deepvis_app.store import Store, StoreBusyError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEEPER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2:]:
    connection.execute(statement).fetchall()
print("busy", flush=True)
sys.stdin.readline()
"""
WAYS = {
    "written": ("BEGIN EXCLUSIVE", "UPDATE entries SET used = used + 1"),
    "owned": ("PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE", "SELECT * FROM entries"),
    "turned": ("PRAGMA journal_mode = DELETE", "BEGIN EXCLUSIVE"),
}


@contextmanager
def kept_busy(folder: Path, way: str) -> Iterator[subprocess.Popen[str]]:
    file = folder / "index" / "index.sqlite"
    with subprocess.Popen(
        [sys.executable, "-c", KEEPER, str(file), *WAYS[way]],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "busy\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    store = Store(tmp_path / "store")
    store.put("k", "picture", {"a.bin": b"a"}, {"number": 1})
    store.close()
    return tmp_path / "store"


def seconds(store: Store) -> float:
    """Return how long a window that looks twenty times is held up."""
    before = time.monotonic()
    for _ in range(20):
        try:
            assert store.find(number=1)
        except StoreBusyError:
            continue
    return time.monotonic() - before


@pytest.mark.parametrize("way", WAYS)
def test_a_busy_index_holds_up_for_less_than_a_second_and_is_used_later(
    folder: Path, way: str
) -> None:
    with kept_busy(folder, way) as other:
        before = time.monotonic()
        store = Store(folder, patience_s=0.3)
        assert 0.3 <= time.monotonic() - before < 1
        assert store.busy is not None
        assert "Another program keeps the store" in str(store.busy)
        assert seconds(store) < 1
        with pytest.raises(StoreBusyError):
            store.put("l", "picture", {"a.bin": b"l"}, {})
        assert not list((folder / "new").iterdir())
        other.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        other.wait()
    assert store.find(number=1)
    store.put("l", "picture", {"a.bin": b"l"}, {})
    assert store.verify().checked == 2
    store.close()


def test_other_threads_wait_until_the_other_is_done(folder: Path) -> None:
    store = Store(folder, patience_s=0.1)
    done: list[str] = []

    def put() -> None:
        store.put("l", "picture", {"a.bin": b"l"}, {})
        done.append("put")

    with kept_busy(folder, "written") as other:
        writer = threading.Thread(target=put)
        writer.start()
        with pytest.raises(StoreBusyError):  # this one has less patience
            store.remove("k")
        assert done == []
        assert other.stdin is not None
        other.stdin.write("\n")  # it ends, and its transaction with it
        other.stdin.flush()
        writer.join(10)
    assert done == ["put"]
    assert {entry.key for entry in store.find()} == {"k", "l"}
    store.close()
