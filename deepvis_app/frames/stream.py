"""Network streams: MJPEG and single pictures over HTTP, RTSP and video through FFmpeg."""

from __future__ import annotations

import socket
import time
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Protocol

from deepvis_app.errors import short_text
from deepvis_app.frames.address import Address, shown
from deepvis_app.frames.base import BaseSource
from deepvis_app.frames.decode import decode_picture
from deepvis_app.frames.http_client import Connection, reason_text
from deepvis_app.frames.http_stream import MjpegStream, download
from deepvis_app.frames.patience import ANSWER_WITHIN_S, Patience
from deepvis_app.frames.source import Frame, Policy, SourceError, SourceInfo

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

_VIDEO_TYPES = ("video/", "application/octet-stream", "application/vnd.apple.mpegurl",
                "application/x-mpegurl", "application/dash+xml")  # fmt: skip


class _Stream(Protocol):
    def read_first(self) -> NDArray[np.uint8]: ...

    def read(self) -> NDArray[np.uint8]: ...

    def close(self) -> None: ...


class StreamSource(BaseSource):
    """A network address: http(s) MJPEG, picture or video; rtsp, rtmp through FFmpeg.

    `open` waits for the first picture: 10 s in all, and 3 s without a byte. A single picture is
    given once, like a pasted one. `spec` is without the passwords that `url` may have; they are
    remembered in memory (see `Address`).
    """

    def __init__(
        self,
        url: str,
        *,
        policy: Policy = Policy.NEWEST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        try:
            self._address = Address.of(url)
        except ValueError:
            raise SourceError(
                f"{shown(url)} is no address", "Write it like http://host:8080/path"
            ) from None
        super().__init__(self._address.text, policy=policy, clock=clock)
        self._title = title_of(self._address)
        self._patience = Patience(ANSWER_WITHIN_S)
        self._connection: Connection | None = None
        self._stream: _Stream | None = None
        self._first: NDArray[np.uint8] | None = None
        self._ends = False

    def open(self) -> SourceInfo:
        self._let_go()
        self._patience.renew(ANSWER_WITHIN_S)
        if self._address.scheme in ("http", "https"):
            self._open_http()
        else:
            _reach(self._address, self._patience)
            self._stream = self._open_ffmpeg()
        if self._stream is not None:
            self._first = self._next(self._stream.read_first)
        return self._info()

    def _open_http(self) -> None:
        self._connection = Connection(self._patience)
        response = self._connection.get(self._address)
        kind = response.headers.get_content_type()
        name = self._address.shown
        if kind.startswith("multipart/"):
            newest_only = self.policy is Policy.NEWEST
            self._stream = MjpegStream(response, name, self._patience, newest_only=newest_only)
            return
        with response:
            if kind.startswith("image/"):
                self._first = decode_picture(download(response, self._title), name=self._title)
                return
        if not kind.startswith(_VIDEO_TYPES):
            raise SourceError(
                f"{name} gives {short_text(kind)}, which is neither picture nor video",
                "Give the address of the stream itself, which often ends in /video or .mjpg",
            )
        self._stream = self._open_ffmpeg()

    def _open_ffmpeg(self) -> _Stream:
        from deepvis_app.frames.ffmpeg_stream import FfmpegStream  # FFmpeg takes a while to load

        return FfmpegStream(self._address, self._patience)

    def _next(self, read: Callable[[], NDArray[np.uint8]]) -> NDArray[np.uint8]:
        try:
            return read()
        except SourceError:
            self._let_go()
            raise

    def _info(self) -> SourceInfo:
        if self._first is None:
            return SourceInfo(self._title, "")
        height, width = self._first.shape[:2]
        rate_hz = getattr(self._stream, "rate_hz", None)
        rate = f" · {rate_hz:.4g} fps" if rate_hz else ""
        length = 1 if self._stream is None else None
        return SourceInfo(self._title, f"{width} × {height}{rate}", width, height, rate_hz, length)

    def due_in_s(self) -> float | None:
        if self._stream is not None or self._first is not None:
            return 0.0
        return 0.0 if self._ends else None

    def read(self) -> Frame | None:
        image, self._first = self._first, None
        if image is None:
            if self._stream is None:
                self._ends = False
                return None
            image = self._next(self._stream.read)
        elif self._stream is None:
            self._ends = self.policy is Policy.EVERY
        return self._frame(image, self._title)

    def interrupt(self) -> None:
        self._patience.given_up = True
        if (connection := self._connection) is not None:
            connection.interrupt()

    def close(self) -> None:
        self._let_go()
        self._patience.given_up = False

    def _let_go(self) -> None:
        self._first = None
        self._connection = None
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def title_of(address: Address) -> str:
    """Return what a person calls an address: its host and the last part of its path."""
    return f"{address.host} {PurePosixPath(address.parts.path).name}".strip()


def _reach(address: Address, patience: Patience) -> None:
    """Raise `SourceError` with the reason if nobody listens there; FFmpeg gives none."""
    try:
        place = (address.host, address.port)
        socket.create_connection(place, timeout=patience.step_s()).close()
    except (OSError, ValueError) as error:  # a host's name may be none
        raise SourceError(
            f"{address.shown} does not answer ({reason_text(error)})",
            "Check the address and that the camera is on",
        ) from error
