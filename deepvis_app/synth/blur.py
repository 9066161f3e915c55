"""Gaussian blur with scipy.ndimage's semantics: borders reflected, the kernel cut at 4 sigma."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor


def gaussian_blur(pictures: Tensor, sigma: float) -> Tensor:
    """Blur pictures (B, C, H, W) along both axes, as scipy.ndimage.gaussian_filter does."""
    if sigma <= 0:
        return pictures
    rows, columns = (
        _matrix(n, sigma, pictures.dtype, pictures.device) for n in pictures.shape[-2:]
    )
    return rows @ pictures @ columns.T


@lru_cache(maxsize=16)
def _matrix(length: int, sigma: float, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return the blur of one axis with its borders as a matrix: two products do a picture."""
    radius = int(4 * sigma + 0.5)
    offsets = torch.arange(-radius, radius + 1)
    weights = torch.exp(-0.5 * (offsets.double() / sigma) ** 2)
    weights /= weights.sum()
    places = (torch.arange(length)[:, None] + offsets) % (2 * length)
    places = torch.where(places >= length, 2 * length - 1 - places, places)
    matrix = torch.zeros(length, length, dtype=torch.float64)
    matrix.scatter_add_(1, places, weights.expand(length, -1))
    return matrix.to(device, dtype)


def transfer(frequency: Tensor, sigma: float) -> Tensor:
    """Return what a Gaussian blur leaves of each frequency (cycles a pixel)."""
    return torch.exp(-2 * math.pi**2 * sigma**2 * frequency**2)
