"""Colours as they vary together in photographs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

# Square root of the covariance of colours over ImageNet, as the library lucid gives it
# (Olah et al., "Feature Visualization", Distill 2017); rows are red, green and blue.
_ROOT = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))


def colour_matrix(channels: int, decorrelate: bool, like: Tensor) -> Tensor:
    """Return the matrix (C, C) from decorrelated colours to RGB; identity where it is not meant.

    Scaled as in lucid: its longest column has length 1.
    """
    if channels != 3 or not decorrelate:
        return torch.eye(channels, dtype=like.dtype, device=like.device)
    root = torch.tensor(_ROOT, dtype=like.dtype, device=like.device)
    scaled: Tensor = root / root.norm(dim=0).max()
    return scaled


def mixed(pictures: Tensor, matrix: Tensor) -> Tensor:
    """Apply a matrix to the colours of pictures (B, C, H, W)."""
    if matrix.shape[0] == 1:
        return pictures
    weights = matrix.view(*matrix.shape, 1, 1)
    return torch.nn.functional.conv2d(pictures, weights)
