"""Where things in a video went, and what is drawn upon them carried along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis_app.frames.cv import cv2

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flow = NDArray[np.float32]  # (H, W, 2): by how many pixels to the right, and down

# Farneback's, as DeepDreamAnim has them: scale, levels, window, iterations, polynomial, its spread.
_FARNEBACK = (0.5, 3, 15, 3, 5, 1.2, 0)
_SHARE, _SLACK = 0.01, 0.5  # of lengths, and squared pixels (Sundaram et al. 2010)
_LEAST_PX = 16  # a smaller picture tells of no motion


def flow_between(here: NDArray[np.uint8], there: NDArray[np.uint8]) -> Flow:
    """Return where each place of a picture is in another: here[p] is there[p + flow[p]].

    Both uint8 (H, W, 3) RGB, of one size.
    """
    if min(here.shape[:2]) < _LEAST_PX:
        return np.zeros((*here.shape[:2], 2), np.float32)
    found = cv2.calcOpticalFlowFarneback(_grey(here), _grey(there), None, *_FARNEBACK)  # type: ignore[call-overload]
    return np.asarray(found, np.float32)


def warped(values: NDArray[np.float32], flow: Flow) -> NDArray[np.float32]:
    """Return values (H, W, C) of another picture at the places where a flow leads to.

    Bilinear; places outside are those of the border.
    """
    columns, rows = _places(flow)
    moved = cv2.remap(values, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.float32).reshape(values.shape)


def seen_before(back: Flow, forth: Flow) -> NDArray[np.bool_]:
    """Tell which places (H, W) of a picture were in the one before: not uncovered, nor come in.

    `back` leads from the picture to the one before, `forth` from that to the picture. Where a place
    goes back to, it has to come from: |back + forth|^2 < .01 (|back|^2 + |forth|^2) + .5, as
    Sundaram et al. (2010) and Ruder et al. (2016) have it.
    """
    comes = warped(forth, back)
    apart = np.square(back + comes).sum(2)
    lengths = np.square(back).sum(2) + np.square(comes).sum(2)
    height, width = back.shape[:2]
    columns, rows = _places(back)
    inside = (columns > -1) & (columns < width) & (rows > -1) & (rows < height)
    seen: NDArray[np.bool_] = (apart < _SHARE * lengths + _SLACK) & inside
    return seen


def carried(
    values: NDArray[np.float32],
    before: NDArray[np.uint8],
    now: NDArray[np.uint8],
    *,
    longest_px: int = 0,
) -> NDArray[np.float32]:
    """Return values (H, W, C) drawn upon a picture as they lie upon the next one.

    0 where that shows what the one before did not. Pictures are uint8 (H, W, 3), of that size;
    motion is looked for in smaller ones, with a longer side of `longest_px`, where that is not 0.
    """
    if np.array_equal(before, now):
        return values
    height, width = now.shape[:2]
    share = min(longest_px / max(height, width), 1) if longest_px else 1
    if share == 1:
        back, forth = flow_between(now, before), flow_between(before, now)
        return warped(values, back) * seen_before(back, forth)[..., None]
    small = max(round(width * share), 1), max(round(height * share), 1)
    before, now = (_resized(one, small, cv2.INTER_AREA) for one in (before, now))
    back, forth = flow_between(now, before), flow_between(before, now)
    seen = seen_before(back, forth).astype(np.uint8)
    scale = np.array([width / small[0], height / small[1]], np.float32)
    back = _resized(back, (width, height), cv2.INTER_LINEAR) * scale
    seen = _resized(seen, (width, height), cv2.INTER_NEAREST)
    return np.asarray(warped(values, back) * seen[..., None], np.float32)


def _resized(values: NDArray[Any], size: tuple[int, int], how: int) -> NDArray[Any]:
    return np.asarray(cv2.resize(values, size, interpolation=how))


def _grey(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def _places(flow: Flow) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the columns and the rows (H, W) that a flow leads to."""
    height, width = flow.shape[:2]
    columns = np.arange(width, dtype=np.float32) + flow[..., 0]
    rows = np.arange(height, dtype=np.float32)[:, None] + flow[..., 1]
    return columns, rows
