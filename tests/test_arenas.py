"""Threads share the C library's heaps: one for each would keep free pieces for good."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, sys, threading
if sys.argv[1] == "ours":
    import deepvis_app
together = threading.Barrier(7)
def use():
    kept = bytearray(5000)
    together.wait()
    together.wait()
for _ in range(6):
    threading.Thread(target=use).start()
together.wait()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(sys.argv[2].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
together.wait()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="another allocator")
@pytest.mark.parametrize(
    ("who", "variables", "heaps"),
    [("others", {}, 7), ("ours", {}, 2), ("ours", {"MALLOC_ARENA_MAX": "4"}, 4)],
)
def test_threads_share_two_heaps_unless_the_user_says_otherwise(
    tmp_path, who: str, variables: dict[str, str], heaps: int
) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "MALLOC_ARENA_MAX"} | variables
    told = tmp_path / "heaps.xml"
    subprocess.run(
        [sys.executable, "-c", PROGRAM, who, str(told)], env=environment, timeout=60, check=True
    )
    assert told.read_text().count("<heap nr=") == heaps
