"""Video from the network, through FFmpeg: RTSP, RTMP, HLS, DASH, and video files over HTTP."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import av
from av.stream import Disposition

from deepvis_app.frames import patience as limits
from deepvis_app.frames.ffmpeg import open_stream
from deepvis_app.frames.http_client import asks_for_password
from deepvis_app.frames.room import MAX_STREAM_PIXELS
from deepvis_app.frames.source import SourceError, SourceLost
from deepvis_app.frames.video_picture import Darkroom

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.frames.address import Address
    from deepvis_app.frames.patience import Patience

_THREADS = 4


class FfmpegStream:
    """What FFmpeg can open by its address; `rate_hz` as the stream tells it, or None."""

    def __init__(self, address: Address, patience: Patience) -> None:
        self._name = address.shown
        self._patience = patience
        began_s, step_s = time.monotonic(), patience.left_s() / 2
        try:
            self._container = open_stream(
                address.full, step_s, limits.SILENCE_S, has_password=address.login is not None
            )
        except (av.error.FFmpegError, OSError, ValueError) as error:
            took_s = time.monotonic() - began_s
            # The text of FFmpeg's error holds the password.
            raise _why_not(address, error, took_s, is_late=took_s >= step_s) from None
        try:
            stream = self._video()
        except BaseException:
            self._container.close()
            raise
        rate = stream.average_rate or stream.guessed_rate
        self.rate_hz = float(rate) if rate and 1 <= rate <= 240 else None
        self._darkroom: Darkroom | None = None
        self._aspect = stream.sample_aspect_ratio
        self._frames = self._decoded(stream)

    def _video(self) -> av.VideoStream:
        for stream in self._container.streams.video:
            if not stream.disposition & Disposition.attached_pic and stream.codec_context:
                stream.codec_context.thread_type = "AUTO"
                stream.codec_context.thread_count = _THREADS
                stream.codec_context.options = {"max_pixels": str(MAX_STREAM_PIXELS)}
                return stream
        raise SourceError(
            f"{self._name} has no pictures that can be decoded", "Give the address of a video"
        )

    def _decoded(self, stream: av.VideoStream) -> Iterator[av.VideoFrame]:
        for packet in self._container.demux(stream):
            try:
                yield from packet.decode()
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                pass  # damaged on its way: the next ones may be sound
            if self._patience.left_s() <= 0:
                return

    def read(self) -> NDArray[np.uint8]:
        """Wait for the next picture (RGB); raise `SourceLost` after 3 s without one."""
        self._patience.renew(limits.SILENCE_S)
        return self.read_first()

    def read_first(self) -> NDArray[np.uint8]:
        """Wait for a picture for as long as the patience lasts; raise `SourceError` without."""
        try:
            frame = next(self._frames, None)
        except (av.error.FFmpegError, OSError):
            frame = None
        if frame is None:
            raise self._failed()
        if self._darkroom is None:
            self._darkroom = Darkroom(frame, self._aspect)
        return self._darkroom.develop(frame)

    def _failed(self) -> SourceError:
        if self._darkroom is None:
            return SourceError(
                f"{self._name} sends no picture that can be decoded",
                "Check that it is the address of a video",
            )
        return SourceLost(f"{self._name} has stopped sending", "It is tried again until it is back")

    def close(self) -> None:
        self._frames = iter(())  # a walk through the stream must not outlive it
        self._container.close()


def _why_not(address: Address, error: Exception, took_s: float, *, is_late: bool) -> SourceError:
    if isinstance(error, av.error.HTTPUnauthorizedError):
        return asks_for_password(address)
    if isinstance(error, av.error.HTTPNotFoundError):
        return SourceError(f"{address.shown} is not there", "Check the address")
    if is_late:
        return SourceError(
            f"{address.shown} did not answer within {took_s:.0f} s",
            "Check the address and that the camera is on",
        )
    return SourceError(
        f"{address.shown} cannot be opened as a video stream",
        "Check the address, user and password, and that the camera is on",
    )
