"""Pictures over HTTP: an MJPEG stream's newest, or a single one."""

from __future__ import annotations

import io
import selectors
from collections import deque
from typing import TYPE_CHECKING

from deepvis_app.frames import patience as limits
from deepvis_app.frames.http_client import FAULTS, reason_text
from deepvis_app.frames.multipart import MultipartCutter, boundary_of
from deepvis_app.frames.source import SourceError, SourceLost
from deepvis_app.frames.stream_picture import decode_part as _decode

if TYPE_CHECKING:
    import http.client

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.frames.patience import Patience

_CHUNK_BYTES = 65536
_DRAIN_BYTES = 4_000_000  # at most so much is thrown away for a newer picture
_NEWEST = 8  # parts that are tried for one that is sound
_MAX_PICTURE_BYTES = 64_000_000


class MjpegStream:
    """The pictures of a multipart answer, in order; `newest_only` skips what piles up unread.

    `name` is the address as it may be shown; `patience` limits the reads of `response`.
    """

    def __init__(
        self,
        response: http.client.HTTPResponse,
        name: str,
        patience: Patience,
        *,
        newest_only: bool = True,
    ) -> None:
        self._response = response
        self._name = name
        self._patience = patience
        self._newest_only = newest_only
        self._cutter = MultipartCutter(boundary_of(response.headers.get("Content-Type", "")))
        self._parts: deque[bytes] = deque(maxlen=_NEWEST if newest_only else None)
        self._damaged = 0  # parts since the last picture
        self._has_given = False
        self._arrivals = selectors.DefaultSelector()
        self._arrivals.register(response, selectors.EVENT_READ)

    def read(self) -> NDArray[np.uint8]:
        """Wait for the next picture (RGB); raise `SourceLost` after 3 s without one."""
        self._patience.renew(limits.SILENCE_S)
        return self.read_first()

    def read_first(self) -> NDArray[np.uint8]:
        """Wait for a picture for as long as the patience lasts; raise `SourceError` without."""
        while self._patience.left_s() > 0:
            if not self._parts:
                self._parts.extend(self._cut(self._receive()))
                if self._parts and self._newest_only:
                    self._drain()
            image = self._take()
            if image is not None:
                return image
        raise self._failed(self._patience.over_text)

    def _take(self) -> NDArray[np.uint8] | None:
        """Decode the part whose turn it is, passing over damaged ones."""
        while self._parts:
            image = _decode(self._parts.pop() if self._newest_only else self._parts.popleft())
            if image is not None:
                if self._newest_only:
                    self._parts.clear()
                self._damaged, self._has_given = 0, True
                return image
            self._damaged += 1
        return None

    def _drain(self) -> None:
        """Take what has arrived already, without waiting."""
        taken = 0
        while taken < _DRAIN_BYTES and self._patience.left_s() > 0 and self._arrivals.select(0):
            try:
                data = self._receive()
            except SourceError:
                return  # first what is here; the next read tells
            taken += len(data)
            self._parts.extend(self._cut(data))

    def _receive(self) -> bytes:
        try:
            data = self._response.read1(_CHUNK_BYTES)
        except FAULTS as error:
            raise self._failed(reason_text(error)) from error
        if not data:
            raise self._failed("the server closed the stream")
        return data

    def _cut(self, data: bytes) -> list[bytes]:
        try:
            return self._cutter.feed(data)
        except ValueError as error:
            raise self._failed(str(error)) from error

    def _failed(self, reason: str) -> SourceError:
        if self._damaged:
            parts = "1 part" if self._damaged == 1 else f"{self._damaged} parts"
            reason = f"{reason}; {parts} cannot be read as pictures"
        if self._has_given:
            return SourceLost(
                f"{self._name} has stopped sending ({reason})", "It is tried again until it is back"
            )
        return SourceError(
            f"{self._name} sends no picture ({reason})", "Check that it is the address of a stream"
        )

    def close(self) -> None:
        self._arrivals.close()
        self._response.close()


def download(response: http.client.HTTPResponse, name: str) -> io.BytesIO:
    """Return a whole picture; raise `SourceError` where it breaks off or is over 64 MB."""
    data = io.BytesIO()
    try:
        while data.tell() <= _MAX_PICTURE_BYTES and (piece := response.read1(_CHUNK_BYTES)):
            data.write(piece)
    except FAULTS as error:
        raise _breaks_off(name, reason_text(error)) from error
    if data.tell() > _MAX_PICTURE_BYTES:
        raise SourceError(
            f"{name} is over {_MAX_PICTURE_BYTES // 10**6} MB", "Save it to a file, and open that"
        )
    if response.length:  # what its headers promised beyond what came
        raise _breaks_off(name, f"{response.length} bytes are missing")
    data.seek(0)
    return data


def _breaks_off(name: str, reason: str) -> SourceError:
    return SourceError(f"{name} breaks off ({reason})", "Try again, or save it to a file")
