"""Cut a multipart/x-mixed-replace stream (MJPEG over HTTP) into its parts."""

from __future__ import annotations

import re
from email.message import Message

_MAX_PART_BYTES = 16_000_000
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

    A part ends after its Content-Length, or, where it has none, at the next boundary.
    """

    def __init__(self, boundary: bytes) -> None:
        self._boundary = boundary or b"--"
        self._waiting = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Take `data` and return the parts that it completes; `ValueError` if one never ends."""
        self._waiting += data
        parts = []
        while (part := self._next_part()) is not None:
            parts.append(part)
        if len(self._waiting) > _MAX_PART_BYTES:
            raise ValueError("no boundary between the pictures")
        return parts

    def _next_part(self) -> bytes | None:
        start = self._waiting.find(self._boundary)
        if start < 0:
            return None
        start += len(self._boundary)
        headers = _HEADERS_END.search(self._waiting, start)
        if headers is None:
            return None
        length = _LENGTH.search(self._waiting, start, headers.start() + 1)
        body = headers.end()
        if length:
            end = body + int(length[1])
            if end > len(self._waiting):
                return None
        else:
            end = self._waiting.find(self._boundary, body)
            if end < 0:
                return None
        part = bytes(self._waiting[body:end])
        del self._waiting[:end]
        return part
