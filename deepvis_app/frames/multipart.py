"""Cut a multipart/x-mixed-replace stream (MJPEG over HTTP) into its parts."""

from __future__ import annotations

import re
from email.message import Message

_MAX_PART_BYTES = 16_000_000
_MAX_HEADER_BYTES = 65_536
_HEADERS_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"^content-length\s*:\s*(\d+)", re.IGNORECASE | re.MULTILINE)


def boundary_of(content_type: str) -> bytes:
    """Return the boundary that a Content-Type header names, without its leading dashes.

    Many cameras write the dashes into the header already, or forget them in the stream.
    """
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_param("boundary", "")
    return str(boundary).strip().lstrip("-").encode("latin-1", "replace")


class MultipartCutter:
    """Feed it bytes as they come; it gives the bodies of the parts that are complete.

    A part ends after its Content-Length, or, where it has none, at the next boundary. No byte is
    looked at more than a few times, however small the pieces are that come.
    """

    def __init__(self, boundary: bytes) -> None:
        self._boundary = boundary or b"--"
        self._waiting = bytearray()
        self._skipped = 0  # bytes since the last part in which no boundary was
        self._body: int | None = None  # where the body in hand begins, once its headers are read
        self._end: int | None = None  # and ends, where they tell
        self._searched = 0  # up to where there is no next boundary

    def feed(self, data: bytes) -> list[bytes]:
        """Take `data` and return the parts that it completes; `ValueError` if one never ends."""
        self._waiting += data
        parts = []
        while (part := self._next_part()) is not None:
            parts.append(part)
        if len(self._waiting) > _MAX_PART_BYTES or self._skipped > _MAX_PART_BYTES:
            raise ValueError("no boundary between the pictures")
        return parts

    def _next_part(self) -> bytes | None:
        if self._body is None and not self._read_headers():
            return None
        body = self._body or 0
        end = self._find(body) if self._end is None else self._end
        if end < 0 or end > len(self._waiting):
            return None
        part = bytes(self._waiting[body:end])
        del self._waiting[:end]
        self._body = self._end = None
        self._searched = 0
        return part

    def _read_headers(self) -> bool:
        """Find where the next part's body begins and ends; False: not all of it is there."""
        start = self._find(0)
        if start < 0:
            self._skip(self._searched)
            return False
        self._skip(start)
        self._skipped = 0
        start = len(self._boundary)
        headers = _HEADERS_END.search(self._waiting, start)
        if (headers.start() if headers else len(self._waiting)) > _MAX_HEADER_BYTES:
            raise ValueError("a part's headers have no end")
        if headers is None:
            return False
        length = _LENGTH.search(self._waiting, start, headers.start() + 1)
        self._body = self._searched = headers.end()
        if length:
            if len(length[1]) > len(str(_MAX_PART_BYTES)) or int(length[1]) > _MAX_PART_BYTES:
                raise ValueError(f"a part of more than {_MAX_PART_BYTES // 10**6} MB")
            self._end = self._body + int(length[1])
        return True

    def _find(self, start: int) -> int:
        """Return where the next boundary from `start` on is, -1: it has not come yet."""
        found = self._waiting.find(self._boundary, max(start, self._searched))
        if found < 0:
            self._searched = max(start, len(self._waiting) - len(self._boundary) + 1)
        return found

    def _skip(self, count: int) -> None:
        del self._waiting[:count]
        self._skipped += count
        self._searched = max(0, self._searched - count)
