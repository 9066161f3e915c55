"""Transparency: what lies behind is white, everywhere in the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray


_BAND_PIXELS = 1_000_000


def over_white(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return RGBA (H, W, 4) as RGB (H, W, 3) over white, rounded to the nearest level."""
    image = np.empty((*rgba.shape[:2], 3), np.uint8)
    step = max(1, _BAND_PIXELS // max(rgba.shape[1], 1))
    for top in range(0, len(rgba), step):  # Pillow takes four copies on the way
        band = slice(top, top + step)
        image[band] = np.asarray(laid_over_white(Image.fromarray(rgba[band])))
    return image


def laid_over_white(rgba: Image.Image) -> Image.Image:
    """Return a picture of mode RGBA as one of mode RGB, as `over_white` does."""
    white = Image.new("RGBA", rgba.size, "white")
    return Image.alpha_composite(white, rgba).convert("RGB")
