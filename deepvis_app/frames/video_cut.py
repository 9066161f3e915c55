"""Whether a video file ends before its own end: the containers say how long they are."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import BinaryIO

_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
_MOST_PARTS = 10_000  # a file of more top-level parts is not looked through


def is_cut_off(path: Path) -> bool:
    """Tell whether the end of an MP4, AVI or Matroska file is missing; False of other kinds."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            start = file.read(12)
            file.seek(0)
            if start[:4] == _EBML:
                return _segment_end(file) > size
            if start[:4] == b"RIFF":
                return _last_end(file, size, _riff_size) > size
            if start[4:8] in (b"ftyp", b"moov", b"mdat", b"free", b"wide", b"skip"):
                return _last_end(file, size, _box_size) > size
    except (OSError, struct.error, IndexError):
        pass
    return False


def _last_end(file: BinaryIO, size: int, read_size: Callable[[bytes], int]) -> int:
    """Return where the last part of the file ends by its own words."""
    end = 0
    for _ in range(_MOST_PARTS):
        if end >= size:
            break
        file.seek(end)
        length = read_size(file.read(16))
        if length < 8:
            return size  # to the end of the file
        end += length
    return end


def _riff_size(head: bytes) -> int:
    (length,) = struct.unpack_from("<I", head, 4)
    if head[:4] != b"RIFF" or not length:
        return 0  # something behind the video, or a length that was never written
    return 8 + int(length) + int(length) % 2


def _box_size(head: bytes) -> int:
    (length,) = struct.unpack_from(">I", head)
    if length == 1:
        (length,) = struct.unpack_from(">Q", head, 8)
    return int(length)


def _segment_end(file: BinaryIO) -> int:
    """Return where Matroska's Segment ends; 0 where that was never written."""
    head = file.read(64 << 10)
    at = head.find(_SEGMENT)
    if at < 0:
        return 0
    at += 4
    width = 9 - head[at].bit_length()
    length = int.from_bytes(head[at : at + width], "big") & ((1 << 7 * width) - 1)
    if length == (1 << 7 * width) - 1:
        return 0  # not known when it was written
    return at + width + length
