"""How good a network is on examples that are looked at in evaluation mode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app.nets.taps import evaluating

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from deepvis_app.lab.trainer.costs import Criterion

BATCH = 500
MOST_TRAIN = 2000  # training examples that are judged each time, the same ones


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What was found: mean loss, share of right answers 0..1, and counts (true, answered)."""

    loss: float
    accuracy: float
    confusion: NDArray[np.int64]  # (C, C)


@torch.no_grad()
def judge(module: nn.Module, x: Tensor, y: Tensor, criterion: Criterion, classes: int) -> Judged:
    """Judge a network by examples (N, C, H, W); leaves its modes as they were."""
    device = next(module.parameters()).device
    total = 0.0
    confusion = torch.zeros(classes * classes, dtype=torch.int64)
    with evaluating(module.modules()):
        for xs, ys in zip(x.split(BATCH), y.split(BATCH), strict=True):
            logits = module(xs.to(device)).float()
            total += float(criterion(logits, ys.to(device))) * len(ys)
            pairs = ys * classes + logits.argmax(1).cpu()
            confusion += pairs.bincount(minlength=classes * classes)
    table = confusion.view(classes, classes).numpy()
    return Judged(total / len(y), float(np.trace(table)) / len(y), table)


REGION_SIDE = 48


@torch.no_grad()
def regions(module: nn.Module, grid: Tensor, scores: str) -> NDArray[np.float32]:
    """Return scores (side, side, C), 0..1, of a network of points over `region_grid`'s places."""
    with evaluating(module.modules()):
        logits = module(grid).float()
    found = torch.sigmoid(logits) if scores == "sigmoid" else logits.softmax(1)
    side = round(len(grid) ** 0.5)
    values: NDArray[np.float32] = found.cpu().numpy().reshape(side, side, -1)
    return values


def region_grid(
    mean: tuple[float, ...], std: tuple[float, ...], extent: float, side: int = REGION_SIDE
) -> Tensor:
    """Return inputs (side², 2, 1, 1): places of the plane row by row from the top left.

    The plane goes from −extent to extent; its rows are y, falling. `mean` and `std` are those of
    the data's preprocessing, in which 0..1 is from −6 to 6.
    """
    edge = extent * (1 - 1 / side)  # centres of the cells
    across = torch.linspace(-edge, edge, side)
    y, x = torch.meshgrid(-across, across, indexing="ij")
    places = torch.stack([x.flatten(), y.flatten()], 1) / 12 + 0.5
    normal = (places - torch.tensor(mean)) / torch.tensor(std)
    return normal[:, :, None, None]
