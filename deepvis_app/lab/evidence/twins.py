"""Units that are copies of one another: what a constant start gives, and training cannot undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from torch import Tensor

MOST_UNITS, MOST_WEIGHTS = 64, 256  # of a layer that are compared
SAME = 1e-5  # of the largest weight


@torch.no_grad()
def twins(model: nn.Module) -> dict[str, float]:
    """Return the share of a layer's units that are copies of the one before, where it is > 0.

    Layers are those with a trained weight of two or more dimensions, units its rows. Embeddings
    are left out, and units that all are 0 count as the same.
    """
    found: dict[str, float] = {}
    for name, module in model.named_modules():
        if isinstance(module, nn.Embedding | nn.EmbeddingBag):
            continue
        for key, weight in module.named_parameters(recurse=False):
            if weight.ndim < 2 or len(weight) < 2 or not weight.requires_grad:
                continue
            share = same_rows(weight.detach())
            if share > 0:
                label = name if key == "weight" else f"{name}.{key}" if name else key
                found[label] = share
    return found


def same_rows(weight: Tensor) -> float:
    """Return the share of the rows (but the first) of (units, …) that equal the one before.

    Not the first: the gates of a recurrent layer are rows of one weight and differ from each other.
    """
    if weight.is_complex():
        weight = torch.view_as_real(weight)
    rows = weight[:MOST_UNITS].reshape(min(len(weight), MOST_UNITS), -1)[:, :MOST_WEIGHTS].float()
    apart = (rows[1:] - rows[:-1]).abs().amax(1)
    return float((apart <= SAME * rows.abs().max()).float().mean())
