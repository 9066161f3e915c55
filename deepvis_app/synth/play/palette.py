"""Colours of one picture for another: kept, or brought near."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from deepvis_app.synth.play.likeness import square_root

if TYPE_CHECKING:
    from torch import Tensor

_LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601
_LEAST = 1e-3  # variance, of levels


def luma(colours: Tensor) -> Tensor:
    """Return how bright RGB pictures (3, H, W) are, (1, H, W)."""
    weights = colours.new_tensor(_LUMA).view(3, 1, 1)
    return (weights * colours).sum(0, keepdim=True)


def recoloured(picture: Tensor, colours: Tensor) -> Tensor:
    """Return the luma of `picture` with the chroma of `colours`, RGB 0..255 (3, H, W) both.

    Where a chroma goes with no such luma, the nearest one that it goes with is taken: the chroma is
    kept (Cb and Cr of ITU-R BT.601 as JPEG has them).
    """
    offsets = colours - luma(colours)  # they depend on the chroma alone
    low, high = -offsets.amin(0, keepdim=True), 255 - offsets.amax(0, keepdim=True)
    return luma(picture).clamp(low, high) + offsets


def matched(picture: Tensor, colours: Tensor) -> Tensor:
    """Return `picture` with mean and covariance of the colours of another, RGB 0..255.

    By the linear map that moves them least; what leaves 0..255 is cut off. Gatys et al.,
    "Preserving Color in Neural Artistic Style Transfer" (2016), match them before, too.
    """
    own, wanted = _moments(picture), _moments(colours)
    root = square_root(own[1])
    back = torch.linalg.inv(root)
    least = back @ square_root(root @ wanted[1] @ root) @ back
    moved = least @ (picture.flatten(1).double() - own[0]) + wanted[0]
    result: Tensor = moved.clamp(0, 255).to(picture.dtype).view_as(picture)
    return result


def _moments(picture: Tensor) -> tuple[Tensor, Tensor]:
    flat = picture.flatten(1).double()
    centre = flat.mean(1, keepdim=True)
    spread = (flat - centre) @ (flat - centre).T / flat.shape[1]
    return centre, spread + _LEAST * torch.eye(3, dtype=flat.dtype, device=flat.device)
