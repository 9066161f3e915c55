"""The chunks of a PNG, walked over before a decoder sees them."""

from __future__ import annotations

import zlib

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")


def plain_png(data: bytes) -> bytes | None:
    """Return a PNG without what makes no pixels of its first picture; None where it is damaged.

    Lengths are checked against the file's own, and each chunk against its sum (ISO/IEC 15948).
    """
    if not data.startswith(_SIGNATURE):
        return None
    kept, at = [_SIGNATURE], len(_SIGNATURE)
    while at + 12 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(data) or (kind == b"IHDR") != (len(kept) == 1):
            return None
        if kind in _PIXELS:
            chunk = memoryview(data)[at:end]
            if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
                return None
            kept.append(bytes(chunk))
        if kind == b"IEND":
            return b"".join(kept)
        at = end
    return None
