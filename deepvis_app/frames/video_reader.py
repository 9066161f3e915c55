"""Frames of a video file by number, each with its own time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av

from deepvis_app.frames.room import MAX_STREAM_PIXELS
from deepvis_app.frames.source import SourceError, SourceLost
from deepvis_app.frames.video_cut import is_cut_off
from deepvis_app.frames.video_decoder import Decoder
from deepvis_app.frames.video_picture import Darkroom
from deepvis_app.frames.video_times import PictureTimes

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

OPENING_S = 0.1  # for reading times ahead; short files are known whole from the start
_NEAR = 30  # frames: going on so far costs less than a jump to the key frame before
_BACK_S = (0.0, 1.0, 4.0, 16.0)  # further back where a jump ends behind its goal
_DEFAULT_RATE_HZ = 25.0


@dataclass(frozen=True, slots=True)
class Place:
    """One frame of a video: its number, when it comes, and when the next one does (seconds)."""

    index: int
    time_s: float
    until_s: float


class VideoReader:
    """A video file with one frame in hand, `at`; `image` is its picture.

    Times are the file's own, from its first picture on, so variable frame rates are kept. Numbers
    are exact once the times of all pictures are known: of short files from the start, of others
    after the first `go_to`. Of files over `video_times.LARGE`, and before that, a number is the
    time at the average rate. `length` and `duration_s` are None where the file claims nothing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._decoder = Decoder(path)
        try:
            self._times = PictureTimes(path, self._decoder.index)
        except (av.error.FFmpegError, OSError) as error:
            self._decoder.close()
            raise SourceError(f"{path.name} can no longer be read", "Open it again") from error
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def _begin(self) -> None:
        stream = self._decoder.stream
        self._tick_s = float(stream.time_base or 1 / 1000)
        self.rate_hz = _rate(stream)
        self._claimed_s = _claimed_s(self._decoder)
        self._claimed_frames = stream.frames or None
        self._frame = self._first()
        self._following: av.VideoFrame | None = None
        self._times.scan(OPENING_S)
        self._is_timed = self._times.is_timed and self._frame.pts is not None
        self._origin = self._frame.pts or 0
        if self._times.is_whole:
            self.rate_hz = self._measured_rate()
        self._darkroom = Darkroom(self._frame, stream.sample_aspect_ratio)
        self.size = self._darkroom.size(self._frame)
        self.at = self._place(self._frame, 0)

    def _first(self) -> av.VideoFrame:
        frame = self._decoder.next()
        if frame is None:
            codec = self._decoder.codec_name
            width, height = self._decoder.stated_size
            if width * height > MAX_STREAM_PIXELS:
                raise SourceError(
                    f"{self.path.name} has {width} × {height} pixels; at most "
                    f"{MAX_STREAM_PIXELS // 1_000_000} million are read of a video",
                    "Make it smaller",
                )
            if self._decoder.failures:
                raise SourceError(
                    f"None of the pictures of {self.path.name} ({codec}) can be decoded",
                    "Copy or download it again, or convert it to MP4 with H.264",
                )
            if is_cut_off(self.path):
                raise SourceError(
                    f"{self.path.name} is cut off before its first picture",
                    "Copy or download it again",
                )
            raise SourceError(f"{self.path.name} contains no frames", "Choose another video")
        return frame

    def _measured_rate(self) -> float:
        ticks = self._times.ticks
        if len(ticks) < 2 or not self.is_variable:
            return self.rate_hz
        return (len(ticks) - 1) / (int(ticks[-1] - ticks[0]) * self._tick_s)

    @property
    def is_variable(self) -> bool:
        """Whether the pictures are known to come at changing distances."""
        ticks = self._times.ticks
        if not self._times.is_whole or len(ticks) < 3:
            return False
        gaps = ticks[1:] - ticks[:-1]
        return bool(int(gaps.max()) - int(gaps.min()) > max(2, 0.1 * float(gaps.mean())))

    @property
    def period_s(self) -> float:
        return 1.0 / self.rate_hz

    @property
    def length(self) -> int | None:
        """The number of frames: counted, else what the file claims."""
        if self._times.is_whole:
            return len(self._times.ticks)
        return self.claimed_length

    @property
    def claimed_length(self) -> int | None:
        if self._claimed_frames:
            return self._claimed_frames
        return max(1, round(self._claimed_s * self.rate_hz)) if self._claimed_s else None

    @property
    def duration_s(self) -> float | None:
        """From the first picture's beginning to the last one's end."""
        if self._times.is_whole and self._is_timed:
            return self._whole_place(len(self._times.ticks) - 1).until_s
        return self._claimed_s

    def damage(self) -> float | None:
        """Return the time in seconds of the first damage that was passed over; None: none was."""
        found = [t for t in (self._decoder.damaged_at, self._tear_passed()) if t is not None]
        return max(0.0, (min(found) - self._origin) * self._tick_s) if found else None

    def _tear_passed(self) -> int | None:
        """Return the time of a tear in the file once the picture in hand is behind it."""
        torn_at = self._times.torn_at
        return torn_at if torn_at is not None and (self._frame.pts or 0) > torn_at else None

    def is_cut_off(self) -> bool:
        """Tell, at the end, whether more should have come."""
        missing_s = (self._claimed_s or 0.0) - self.at.until_s
        is_short = missing_s > max(2 * self.period_s, 0.05 * (self._claimed_s or 0.0))
        return is_short and is_cut_off(self.path)

    # Going on --------------------------------------------------------------------------------

    def grab(self) -> bool:
        """Take the next frame in hand; False at the end, where the last one stays in hand."""
        frame = self._peek()
        if frame is None:
            return False
        self._following = None
        self.at = self._place(frame, self.at.index + 1)
        self._frame = frame
        return True

    def _peek(self) -> av.VideoFrame | None:
        if self._following is None:
            self._following = self._decoder.next()
        return self._following

    def image(self) -> NDArray[np.uint8]:
        """Return the frame in hand as RGB (H, W, 3)."""
        return self._darkroom.develop(self._frame)

    def _place(self, frame: av.VideoFrame, count: int) -> Place:
        if not self._is_timed or frame.pts is None:
            return Place(count, count * self.period_s, (count + 1) * self.period_s)
        if self._times.is_whole:
            last = len(self._times.ticks) - 1
            return self._whole_place(min(bisect_left(self._times.ticks, frame.pts), last))
        time_s = max(0.0, (frame.pts - self._origin) * self._tick_s)
        shown_s = frame.duration * self._tick_s or self.period_s
        return Place(round(time_s * self.rate_hz), time_s, time_s + shown_s)

    def _whole_place(self, index: int) -> Place:
        ticks = self._times.ticks
        time_s = max(0, int(ticks[index]) - self._origin) * self._tick_s
        if index + 1 < len(ticks):
            return Place(index, time_s, (int(ticks[index + 1]) - self._origin) * self._tick_s)
        return Place(index, time_s, time_s + self._last_s(time_s))

    def _last_s(self, time_s: float) -> float:
        """Return how long the last picture, which begins at `time_s`, is shown."""
        told_s = self._times.last_ticks * self._tick_s or self.period_s
        # Where pictures are stored out of order its own entry may tell of another one.
        rest_s = (self._claimed_s or 0.0) - time_s
        return rest_s if 0 < rest_s <= 2 * max(told_s, self.period_s) else told_s

    # Jumping ---------------------------------------------------------------------------------

    def index_at(self, time_s: float) -> int:
        """Return the number of the frame that is shown at `time_s`."""
        if self._times.is_whole and self._is_timed:
            moment = self._origin + (time_s + 1e-9) / self._tick_s
            return max(0, bisect_right(self._times.ticks, moment) - 1)
        return int(time_s * self.rate_hz + 1e-6)

    def time_of(self, index: int) -> float:
        """Return when frame `index` is shown, in seconds."""
        if self._times.is_whole and self._is_timed and 0 <= index < len(self._times.ticks):
            return self._whole_place(index).time_s
        return index * self.period_s

    def go_to(self, index: int, *, or_before: bool = False) -> None:
        """Take frame `index` in hand: of those that can be decoded the next one from there.

        With `or_before` the next one before it. Beyond the end it is the last.
        """
        self._know_times()
        ahead = index - self.at.index
        if ahead == 1:
            self.grab()  # whatever its number: where times are not known, these are estimates
            return
        if ahead < 0 or (ahead > _NEAR and self._key_before(index) > self.at.index):
            self._jump(index)
        while self.at.index < index and (following := self._peek()) is not None:
            if or_before and self._place(following, self.at.index + 1).index > index:
                break
            self.grab()

    def _know_times(self) -> None:
        if self._is_timed and self._times.complete():
            self.at = self._place(self._frame, self.at.index)

    def _key_before(self, index: int) -> int:
        """Return the number of the last frame up to `index` at which decoding can begin."""
        if not self._is_timed:
            return 0  # a stream without times can only be read on
        if not self._times.is_whole:
            return index
        goal = self._times.ticks[min(index, len(self._times.ticks) - 1)]
        place = bisect_right(self._times.keys, goal) - 1
        return bisect_left(self._times.ticks, self._times.keys[place]) if place >= 0 else 0

    def _jump(self, index: int) -> None:
        """Take a frame at or before `index` in hand, near it."""
        if index <= 0 or not self._is_timed:
            self.rewind()
            return
        goal = self._origin + int(self.time_of(self._key_before(index)) / self._tick_s + 0.5)
        for back_s in _BACK_S:
            self._decoder.seek(goal - int(back_s / self._tick_s))
            frame = self._next_known()
            if frame is None:
                continue
            place = self._place(frame, 0)
            if place.index <= index:
                self._frame, self._following, self.at = frame, None, place
                return
        self.rewind()

    def _next_known(self) -> av.VideoFrame | None:
        """Return the next frame whose time is a picture's: after a jump some are guessed."""
        for _ in range(_NEAR):
            frame = self._decoder.next()
            if frame is None or not self._times.is_whole:
                return frame
            if self._is_known(frame):
                return frame
        return None

    def _is_known(self, frame: av.VideoFrame) -> bool:
        times = self._times
        if self._decoder.guesses_times:  # a key frame's time that is another's tells a wrong guess
            return bool(frame.key_frame) and frame.pts in times.keys
        place = bisect_left(times.ticks, frame.pts)
        return place < len(times.ticks) and bool(times.ticks[place] == frame.pts)

    def rewind(self) -> None:
        """Take the first frame in hand; raise `SourceLost` if the file has gone."""
        # Opened anew: a jump to 0 misses the first frames of transport streams.
        damaged_at = self._decoder.damaged_at
        self._decoder.close()
        try:
            self._decoder = Decoder(self.path)
            self._frame = self._first()
        except SourceError as error:
            raise SourceLost(error.cause, error.remedy) from error
        self._decoder.damaged_at = damaged_at
        self._following = None
        self.at = self._place(self._frame, 0)

    def close(self) -> None:
        self._decoder.close()
        self._times.close()


def _rate(stream: av.VideoStream) -> float:
    for found in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if found and 0.01 < found <= 1000:
            return float(found)
    return _DEFAULT_RATE_HZ


def _claimed_s(decoder: Decoder) -> float | None:
    """Return for how long the file says that its pictures last, the sound left out of account."""
    stream, container = decoder.stream, decoder.container
    tick_s = float(stream.time_base or 0)
    if stream.duration:
        return stream.duration * tick_s
    start_s = max(0, stream.start_time or 0) * tick_s
    if (end_s := _seconds(stream.metadata.get("DURATION", ""))) is not None:
        return max(0.0, end_s - start_s)
    if container.duration:
        late_s = start_s if "matroska" in container.format.name else 0.0
        return max(0.0, container.duration / 1e6 - late_s)
    return None


def _seconds(text: str) -> float | None:
    """Read Matroska's 00:01:02.500000000."""
    try:
        hours, minutes, seconds = text.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return None
