"""Frames of a video file by number, each with its own time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app.frames.cv import cv2, rgb_of_bgr
from deepvis_app.frames.source import SourceError, SourceLost

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_NEAR = 30  # frames: going on so far costs less than a jump to the key frame before
_DEFAULT_RATE_HZ = 25.0


@dataclass(frozen=True, slots=True)
class Place:
    """One frame of a video: its number and its time from the start."""

    index: int
    time_s: float


class VideoReader:
    """A video file with one frame in hand, `at`; `image` is its picture.

    Times are those of the file (so variable frame rates are kept); `length` is what the file
    claims, None where it claims nothing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.at = Place(0, 0.0)
        self._in_hand = False
        self._open()
        if not self.grab(first=True):
            self.close()
            raise SourceError(f"{path.name} contains no frames", "Choose another video")
        self.rate_hz = self._rate()
        self.length = self._claimed_length()
        self.size = (
            int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        )

    def _open(self) -> None:
        # An absolute path, for FFmpeg takes "a:b.mp4" for a protocol.
        self._capture = cv2.VideoCapture(str(self.path.absolute()), cv2.CAP_FFMPEG)
        if not self._capture.isOpened():
            raise _why_not(self.path)

    def _rate(self) -> float:
        rate_hz = self._capture.get(cv2.CAP_PROP_FPS)
        return rate_hz if 0.01 < rate_hz <= 1000 else _DEFAULT_RATE_HZ

    def _claimed_length(self) -> int | None:
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        return int(count) if 1 <= count < 1e9 else None

    @property
    def period_s(self) -> float:
        return 1.0 / self.rate_hz

    def grab(self, *, first: bool = False) -> bool:
        """Take the next frame in hand; False at the end or where the file is damaged."""
        self._in_hand = self._capture.grab()
        if not self._in_hand:
            return False
        time_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        if first:
            self.at = Place(0, max(0.0, time_s))
        else:
            forward = time_s if time_s > self.at.time_s else self.at.time_s + self.period_s
            self.at = Place(self.at.index + 1, forward)
        return True

    def image(self) -> NDArray[np.uint8] | None:
        """Decode the frame in hand to RGB; None where its data are damaged."""
        ok, bgr = self._capture.retrieve()
        return rgb_of_bgr(bgr) if ok and bgr is not None else None  # type: ignore[arg-type]

    def go_to(self, index: int) -> None:
        """Take frame `index` in hand, or the nearest before it that can be read."""
        if 0 <= index - self.at.index <= _NEAR and self._in_hand:
            while self.at.index < index and self.grab():
                pass
            if self._in_hand:
                return
        if index <= 0:
            self.rewind()
        else:
            self._jump(index)

    def _jump(self, index: int) -> None:
        back = 0
        while index - back > 0:
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, index - back)
            self._in_hand = self._capture.grab()
            if self._in_hand:
                time_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
                place = index - back
                self.at = Place(place, time_s if time_s > 0 else place * self.period_s)
                return
            back = max(1, back * 2)
        self.rewind()

    def rewind(self) -> None:
        """Take the first frame in hand; raise `SourceLost` if the file has gone."""
        # Opened anew: a jump to 0 misses the first frames of transport streams.
        self._capture.release()
        try:
            self._open()
        except SourceError as error:
            raise SourceLost(error.cause, error.remedy) from error
        if not self.grab(first=True):
            raise SourceLost(f"{self.path.name} can no longer be read", "Open it again")

    def close(self) -> None:
        self._capture.release()


def _why_not(path: Path) -> SourceError:
    """Say why `path` did not open as a video."""
    if not path.exists():
        return SourceError(f"There is no video {path}", "Check the path")
    if path.is_dir():
        return SourceError(f"{path} is a folder, not a video", "Give the video's own path")
    try:
        with path.open("rb") as file:
            is_empty = not file.read(1)
    except OSError as error:
        return SourceError(f"{path.name} cannot be read: {error.strerror}", "Check its permissions")
    if is_empty:
        return SourceError(f"{path.name} is empty (0 bytes)", "Copy or download it again")
    return SourceError(
        f"{path.name} is not a video that can be read, or it is cut off",
        "Copy or download it again, or convert it to MP4",
    )
