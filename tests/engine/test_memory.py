from __future__ import annotations

import os
import subprocess
import sys
import weakref
from threading import Event
from typing import TYPE_CHECKING

import pytest

from deepvis_app.engine import memory
from deepvis_app.engine.device.device import choose_device
from deepvis_app.engine.loader import Loader
from deepvis_app.engine.memory import HEAPS
from deepvis_app.engine.status import Phase

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def memory_stays() -> None:
    """Here it is given back."""


@pytest.fixture
def trimmed(monkeypatch: pytest.MonkeyPatch) -> Event:
    event = Event()
    monkeypatch.setattr(memory, "trim", event.set)
    return event


def test_memory_is_given_back_once_the_network_is_gone(trimmed, make_network, monkeypatch) -> None:
    monkeypatch.setattr(memory, "LETTING_GO_S", 20)
    network = make_network()
    memory.give_back_after(network)
    assert not trimmed.wait(0.05)
    del network
    assert trimmed.wait(10)


def test_a_network_in_a_cycle_goes_too(trimmed, make_network, monkeypatch) -> None:
    monkeypatch.setattr(memory, "LETTING_GO_S", 0.01)
    network = make_network()
    network.module.itself = [network]
    gone = weakref.ref(network)
    memory.give_back_after(network)
    del network
    assert trimmed.wait(10)
    assert gone() is None


def test_an_exchanged_network_is_given_back(trimmed, make_network, news) -> None:
    loader = Loader(choose_device("cpu"), lambda model: None, news)
    loader.start()
    loader.use(make_network())
    news.until(lambda: loader.status.phase is Phase.READY)
    assert not trimmed.is_set()
    loader.use(make_network(seed=1))
    assert trimmed.wait(20)
    loader.join(10)


def test_trimming_is_possible_everywhere() -> None:
    memory.trim()


def test_where_garbage_waits_for_a_thread_of_its_own_it_is_asked_for(
    trimmed, make_network, monkeypatch
) -> None:
    """The window's thread collects: objects of Qt may be among the garbage."""
    monkeypatch.setattr(memory, "LETTING_GO_S", 0.01)
    asked = Event()
    monkeypatch.setattr(memory, "collect_soon", asked.set)
    network = make_network()
    network.module.itself = [network]
    gone = weakref.ref(network)
    memory.give_back_after(network)
    del network
    assert asked.wait(10)
    assert trimmed.wait(10)
    assert gone() is not None


HEAPS_OF_TEN_THREADS = """
import ctypes, re, sys, threading
from deepvis_app.engine.memory import share_heaps
if "share" in sys.argv:
    share_heaps()
all_there, done = threading.Barrier(11), threading.Event()
def allocate():
    kept = [bytearray(1000) for _ in range(100)]
    all_there.wait()
    done.wait()
threads = [threading.Thread(target=allocate) for _ in range(10)]
for thread in threads:
    thread.start()
all_there.wait()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = libc.fopen(sys.argv[1].encode(), b"w")
libc.malloc_info(0, ctypes.c_void_p(file))
libc.fclose(ctypes.c_void_p(file))
done.set()
print(len(re.findall("<heap nr", open(sys.argv[1]).read())))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's heaps")
def test_ten_threads_share_two_heaps(tmp_path: Path) -> None:
    def heaps(*words: str, **environment: str) -> int:
        command = [sys.executable, "-c", HEAPS_OF_TEN_THREADS, str(tmp_path / "heaps.xml"), *words]
        own = {k: v for k, v in os.environ.items() if k != "MALLOC_ARENA_MAX"}
        ran = subprocess.run(
            command, env=own | environment, capture_output=True, text=True, check=True
        )
        return int(ran.stdout)

    assert heaps() > HEAPS
    assert heaps("share") == HEAPS
    assert heaps("share", MALLOC_ARENA_MAX="4") == 4
