"""From a decoded picture to what a person would see: upright, square pixels, RGB."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
from av.sidedata.sidedata import Type
from av.video.reformatter import Interpolation, VideoReformatter

from deepvis_app.frames.alpha import over_white
from deepvis_app.frames.room import MAX_STREAM_PIXELS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    import av
    from av.buffer import Buffer
    from numpy.typing import NDArray

_PLAUSIBLE = (0.1, 10.0)  # pixel aspects; others are slips in the file
_LONGEST_PX = 16384


class Darkroom:
    """Makes pictures of one stream: its pixel aspect and turn are those of its first frame."""

    def __init__(self, first: av.VideoFrame, aspect: Fraction | None) -> None:
        self._aspect = float(aspect) if aspect else 1.0
        self._turn = _turn(first)
        self._reformatter = VideoReformatter()
        self._has_alpha = any(part.is_alpha for part in first.format.components)

    def size(self, frame: av.VideoFrame) -> tuple[int, int]:
        """Return the (width, height) that `frame` is shown in."""
        width, height = self._stretched(frame)
        return (height, width) if self._turn[0] else (width, height)

    def _stretched(self, frame: av.VideoFrame) -> tuple[int, int]:
        """Return the size with square pixels: the shorter side of a pixel is made longer."""
        width, height = frame.width, frame.height
        if not _PLAUSIBLE[0] <= self._aspect <= _PLAUSIBLE[1]:
            return width, height
        # Where that is too much, its longer side is made shorter.
        is_wide = self._aspect >= 1
        more = max(self._aspect, 1 / self._aspect)
        if is_wide == (width * height * more <= MAX_STREAM_PIXELS):
            return min(max(round(width * self._aspect), 1), _LONGEST_PX), height
        return width, min(max(round(height / self._aspect), 1), _LONGEST_PX)

    def develop(self, frame: av.VideoFrame) -> NDArray[np.uint8]:
        """Return `frame` as RGB (H, W, 3); transparent parts lie over white."""
        width, height = self._stretched(frame)
        made = self._reformatter.reformat(
            frame,
            width=width,
            height=height,
            format="rgba" if self._has_alpha else "rgb24",
            interpolation=Interpolation.BICUBIC,
        )
        image = np.asarray(made.to_ndarray(), np.uint8)
        if self._has_alpha:
            image = over_white(image)
        is_across, flips_x, flips_y = self._turn
        if is_across:
            image = image.swapaxes(0, 1)
        return image[:: -1 if flips_y else 1, :: -1 if flips_x else 1]


def _turn(frame: av.VideoFrame) -> tuple[bool, bool, bool]:
    """Return whether to exchange the axes, then mirror left to right, then upside down.

    From the display matrix (ISO/IEC 14496-12, 8.3.2): 9 numbers, the first four of which map a
    point to (a x + c y, b x + d y). What is no quarter turn is taken as the nearest one.
    """
    data = cast("Mapping[Type, Buffer]", frame.side_data)  # the stub forgot its keys and values
    if Type.DISPLAYMATRIX not in data:
        return False, False, False
    a, b, _, c, d = np.frombuffer(bytes(data[Type.DISPLAYMATRIX]), np.int32)[:5].tolist()
    if abs(a) >= abs(b):
        return False, a < 0, d < 0
    return True, c < 0, b < 0
