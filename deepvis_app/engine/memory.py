"""What the C library keeps of memory: given back, and kept from growing."""

from __future__ import annotations

import ctypes
import os
import sys
import weakref
from contextlib import suppress
from threading import Event, Thread
from typing import TYPE_CHECKING

from deepvis_app.garbage import collect_soon

if TYPE_CHECKING:
    from deepvis_app.nets.network import Network

LETTING_GO_S = 2.0  # for those who still hold the network
HEAPS = 2  # the window's thread has one of them to itself
_M_ARENA_MAX = -8  # malloc.h


def share_heaps() -> None:
    """Have all threads of this process share two heaps (glibc), unless the user said otherwise.

    By itself it makes eight for each core: threads that come and go with networks and sources leave
    holes in all of them, 70 MB after an hour of changes.
    """
    if sys.platform.startswith("linux") and "MALLOC_ARENA_MAX" not in os.environ:
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, HEAPS)


def give_back_after(network: Network) -> None:
    """Give memory back once nobody holds `network` any more; returns at once."""
    gone = Event()
    held = weakref.ref(network, lambda _: gone.set())
    Thread(target=_give_back, args=(held, gone), name="deepvis-tidy", daemon=True).start()


def _give_back(held: weakref.ref[Network], gone: Event) -> None:
    if not gone.wait(LETTING_GO_S) and held() is not None:
        collect_soon()  # it is held by a cycle, or somebody wants it still
        gone.wait(LETTING_GO_S)
    trim()


def trim() -> None:
    """Return free memory to the system where the C library keeps it (glibc)."""
    if sys.platform.startswith("linux"):
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
