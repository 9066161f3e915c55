"""Where a Matroska or WebM file is torn: FFmpeg looks for the next sound part without a word."""

from __future__ import annotations

import os
import time
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from numpy.typing import NDArray

_EBML = b"\x1a\x45\xdf\xa3"
_BLOCKS = (0xA1, 0xA3)
_OPENED = (0xA0, 0x1F43B675)  # a BlockGroup and a Cluster are looked into, others passed over
_GAPS = 64  # the widest ones are looked at
_AROUND = 4  # packets: where pictures are stored out of order, a gap's ends are not neighbours
_LONGEST_S = 1.0  # for all gaps; what is left then is taken for sound
_MOST_PARTS = 20_000  # between two pictures


def torn_at(path: Path, found: NDArray[np.int64]) -> int | None:
    """Return the tick of the last picture before the first tear; None: there is none to be seen.

    `found` has a row (tick, place of its block in the file) for each picture, in the file's order.
    Between pictures that are further apart than usual, the parts of the file must follow one
    another without a hole (RFC 8794).
    """
    gaps = _gaps(found[:, 0])
    if not len(gaps) or path.stat().st_size == 0:
        return None
    with path.open("rb") as file:
        data = _Bytes(file)
        if data.cut(0, 4) != _EBML:
            return None
        order = np.argsort(found[:, 0], kind="stable")
        until_s = time.monotonic() + _LONGEST_S
        for gap in gaps:
            if time.monotonic() > until_s:
                break
            ends = order[gap], order[gap + 1]
            first, last = max(0, min(ends) - _AROUND), max(ends) + _AROUND
            places = found[first : last + 1, 1].tolist()
            if not all(_is_whole(data, a, b) for a, b in pairwise(places)):
                return int(found[order[gap], 0])
    return None


class _Bytes:
    """A file's bytes by their places, 0 behind its end.

    It is not mapped into memory: to be cut short meanwhile would end the program.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = os.fstat(file.fileno()).st_size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, place: int) -> int:
        return (self.cut(place, place + 1) or b"\0")[0]

    def cut(self, start: int, end: int) -> bytes:
        self._file.seek(start)
        return self._file.read(end - start)


def _gaps(ticks: NDArray[np.int64]) -> list[int]:
    """Return the places in order behind which it takes unusually long, first to last."""
    steps = np.diff(np.sort(ticks))
    if not len(steps):
        return []
    wide = np.flatnonzero(steps > 1.5 * np.median(steps))
    widest = wide[np.argsort(steps[wide])[-_GAPS:]]
    return sorted(widest.tolist())


def _is_whole(data: _Bytes, start: int, goal: int) -> bool:
    """Tell whether parts lead from the block with content at `start` to the one at `goal`."""
    if not 0 <= start < goal <= len(data):
        return True  # nothing is known
    ends = list(_ends(data, start))
    return not ends or any(_leads(data, end, goal, data[start]) for end in ends)


def _ends(data: _Bytes, start: int) -> Iterator[int]:
    """Yield where the block with content at `start` may end, by the words in front of it."""
    for width in range(1, 9):
        head = start - width - 1
        if head >= 0 and data[head] in _BLOCKS:
            size, behind = _number(data, head + 1)
            if behind == start:
                yield start + size


def _leads(data: _Bytes, at: int, goal: int, track: int) -> bool:
    for _ in range(_MOST_PARTS):
        if at >= goal:
            return False
        width = 9 - data[at].bit_length()
        if width > 4 or at + width >= len(data):
            return False
        name = int.from_bytes(data.cut(at, at + width), "big")
        size, at = _number(data, at + width)
        if name in _BLOCKS and at < len(data) and data[at] == track:
            return at == goal  # else FFmpeg left it out
        if name not in _OPENED:
            at += size
    return True  # too far to tell


def _number(data: _Bytes, at: int) -> tuple[int, int]:
    """Read a length; return it and the place behind it."""
    width = 9 - data[at].bit_length() if at < len(data) else 9
    if width > 8:
        return len(data), at + 1
    whole = int.from_bytes(data.cut(at, at + width), "big")
    return whole & ((1 << 7 * width) - 1), at + width
