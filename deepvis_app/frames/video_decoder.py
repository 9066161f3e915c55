"""The decoded pictures of a video file in the order they are shown, on past damage."""

from __future__ import annotations

import errno
import heapq
import os
import time
from collections import deque
from typing import TYPE_CHECKING, cast

import av
from av.stream import Disposition

from deepvis_app.frames.ffmpeg import open_file
from deepvis_app.frames.room import MAX_STREAM_PIXELS
from deepvis_app.frames.source import PictureError, SourceError, SourceLost

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_THREADS = 4  # at most: the network wants the processor, too
# Each thread, and each picture that others refer to, is one more in memory.
_LARGE_PIXELS, _LARGE_THREADS = 10_000_000, 2
_LONGEST_S = 5.0  # without a picture, in which the rest of the program waits
_TRIES = 8  # damaged places in a row that reading gets over
_LISTS = (b"#EXTM3U", b"ffconcat", b"v=0")  # HLS, concat, SDP
_GONE = (errno.EIO, errno.ENODEV, errno.ENXIO, errno.ESTALE)
# FFmpeg's own decoders of these leave transparency out.
_WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}


class Decoder:
    """An opened file and its first real video stream (not the cover of a piece of music).

    `damaged_at` is the time, in ticks of the stream, of the first damage that was passed over;
    None while there was none. Raises `SourceError` for what cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damaged_at: int | None = None
        self.failures = 0  # packets that could not be decoded
        try:
            self.container = open_file(path)
        except (av.error.FFmpegError, OSError) as error:
            raise _why_not(path) from error
        found = [
            stream
            for stream in self.container.streams.video
            if not stream.disposition & Disposition.attached_pic
        ]
        if not found:
            is_sound = bool(self.container.streams.audio)
            self.container.close()
            cause = "has no pictures: it is sound" if is_sound else "contains no frames"
            raise SourceError(f"{path.name} {cause}", "Choose another video")
        self.stream = found[0]
        self.index = self.container.streams.video.index(self.stream)
        # AVI knows no order of showing, and FFmpeg's guess is the order of decoding for these.
        self._is_misordered = self.container.format.name == "avi" and (
            self.stream.codec_context is not None
            and self.stream.codec_context.name in ("h264", "hevc")
        )
        self.stated_size = (self.stream.width or 0, self.stream.height or 0)
        self._codec = self._make_codec()
        self._begin()

    def _make_codec(self) -> av.VideoCodecContext:
        codec: av.VideoCodecContext | None = self.stream.codec_context
        if codec is None:  # no decoder is known
            self.container.close()
            raise SourceError(
                f"{self.path.name} is encoded in a way that cannot be decoded here",
                "Convert it to MP4 with H.264",
            )
        special = _WITH_ALPHA.get(codec.name) if self._has_alpha_beside() else None
        if special in av.codecs_available:
            codec = cast("av.VideoCodecContext", av.CodecContext.create(special, "r"))
            codec.options = {"max_pixels": str(MAX_STREAM_PIXELS)}
            return codec
        width, height = self.stated_size
        if width * height > MAX_STREAM_PIXELS:
            codec.width = codec.height = 0  # one damaged picture may have said it: let others speak
        codec.options = {"max_pixels": str(MAX_STREAM_PIXELS)}
        codec.thread_type = "AUTO"
        most = _THREADS if width * height <= _LARGE_PIXELS else _LARGE_THREADS
        codec.thread_count = min(most, os.cpu_count() or 1)
        return codec

    def _has_alpha_beside(self) -> bool:
        return self.stream.metadata.get("alpha_mode") == "1"

    def _begin(self) -> None:
        self._packets: Iterator[av.Packet[av.VideoStream]] = self.container.demux(self.stream)
        self._ready: deque[av.VideoFrame] = deque()
        self._is_flushed = False
        self._fault_at: int | None = None  # damage with nothing sound behind it yet
        self._times_fed: list[int] = []
        self._is_warm = True  # what is wrong is the file's fault, not that of a jump

    @property
    def guesses_times(self) -> bool:
        """Whether after a jump times are guesses up to the next one that the file tells."""
        return self.container.format.name == "mpeg"

    @property
    def codec_name(self) -> str:
        return self._codec.name

    def next(self) -> av.VideoFrame | None:
        """Return the next picture; None at the end.

        Raises `SourceLost` if the disk has gone, and `PictureError` where none comes for long; the
        next call goes on from there.
        """
        until_s = time.monotonic() + _LONGEST_S
        while not self._ready and not self._is_flushed:
            if time.monotonic() > until_s:
                raise PictureError(
                    f"{self.path.name} gives no picture within {_LONGEST_S:.0f} s",
                    "Copy or download it again, or convert it to MP4",
                )
            packet = self._next_packet()
            self._is_flushed = packet is None
            self._feed(packet)
        if not self._ready:
            return None
        frame = self._ready.popleft()
        if self._times_fed:  # decoders give pictures in the order of showing
            frame.pts = heapq.heappop(self._times_fed)
        self._judge(frame)
        return frame

    def _judge(self, frame: av.VideoFrame) -> None:
        self._is_warm = self._is_warm or frame.key_frame
        if frame.is_corrupt and self._is_warm:
            self._note(frame.pts)
        elif self._fault_at is not None and (frame.pts or 0) > self._fault_at:
            self.damaged_at = self._fault_at if self.damaged_at is None else self.damaged_at
            self._fault_at = None

    def _next_packet(self) -> av.Packet[av.VideoStream] | None:
        for _ in range(_TRIES):
            try:
                packet = next(self._packets, None)
            except av.error.FFmpegError as error:
                if error.errno in _GONE:
                    raise SourceLost(
                        f"{self.path.name} can no longer be read", "Open it again"
                    ) from error
                if not isinstance(error, av.error.EOFError):
                    self._note(None)
                self._packets = self.container.demux(self.stream)
                continue
            return packet if packet is not None and packet.size else None
        return None

    def _feed(self, packet: av.Packet[av.VideoStream] | None) -> None:
        """Decode a packet, or with None what the decoder still holds."""
        if self._is_misordered and packet is not None and packet.pts is not None:
            heapq.heappush(self._times_fed, packet.pts)
        for _ in range(1 if packet is not None else _TRIES):
            try:
                self._ready.extend(self._codec.decode(packet))
            except av.error.EOFError:
                return
            except av.error.FFmpegError:
                self.failures += 1
                self._note(None if packet is None else packet.pts)
            else:
                return

    def _note(self, pts: int | None) -> None:
        if self._is_warm:
            self._fault_at = max(self._fault_at or 0, pts or 0)

    def seek(self, pts: int) -> None:
        """Go on at a picture at or before `pts` at which decoding can begin, as a rule."""
        try:
            self.container.seek(pts, stream=self.stream, backward=True)
        except av.error.FFmpegError:
            self.container.seek(pts, stream=self.stream, backward=True, any_frame=True)
        self._codec.flush_buffers()
        self._begin()
        self._is_warm = False

    def close(self) -> None:
        self._ready.clear()
        self._packets = iter(())  # a walk through the file must not outlive it
        self.container.close()


def _why_not(path: Path) -> SourceError:
    """Say why `path` did not open as a video."""
    if not path.exists():
        return SourceError(f"There is no video {path}", "Check the path")
    if path.is_dir():
        return SourceError(f"{path} is a folder, not a video", "Give the video's own path")
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        return SourceError(f"{path.name} cannot be read: {error.strerror}", "Check its permissions")
    if not head:
        return SourceError(f"{path.name} is empty (0 bytes)", "Copy or download it again")
    if head.startswith(_LISTS):
        return SourceError(
            f"{path.name} is no video, but a list of other files or addresses, which are not "
            "opened for it",
            "Open what it names itself",
        )
    return SourceError(
        f"{path.name} is not a video that can be read, or it is cut off",
        "Copy or download it again, or convert it to MP4",
    )
