"""deepvis: watch a neural network think."""

import ctypes
import os
import sys

# Read once, when torch is imported. Its threads wait for each other by spinning, which takes the
# processor from the very thread that they wait for as soon as anything else runs here, too.
os.environ.setdefault("GOMP_SPINCOUNT", "5000")

# The C library (glibc) gives new threads heaps of their own, up to 8 for each processor, and each
# keeps free pieces of whatever size it once served. Networks and sources come with their threads.
ARENAS = 2
M_ARENA_MAX = -8
if sys.platform.startswith("linux") and "MALLOC_ARENA_MAX" not in os.environ:
    getattr(ctypes.CDLL(None), "mallopt", lambda *_: 0)(M_ARENA_MAX, ARENAS)

__version__ = "0.1.0"
