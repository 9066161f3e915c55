"""How many samples an MP4 or QuickTime file claims: FFmpeg makes room for all of them at once.

A number in a file of 4 KB asks for gigabytes so, before anything is decoded (ISO/IEC 14496-12).
"""

from __future__ import annotations

import itertools
import os
import struct
import time
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis_app.frames.source import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_FIRST = (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip", b"pnot")
_OPENED = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf")
_COUNTS = {b"stsz": 8, b"stz2": 8, b"trun": 4}  # where in the box the number is
_MOST_BOXES = 2_000_000  # two days of fragments of a second
_LONGEST_S = 5.0  # of a recording in fragments on a slow drive the first are looked at
_MOST_SAMPLES = 20_000_000  # 90 hours of 60 pictures a second
_FEW = 1_000_000  # which even a file that is cut off may claim


def check_tables(path: Path) -> None:
    """Raise `SourceError` for a file of endless parts, or that claims more samples than fit."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if file.read(8)[4:] not in _FIRST:
                return
            claimed = _claimed(file, size)
    except (OSError, struct.error):
        return  # FFmpeg tells
    if claimed > min(_MOST_SAMPLES, max(_FEW, size)):
        raise SourceError(
            f"{path.name} claims {claimed} pictures and pieces of sound in {size} bytes",
            "Copy or download it again",
        )


def _claimed(file: BinaryIO, size: int) -> int:
    """Return the samples of all tracks, in tables and in fragments."""
    total = 0
    is_sound = False
    for kind, head in _boxes(file, size):
        if kind == b"cmov":
            return 1 << 32  # packed tables, which nobody has written for twenty years
        if kind == b"mdia":
            is_sound = False
        elif kind == b"hdlr":
            is_sound = is_sound or head[8:12] == b"soun"
        elif kind in _COUNTS and len(head) >= _COUNTS[kind] + 4:
            (count,) = struct.unpack_from(">I", head, _COUNTS[kind])
            (each,) = struct.unpack_from(">I", head, 4) if kind == b"stsz" else (0,)
            if not (is_sound and 0 < count * each <= size):  # bare sound has no table
                total += count
    return total


def _boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind of each box, and the first bytes of what is in it."""
    at, until_s = 0, time.monotonic() + _LONGEST_S
    for number in itertools.count():
        if at + 8 > size or time.monotonic() > until_s:
            return
        if number == _MOST_BOXES:
            name = Path(file.name).name
            raise SourceError(
                f"{name} consists of over {_MOST_BOXES} parts", "Copy or download it again"
            )
        file.seek(at)
        data = file.read(32)
        (length,), kind, width = struct.unpack_from(">I", data), data[4:8], 8
        if length == 1 and len(data) >= 16:
            (length,), width = struct.unpack_from(">Q", data, 8), 16
        yield kind, data[width:]
        if kind in _OPENED:
            at += width
        elif length < width:
            return  # to the end of the file
        else:
            at += length
