"""The mosaic as the ancestor built it, as the yardstick of ours.

The Deep Visualization Toolbox (Yosinski et al. 2015) normalised, padded and tiled a layer in numpy
on the processor and resized the picture to its pane: the same steps in the same order and types.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis_app.frames.cv import cv2

if TYPE_CHECKING:
    from numpy.typing import NDArray

PANE_PX = (870, 900)  # height and width of its default layers pane


def ancestors_mosaic(
    maps: NDArray[np.float32], pane_px: tuple[int, int] = PANE_PX
) -> NDArray[np.uint8]:
    """Return the picture (H, W, 3) of `maps` (C, h, w), as large as fits into the pane.

    Single values (1, 1) are first made 3 x 3 pixels.
    """
    if maps.shape[1:] == (1, 1):
        maps = np.tile(maps, (1, 3, 3))
    return _fitted(_tiled(_normalised(maps)), pane_px)


def _normalised(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """One scale for the layer, its minimum to 0 and its maximum to 1; grey as three channels."""
    data = maps.copy()
    data -= data.min()
    data *= 1.0 / (data.max() + 1e-10)
    return np.tile(data[:, :, :, np.newaxis], 3)


def _tiled(data: NDArray[np.float32]) -> NDArray[np.float32]:
    """Tiles row by row in about a square, one pixel of padding around each, the last cut off."""
    count = len(data)
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    padding = ((0, rows * columns - count), (1, 1), (1, 1), (0, 0))
    padded = np.pad(data, padding, mode="constant", constant_values=0)
    _, height, width, colours = padded.shape
    grid = padded.reshape(rows, columns, height, width, colours).transpose(0, 2, 1, 3, 4)
    return grid.reshape(rows * height, columns * width, colours)[:-1, :-1]


def _fitted(picture: NDArray[np.float32], pane_px: tuple[int, int]) -> NDArray[Any]:
    """To uint8, then into the pane: nearest when enlarging, linear when shrinking."""
    pixels = np.array(picture * 255, dtype="uint8")
    height, width = pixels.shape[:2]
    scale = min(pane_px[0] / height, pane_px[1] / width)
    manner = cv2.INTER_NEAREST if scale > 1 else cv2.INTER_LINEAR
    return cv2.resize(pixels, (int(width * scale), int(height * scale)), interpolation=manner)
