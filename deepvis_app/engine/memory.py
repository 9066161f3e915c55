"""The memory of a network that is gone, given back to the system off the path of the frames."""

from __future__ import annotations

import ctypes
import sys
import weakref
from contextlib import suppress
from threading import Event, Thread
from typing import TYPE_CHECKING

from deepvis_app.garbage import collect_soon

if TYPE_CHECKING:
    from deepvis_app.nets.network import Network

LETTING_GO_S = 2.0  # for those who still hold the network


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
