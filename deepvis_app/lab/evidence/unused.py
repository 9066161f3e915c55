"""Parameters that an optimiser has and that no loss ever reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deepvis_app.lab.evidence.guarded import Gathering, guarded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor
    from torch.nn import Module
    from torch.optim import Optimizer

STEPS = 20  # after which it is told


class Unused(Gathering):
    """Looks before each of an optimiser's first steps which parameters have no gradient at all."""

    def __init__(self, model: Module, optimizers: Sequence[Optimizer]) -> None:
        super().__init__()
        names = {id(p): name for name, p in model.named_parameters()}
        self._steps = 0
        self._without: dict[str, Tensor] = {
            names[id(p)]: p
            for optimizer in optimizers
            for group in optimizer.param_groups
            for p in group["params"]
            if p.requires_grad and id(p) in names
        }
        self.is_off = not self._without
        self._hooks += [o.register_step_pre_hook(self._before) for o in optimizers]

    @guarded
    def _before(self, *_: object) -> None:
        self._steps += 1
        self._without = {name: p for name, p in self._without.items() if p.grad is None}
        self.is_off = not self._without

    def take(self) -> dict[str, Any] | None:
        """Return the parameters without a gradient once, after `STEPS` steps; None: nothing new."""
        if not self._hooks or (self._steps < STEPS and not self.is_off):
            return None
        self.close()
        if self.is_off or not self._without:
            return None
        return {"parameters": list(self._without), "steps": self._steps}
