"""One part of a picture stream, decoded; its size is looked at first."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.frames.cv import cv2, rgb_of_bgr
from deepvis_app.frames.decode import decode_picture
from deepvis_app.frames.jpeg import jpeg_head, scan_count
from deepvis_app.frames.kinds import HEAD_BYTES, format_of
from deepvis_app.frames.room import MAX_STREAM_PIXELS
from deepvis_app.frames.source import PictureError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_BYTES = 400_000_000  # for all that a JPEG keeps while it is decoded
_MOST_WORK = 500_000_000  # pixels, those of all scans: about a second


def decode_part(part: bytes) -> NDArray[np.uint8] | None:
    """Return a part as RGB (H, W, 3); None where it is damaged, too large, or no picture.

    JPEGs, which come at the rate of a video, go to the quickest decoder; of others those that
    `decode_picture` reads are pictures, too.
    """
    format_ = format_of(part[:HEAD_BYTES])
    try:
        if format_ == "JPEG":
            return _jpeg(part)
        if format_ is not None:
            return decode_picture(io.BytesIO(part), most_bytes=_MOST_BYTES)
    except (PictureError, cv2.error, MemoryError):
        pass
    return None


def _jpeg(part: bytes) -> NDArray[np.uint8] | None:
    head = jpeg_head(io.BytesIO(part))
    if head is None:
        return None
    pixels = head.width * head.height
    if pixels > MAX_STREAM_PIXELS or head.kept_bytes > _MOST_BYTES:
        return None
    if head.is_kept and pixels * scan_count(io.BytesIO(part)) > _MOST_WORK:
        return None
    bgr = cv2.imdecode(np.frombuffer(part, np.uint8), cv2.IMREAD_COLOR)
    return None if bgr is None else rgb_of_bgr(bgr)  # type: ignore[arg-type]
