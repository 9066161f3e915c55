"""The loss along a real update: what another length of the same step would have given."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

LENGTHS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)  # times the update's own


@dataclass(frozen=True, slots=True)
class Update:
    """A step that has been made: parameters, what they were, and the difference, by number."""

    step: int
    parameters: Mapping[int, Tensor]
    before: Mapping[int, Tensor]
    change: Mapping[int, Tensor]  # real, and float32 where the parameter is half


@torch.no_grad()
def along(update: Update, loss: Callable[[], Tensor]) -> Tensor:
    """Return the loss at each of `LENGTHS`, (6,), on the parameters' device.

    For the time of each evaluation the parameters point at other memory. Their own is never
    written, so what they are afterwards is what they were, whatever `loss` does.
    """
    own = {number: each.data for number, each in update.parameters.items()}
    try:
        found = []
        for length in LENGTHS:
            for number, each in update.parameters.items():
                each.data = own[number] if length == 1 else _at(update, number, length)
            with warnings.catch_warnings():
                # Recurrent layers would rather have their weights in one piece.
                warnings.simplefilter("ignore", UserWarning)
                found.append(loss().detach().float().mean())
        return torch.stack(found)
    finally:
        for number, each in update.parameters.items():
            each.data = own[number]


def _at(update: Update, number: int, length: float) -> Tensor:
    before, change = update.before[number], update.change[number]
    if not length:
        return before
    real = torch.view_as_real(before) if before.is_complex() else before
    there = (real.to(change.dtype) + length * change).to(real.dtype)
    return torch.view_as_complex(there) if before.is_complex() else there
