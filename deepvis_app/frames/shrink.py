"""Pictures made smaller a few rows at a time, so that no second large copy is ever made."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from deepvis_app.frames.alpha import laid_over_white

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_BAND_PIXELS = 2_000_000  # of the large picture at a time


def shrunk(
    size: tuple[int, int], rows: Callable[[int, int], Image.Image], longest_px: int
) -> NDArray[np.uint8]:
    """Return a picture as RGB (H, W, 3), its longer side at most `longest_px`, by area averaging.

    `size` is that of the large picture, and `rows(top, bottom)` gives a part of it over its whole
    width, of mode RGB or RGBA; transparent parts come to lie over white once they are small.
    """
    width, height = fitted(size, longest_px)
    factor = size[1] / height
    step = max(1, int(_BAND_PIXELS / (size[0] * factor)))
    image = np.empty((height, width, 3), np.uint8)
    for first in range(0, height, step):
        last = min(first + step, height)
        top, bottom = first * factor, last * factor
        start, end = math.floor(top), min(math.ceil(bottom), size[1])
        band = rows(start, end)
        if band.size != (width, last - first):
            box = (0.0, top - start, float(size[0]), min(bottom - start, float(end - start)))
            band = band.resize((width, last - first), Image.Resampling.BOX, box)
        image[first:last] = np.asarray(laid_over_white(band) if band.mode == "RGBA" else band)
    return image


def fitted(size: tuple[int, int], longest_px: int) -> tuple[int, int]:
    """Return `size` with its longer side at most `longest_px`, of the same shape."""
    factor = min(1.0, longest_px / max(size))
    width, height = (max(1, round(side * factor)) for side in size)
    return width, height
