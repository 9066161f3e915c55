"""What a training makes small, and how right its answers are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from deepvis_app.lab.trainer.choices import Cost

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    Criterion = Callable[[Tensor, Tensor], Tensor]


def quadratic(logits: Tensor, classes: Tensor) -> Tensor:
    """Return 1/(2n) Σ ‖y − a‖², with a = σ(z) of the logits (n, C) and y one-hot.

    Nielsen, "Neural networks and deep learning", chapter 1, equation 6.
    """
    wanted = functional.one_hot(classes, logits.shape[1]).to(logits.dtype)
    return (torch.sigmoid(logits) - wanted).square().sum(1).mean() / 2


def cross_entropy(logits: Tensor, classes: Tensor) -> Tensor:
    """Return the mean −ln softmax(z)_y of logits (n, C)."""
    return functional.cross_entropy(logits, classes)


CRITERIA: dict[Cost, Criterion] = {Cost.QUADRATIC: quadratic, Cost.CROSS_ENTROPY: cross_entropy}
#: What the scores of a network are that a cost has trained, as `nets.Network` calls it.
SCORES = {Cost.QUADRATIC: "sigmoid", Cost.CROSS_ENTROPY: "softmax"}
