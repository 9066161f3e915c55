"""Network streams: MJPEG and single pictures over HTTP, RTSP and video through FFmpeg."""

from __future__ import annotations

import io
import socket
import time
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from deepvis_app.frames.base import BaseSource
from deepvis_app.frames.cv import cv2, rgb_of_bgr
from deepvis_app.frames.decode import decode_picture
from deepvis_app.frames.http_stream import (
    TIMEOUT_S,
    MjpegStream,
    open_url,
    reason_text,
    without_password,
)
from deepvis_app.frames.source import Frame, Policy, SourceError, SourceInfo, SourceLost

if TYPE_CHECKING:
    import http.client
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

STREAM_SCHEMES = ("http", "https", "rtsp", "rtsps", "rtmp")
_DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322, "rtmp": 1935}
_MAX_PICTURE_BYTES = 200_000_000
_VIDEO_TYPES = ("video/", "application/octet-stream", "application/vnd.apple.mpegurl",
                "application/x-mpegurl", "application/dash+xml")  # fmt: skip


class _Stream(Protocol):
    def read(self) -> NDArray[np.uint8]: ...

    def close(self) -> None: ...


class FfmpegStream:
    """What FFmpeg can open by its address; `rate_hz` as the stream tells it, or None."""

    def __init__(self, url: str) -> None:
        self._url = without_password(url)
        timeout_ms = int(TIMEOUT_S * 1000)
        self._capture = cv2.VideoCapture(
            url,
            cv2.CAP_FFMPEG,
            [
                *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, timeout_ms),
                *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, timeout_ms),
            ],
        )
        if not self._capture.isOpened():
            raise SourceError(
                f"{self._url} cannot be opened as a video stream",
                "Check the address, user and password, and that the camera is on",
            )
        rate_hz = self._capture.get(cv2.CAP_PROP_FPS)
        self.rate_hz = rate_hz if 1 <= rate_hz <= 240 else None

    def read(self) -> NDArray[np.uint8]:
        ok, bgr = self._capture.read()
        if not ok or bgr is None:
            raise SourceLost(
                f"{self._url} has stopped sending", "It is tried again until it is back"
            )
        return rgb_of_bgr(bgr)  # type: ignore[arg-type]

    def close(self) -> None:
        self._capture.release()


class StreamSource(BaseSource):
    """A network address: http(s) MJPEG, picture or video; rtsp, rtmp through FFmpeg.

    `open` waits for the first picture, at most 3 s for each step. A single picture is given
    once, like a pasted one.
    """

    def __init__(
        self,
        url: str,
        *,
        policy: Policy = Policy.NEWEST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(url, policy=policy, clock=clock)
        try:
            parts = urlsplit(url)
            self._is_http = parts.scheme.lower() in ("http", "https")
            _ = parts.port  # raises where it is no number
        except ValueError as error:
            raise _no_address(url) from error
        if not parts.hostname:
            raise _no_address(url)
        self._title = title_of(url)
        self._stream: _Stream | None = None
        self._first: NDArray[np.uint8] | None = None
        self._ends = False

    def open(self) -> SourceInfo:
        self.close()
        if self._is_http:
            self._open_http()
        else:
            _reach(self.spec)
            self._stream = FfmpegStream(self.spec)
        if self._stream is not None:
            self._first = self._read_first(self._stream)
        return self._info()

    def _read_first(self, stream: _Stream) -> NDArray[np.uint8]:
        try:
            return stream.read()
        except SourceLost:
            self.close()
            raise

    def _open_http(self) -> None:
        response = open_url(self.spec)
        kind = response.headers.get_content_type()
        if kind.startswith("multipart/"):
            newest_only = self.policy is Policy.NEWEST
            self._stream = MjpegStream(response, self.spec, self._clock, newest_only=newest_only)
            return
        with response:
            if kind.startswith("image/"):
                self._first = decode_picture(_download(response, self._title), name=self._title)
                return
        if not kind.startswith(_VIDEO_TYPES):
            raise SourceError(
                f"{without_password(self.spec)} gives {kind}, which is neither picture nor video",
                "Give the address of the stream itself, which often ends in /video or .mjpg",
            )
        self._stream = FfmpegStream(self.spec)

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
            image = self._stream.read()
        elif self._stream is None:
            self._ends = self.policy is Policy.EVERY
        return self._frame(image, self._title)

    def close(self) -> None:
        self._first = None
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def _no_address(url: str) -> SourceError:
    return SourceError(f"{url} is no address", "Write it like http://host:8080/path")


def title_of(url: str) -> str:
    """Return what a person calls an address: its host and the last part of its path."""
    parts = urlsplit(url)
    name = PurePosixPath(parts.path).name
    return f"{parts.hostname or url} {name}".strip()


def _download(response: http.client.HTTPResponse, title: str) -> io.BytesIO:
    try:
        data = response.read(_MAX_PICTURE_BYTES)
    except OSError as error:
        raise SourceError(
            f"{title} breaks off ({reason_text(error)})", "Try again, or save it to a file"
        ) from error
    return io.BytesIO(data)


def _reach(url: str) -> None:
    """Raise `SourceError` with the reason if nobody listens there; FFmpeg gives none."""
    parts = urlsplit(url)
    address = (parts.hostname or "", parts.port or _DEFAULT_PORTS[parts.scheme])
    try:
        socket.create_connection(address, timeout=TIMEOUT_S).close()
    except OSError as error:
        raise SourceError(
            f"{without_password(url)} does not answer ({reason_text(error)})",
            "Check the address and that the camera is on",
        ) from error
