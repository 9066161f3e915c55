"""A unit's map laid over the picture it was computed from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own customary name

from deepvis_app.tiles.shades import TOP, ZERO

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIM = 0.15  # what is left of the picture where the unit is silent


def numbers(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the values with zero for what is not finite; the array itself where all is."""
    if np.isfinite(values).all():
        return values
    return np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)


def coloured(
    values: NDArray[np.float32], palette: NDArray[np.uint8], peak: float, *, signed: bool
) -> NDArray[np.uint8]:
    """Return a map (h, w) as colours (h, w, 3): 0..peak, or -peak..peak with zero in the middle.

    What is not finite is coloured as zero; `array_marks` tells where that is.
    """
    share = numbers(values) / max(peak, 1e-12)
    shades = ZERO + share * ZERO if signed else share * TOP
    places = np.clip(np.rint(shades), 0, TOP).astype(np.uint8)
    return np.asarray(palette.take(places, axis=0), np.uint8)


def only_active(
    picture: NDArray[np.uint8],
    values: NDArray[np.float32],
    box: tuple[float, float, float, float],
    peak: float,
    strength: float,
) -> NDArray[np.uint8]:
    """Return the picture (H, W, 3) dimmed where the map (h, w) is silent.

    The map is laid over `box` (top, left, bottom, right; pixels of the picture) and scaled so that
    `peak` leaves the picture as it is; `strength` 0..1 is how much silence dims, the ancestor's
    "over active" overlay (mask ** 0.8).
    """
    height, width = picture.shape[:2]
    top, left, bottom, right = box
    # Sampling positions of the picture's pixels in the map's own coordinates, -1..1.
    ys = (torch.arange(height) + 0.5 - top) / max(bottom - top, 1e-6) * 2 - 1
    xs = (torch.arange(width) + 0.5 - left) / max(right - left, 1e-6) * 2 - 1
    grid = torch.stack(torch.meshgrid(ys, xs, indexing="ij")[::-1], dim=-1)[None].float()
    mask = torch.from_numpy(np.abs(numbers(values)).astype(np.float32))[None, None]
    mask = (mask / max(peak, 1e-12)).clamp(0, 1) ** 0.8
    mask = F.grid_sample(mask, grid, padding_mode="border", align_corners=False)[0, 0]
    kept = 1 - strength * (1 - DIM) * (1 - mask)
    shown = picture.astype(np.float32) * kept.numpy()[..., None]
    return np.asarray(np.rint(shown), np.uint8)
