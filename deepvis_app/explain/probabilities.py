"""From what a network gives for its classes to probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor


def probabilities(logits: Tensor) -> Tensor:
    """Return the softmax (N, K), float32; rows that are a distribution already stay as they are."""
    logits = logits.float()
    sums = logits.sum(1, keepdim=True)
    given = (logits >= 0).all(1, keepdim=True) & torch.isclose(
        sums, torch.ones_like(sums), atol=1e-3
    )
    return torch.where(given, logits, logits.softmax(1))
