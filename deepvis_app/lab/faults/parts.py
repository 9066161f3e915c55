"""What a training of the table is made of: a learner's parts, before anything is done to them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import torch
from torch import nn

from deepvis_app.lab.faults.networks import LEARNERS
from deepvis_app.lab.faults.sets import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from deepvis_app.lab.faults.sets import Examples

    Change = Callable[["Parts"], None]

EVALUATIONS = 12  # of the validation examples, in a run


@dataclass
class Parts:
    """All of one training. Healthy variations and faults change it; `learn` runs it."""

    data: Examples
    net: nn.Module
    steps: int
    batch: int
    rate: float
    seed: int
    kind: str = "sgd"  # momentum adam adamw rmsprop
    decay: float = 0.0
    loss: Callable[[Tensor, Tensor], Tensor] = field(default_factory=nn.CrossEntropyLoss)
    logged_sign: float = 1.0  # of the loss as it is logged, where `sign` turns what is minimised
    sign: float = 1.0
    maximize: bool = False
    zeroes: bool = True
    learns_in_training: bool = True
    judges_in_training: bool = False
    optimised: Callable[[nn.Module], list[nn.Parameter]] | None = None
    clip: float = 0.0
    schedule: str = ""  # "cosine", "warm-up", "steps"
    augmented: bool = False
    parts: int = 1  # backward passes a step
    pretrained: bool = False


def parts_of(learner: str, seed: int, *, optimizer: str = "sgd", scale: float = 1.0) -> Parts:
    """Return a learner's parts with first weights by a seed, at a multiple of its best rate."""
    made = LEARNERS[learner]
    torch.manual_seed(seed)
    best = {"sgd": made.sgd, "momentum": made.sgd / 5}.get(optimizer, made.adam)
    if optimizer == "rmsprop":
        best /= 3
    return Parts(
        examples(made.examples), made.make(), made.steps, made.batch, best * scale, seed, optimizer
    )


def with_data(parts: Parts, **changes: Tensor | int) -> None:
    """Give a training other examples."""
    parts.data = replace(parts.data, **changes)  # type: ignore[arg-type]


def generator(parts: Parts, of: int = 0) -> torch.Generator:
    """Return the source of a training's random order, or of other draws."""
    return torch.Generator().manual_seed(1000 * parts.seed + of)
