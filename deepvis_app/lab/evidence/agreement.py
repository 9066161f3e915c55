"""Does what is descended lower the loss that was meant? Asked of the probe at a few early steps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from deepvis_app.lab.evidence.guarded import Gathering, guarded
from deepvis_app.lab.evidence.structure import evaluated
from deepvis_app.lab.evidence.witness import smallest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor
    from torch.nn import Module
    from torch.optim import Optimizer

LAST = 64  # steps 1, 2, 4, … to this are looked at
EXAMPLES = 32


class Agreement(Gathering):
    """The cosine of a step's gradient with that of the loss on the probe, at a few small tensors.

    Around 0.5 and more at first for a loop that descends this loss, negative for one that climbs
    it, whatever it logs. `is_asking` while its own pass runs.
    """

    def __init__(
        self,
        model: Module,
        optimizers: Sequence[Optimizer],
        probe: Tensor | None,
        labels: Tensor | None,
        loss: Callable[[Tensor, Tensor], Tensor] | None,
    ) -> None:
        super().__init__()
        self._model, self._loss = model, loss
        self.is_asking = False
        self._steps = 0
        self._found: list[Tensor] = []
        if probe is None or labels is None or loss is None or not optimizers:
            return
        self._x, self._y = probe[:EXAMPLES], labels[:EXAMPLES]
        self._watched = smallest(optimizers)
        if self._watched:
            self._hooks.append(optimizers[-1].register_step_pre_hook(self._before_step))

    @guarded
    def _before_step(self, *_: object) -> None:
        self._steps += 1
        self.is_off = self._steps >= LAST
        gradients = [each.grad for each in self._watched]
        if self._steps & (self._steps - 1) or any(g is None or g.is_sparse for g in gradients):
            return
        self.is_asking = True
        try:
            self._found.append(self._cosine([g for g in gradients if g is not None]))
        finally:  # it may fail: cuDNN's recurrent layers have no gradient in evaluation mode
            self.is_asking = False

    def _cosine(self, gradients: list[Tensor]) -> Tensor:
        assert self._loss is not None
        with evaluated(self._model), torch.enable_grad():
            value = self._loss(self._model(self._x), self._y)
            meant = torch.autograd.grad(value, self._watched, allow_unused=True)
        pairs = [(a, b) for a, b in zip(gradients, meant, strict=True) if b is not None]
        if not pairs:
            return torch.tensor(math.nan)
        ours, theirs = (torch.cat([p[k].float().reshape(-1) for p in pairs]) for k in (0, 1))
        return torch.nn.functional.cosine_similarity(ours, theirs, 0)

    def take(self) -> float:
        """Return the middle of the cosines since the last call; NaN: there are none."""
        if self.is_off:
            self.close()
        found, self._found = self._found, []
        return (
            float(torch.tensor([float(each) for each in found]).nanmedian()) if found else math.nan
        )
