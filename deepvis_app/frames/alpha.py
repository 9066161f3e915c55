"""Transparency: what lies behind is white, everywhere in the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def over_white(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return RGBA (H, W, 4) as RGB (H, W, 3) over white, rounded to the nearest level."""
    alpha = rgba[:, :, 3:].astype(np.uint16)
    over = rgba[:, :, :3] * alpha + np.uint16(255) * (255 - alpha)
    return ((over + 127) // 255).astype(np.uint8)
