"""When each picture of a video is shown: read from its packets, without decoding them."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

import av
import numpy as np

from deepvis_app.frames.ffmpeg import open_file
from deepvis_app.frames.video_tears import torn_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_LONGEST_S = 5.0  # for all of a file's times; what is slower is treated as a large file
LARGE = 512 << 20  # bytes: of larger files only the beginning is read ahead


class PictureTimes:
    """The presentation times of stream `index` of a file, in ticks of its time base.

    They are collected by `scan`, a piece at a time. Once `is_whole`, `ticks` holds every
    picture's time in order, `keys` those at which decoding can begin, `last_ticks` how long the
    last picture is shown (0: the file does not say), and `torn_at` the time of the last picture
    before a place where some are missing, None if no such place can be told. Pictures that an
    edit list leaves out are left out. A file whose packets carry no times never becomes whole.
    """

    def __init__(self, path: Path, index: int) -> None:
        self.is_whole = False
        self.is_timed = True
        self.ticks: NDArray[np.int64] = np.empty(0, np.int64)
        self.keys: NDArray[np.int64] = np.empty(0, np.int64)
        self.last_ticks = 0
        self.torn_at: int | None = None
        self._path = path
        self._is_large = path.stat().st_size > LARGE
        self._found: list[tuple[int, int, bool, int]] = []
        self._container = open_file(path)
        self._packets: Iterator[av.Packet[av.VideoStream]] | None = self._container.demux(
            self._container.streams.video[index]
        )

    def scan(self, budget_s: float) -> None:
        """Read on for so long, to the end if that comes first."""
        until_s = time.monotonic() + budget_s
        while self._packets is not None and time.monotonic() < until_s:
            for _ in range(64):
                if not self._read_one(self._packets):
                    break

    def complete(self) -> bool:
        """Read to the end, unless the file is so large that this would be felt.

        Returns whether this has made it whole.
        """
        if self._packets is None or self._is_large:
            return False
        self.scan(_LONGEST_S)
        self._is_large = not self.is_whole
        return self.is_whole

    def _read_one(self, packets: Iterator[av.Packet[av.VideoStream]]) -> bool:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError:
            packet = None  # what can be read ends here
        if packet is None:
            self._finish()
            return False
        if packet.size and not packet.is_discard:
            if packet.pts is None:
                self.is_timed = False
                self.close()
                return False
            place = -1 if packet.pos is None else packet.pos
            self._found.append((packet.pts, packet.duration or 0, packet.is_keyframe, place))
        return True

    def _finish(self) -> None:
        self.close()
        if not self._found:
            return
        found = np.array(self._found, np.int64)
        self._found = []
        with suppress(OSError):
            self.torn_at = torn_at(self._path, found[:, [0, 3]])
        found = found[np.lexsort((found[:, 1], found[:, 0]))]
        self.ticks = np.unique(found[:, 0])
        self.keys = found[found[:, 2] == 1, 0]
        self.last_ticks = int(found[-1, 1])
        self.is_whole = True

    def close(self) -> None:
        """Let go of the file; what was collected stays."""
        self._packets = None
        self._container.close()
