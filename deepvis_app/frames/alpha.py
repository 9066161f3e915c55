"""Transparency: what lies behind is white, everywhere in the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray


def over_white(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return RGBA (H, W, 4) as RGB (H, W, 3) over white, rounded to the nearest level."""
    return np.array(laid_over_white(Image.fromarray(rgba)))


def laid_over_white(rgba: Image.Image) -> Image.Image:
    """Return a picture of mode RGBA as one of mode RGB, as `over_white` does."""
    white = Image.new("RGBA", rgba.size, "white")
    return Image.alpha_composite(white, rgba).convert("RGB")
