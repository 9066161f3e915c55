"""The header of a JPEG: its size and what decoding it takes, without decoding it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import BinaryIO

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
_SCAN, _END = 0xDA, 0xD9
_MOST_MARKERS = 10_000
_MOST_FILLING = 100_000  # bytes between two markers


@dataclass(frozen=True, slots=True)
class JpegHead:
    """What a JPEG says of itself (ITU-T T.81, B.2); sizes in pixels."""

    width: int
    height: int
    channels: int
    is_kept: bool  # all coefficients stay in memory until the last scan
    coefficients: float  # a pixel

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height

    @property
    def kept_bytes(self) -> float:
        """Memory for coefficients, 16 bits each."""
        return 2 * self.coefficients * self.width * self.height if self.is_kept else 0.0


def jpeg_head(file: BinaryIO) -> JpegHead | None:
    """Read a JPEG from where `file` is up to its first scan; None where there is no such header."""
    if file.read(2) != b"\xff\xd8":
        return None
    frame, kind = b"", 0
    for _ in range(_MOST_MARKERS):
        marker = _next_marker(file)
        if marker is None or marker == _END:
            return None
        if marker in _ALONE:
            continue
        length = int.from_bytes(file.read(2), "big") - 2
        if length < 0:
            return None
        if marker == _SCAN:
            first = file.read(1)
            return _head(frame, kind, first[0] if first else 0)
        if marker in _FRAMES and not frame:
            frame, kind = file.read(length), marker
        else:
            file.seek(length, 1)
    return None


def scan_count(file: BinaryIO) -> int:
    """Return how often the picture is gone over: a small file may ask for it thousands of times."""
    count, before = 0, b""
    while chunk := file.read(1 << 20):
        count += (before + chunk).count(b"\xff\xda")
        before = chunk[-1:]
    return count


def _next_marker(file: BinaryIO) -> int | None:
    """Skip to the next marker, over some filling, as libjpeg does."""
    was_prefix = False
    for _ in range(_MOST_FILLING):
        byte = file.read(1)
        if not byte:
            return None
        if was_prefix and byte not in (b"\xff", b"\0"):
            return byte[0]
        was_prefix = byte == b"\xff"
    return None


def _head(frame: bytes, kind: int, scanned: int) -> JpegHead | None:
    if len(frame) < 6 or len(frame) < 6 + 3 * frame[5] or not frame[5]:
        return None
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    channels = frame[5]
    factors = [divmod(frame[7 + 3 * channel], 16) for channel in range(channels)]
    widest, highest = max(x for x, _ in factors), max(y for _, y in factors)
    coefficients = sum(x * y for x, y in factors) / max(widest * highest, 1)
    is_kept = kind not in (0xC0, 0xC1) or scanned < channels
    return JpegHead(width, height, channels, is_kept, coefficients)
