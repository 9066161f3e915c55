"""WebP: its header, and large still ones decoded in less memory than Pillow takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from deepvis_app.frames.cv import cv2

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ANIMATED, _ALPHA = 0x02, 0x10
_STILL_BYTES = 7.2, 8.3  # a pixel, measured, that decoding a still picture takes: opaque or not


@dataclass(frozen=True, slots=True)
class WebpHead:
    """What a WebP says of itself (RFC 9649)."""

    width: int
    height: int
    is_animated: bool
    has_alpha: bool

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height

    @property
    def still_bytes(self) -> float:
        """What `still_webp` takes."""
        return self.width * self.height * _STILL_BYTES[self.has_alpha]


def webp_head(head: bytes) -> WebpHead | None:
    """Read the first 30 bytes; None where they are none of a WebP."""
    kind = head[12:16]
    if len(head) < 30 or head[:4] != b"RIFF" or head[8:12] != b"WEBP":
        return None
    if kind == b"VP8X":
        width, height = (int.from_bytes(head[at : at + 3], "little") + 1 for at in (24, 27))
        return WebpHead(width, height, bool(head[20] & _ANIMATED), bool(head[20] & _ALPHA))
    if kind == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (26, 28))
        return WebpHead(width, height, is_animated=False, has_alpha=False)
    if kind == b"VP8L" and head[20] == 0x2F:
        bits = int.from_bytes(head[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        return WebpHead(width, height, is_animated=False, has_alpha=bool(bits >> 28 & 1))
    return None


def still_webp(data: bytes) -> tuple[NDArray[np.uint8], Image.Exif] | None:
    """Return a still picture, (H, W, 3) BGR or (H, W, 4) BGRA, and its notes; None: damaged."""
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if found is None or found.ndim != 3:
        return None
    exif = Image.Exif()
    if note := _exif(data):
        exif.load(note)
    return np.asarray(found, np.uint8), exif


def _exif(data: bytes) -> bytes:
    at = 12
    while at + 8 <= len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"EXIF":
            return data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    return b""
