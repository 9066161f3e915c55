"""A few small parameters, watched closely: do steps go downhill, was the gradient set to zero."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch

from deepvis_app.lab.evidence.guarded import Gathering, guarded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor
    from torch.optim import Optimizer

MOST = 65_536  # elements that are watched; the smallest tensors first
FEW = 8  # tensors of them
EXACT, CLOSE = 1e-4, 1e-3  # relative errors: of float32 sums, and of directions after clipping
EARLY, EVERY = 24, 8  # the first steps are looked at all, later every eighth


class Witness(Gathering):
    """Hooks on optimisers that tell of single steps what their norms do not show.

    `descent` is -g·Δw / (|g| |Δw|) of the watched parameters: 1 for plain descent, negative where
    the step goes up the gradient. `kept` is 1 where the gradient of the step before was still in
    this one's, which is what a forgotten `zero_grad` does: the parameters' own hooks see each
    gradient before it is added. Gradients added up over several backward passes are none of it.
    """

    def __init__(self, optimizers: Sequence[Optimizer]) -> None:
        super().__init__()
        self._watched = smallest(optimizers)
        self._steps = 0
        self.every = EVERY  # steps between two that are looked at, after the first ones
        self._before: list[tuple[Tensor, Tensor]] | None = None  # weights, gradients at a step
        self._left: list[Tensor | None] | None = None  # gradients that a step left behind
        self._came: dict[int, Tensor] = {}  # what backward passes brought since
        self._found: list[tuple[Tensor, Tensor]] = []
        if self._watched:
            self._hooks += [
                optimizers[-1].register_step_pre_hook(self._before_step),
                optimizers[-1].register_step_post_hook(self._after_step),
            ]
            for number, each in enumerate(self._watched):
                self._hooks.append(each.register_hook(self._coming(number)))

    def _coming(self, number: int) -> Any:
        def came(gradient: Tensor) -> None:
            if self._left is not None and not self.is_off:
                so_far = self._came.get(number)
                detached = gradient.detach()
                self._came[number] = detached.clone() if so_far is None else so_far.add_(detached)

        return came

    def _is_due(self, step: int) -> bool:
        return step <= EARLY or step % self.every == 0

    @guarded
    def _before_step(self, *_: object) -> None:
        self._steps += 1
        self._before = None
        if not self._is_due(self._steps):
            return
        gradients = [each.grad for each in self._watched]
        if any(g is None or g.is_sparse for g in gradients):
            return
        self._before = [
            (each.detach().clone(), g.detach().clone())
            for each, g in zip(self._watched, gradients, strict=True)
            if g is not None
        ]

    @guarded
    def _after_step(self, *_: object) -> None:
        if self._before is not None:
            self._found.append((self._descent(self._before), self._kept(self._before)))
        self._came = {}
        self._left = None
        if self._is_due(self._steps + 1):
            self._left = [
                None if each.grad is None else each.grad.detach().clone() for each in self._watched
            ]

    def _descent(self, before: list[tuple[Tensor, Tensor]]) -> Tensor:
        along = length_g = length_w = torch.zeros((), device=before[0][0].device)
        for each, (weights, gradient) in zip(self._watched, before, strict=True):
            change, gradient = (each.detach() - weights).float(), gradient.float()
            along = along - (change * gradient).sum().to(along.device)
            length_w = length_w + change.square().sum().to(along.device)
            length_g = length_g + gradient.square().sum().to(along.device)
        return along / (length_w * length_g).sqrt()

    def _kept(self, before: list[tuple[Tensor, Tensor]]) -> Tensor:
        """Return 1, 0, or NaN where it cannot be told."""
        device = before[0][0].device
        unknown = torch.tensor(math.nan, device=device)
        if self._left is None or len(self._came) < len(before):
            return unknown
        parts: list[tuple[Tensor, Tensor, Tensor]] = []
        for number, (_, gradient) in enumerate(before):
            left = self._left[number]
            if left is None:
                return unknown
            parts.append((gradient, self._came[number], left))
        now, came, left = (
            torch.cat([part[k].float().reshape(-1).to(device) for part in parts]) for k in range(3)
        )
        return was_kept(now, came, left)

    def take(self) -> tuple[float, float]:
        """Return the medians of `descent` and `kept` since the last call; NaN: none was known."""
        found, self._found = self._found, []
        if not found:
            return math.nan, math.nan
        descent, kept = torch.tensor(
            [[float(value) for value in pair] for pair in found]
        ).T.nanmedian(1)[0]
        return float(descent), float(kept)


def was_kept(now: Tensor, came: Tensor, left: Tensor) -> Tensor:
    """Tell whether a step's gradient (n,) is what came plus what was left: 1, 0, or NaN.

    A factor common to all, as clipping and loss scales bring, is allowed for.
    """
    size, old = now.norm(), left.norm()
    anew, added = came, came + left
    is_anew = (now - anew).norm() <= EXACT * size
    is_added = (now - added).norm() <= EXACT * size
    beside_anew, beside_added = _beside(now, anew), _beside(now, added)
    is_added |= (beside_added < CLOSE) & (beside_anew > 10 * CLOSE)
    is_anew |= beside_anew < CLOSE
    answer = torch.where(is_anew, 0.0, torch.where(is_added, 1.0, math.nan))
    return torch.where((size > 0) & (old > 10 * EXACT * size), answer, math.nan)


def _beside(now: Tensor, other: Tensor) -> Tensor:
    """Return the sine of the angle between two vectors."""
    cosine = (now @ other) / (now.norm() * other.norm())
    sine: Tensor = (1 - cosine.square()).clamp(min=0).sqrt()
    return sine


def smallest(optimizers: Sequence[Optimizer]) -> list[Tensor]:
    """Return the smallest trained tensors of the last optimiser, `FEW` at most."""
    if not optimizers:
        return []
    groups = optimizers[-1].param_groups
    every = [each for group in groups for each in group["params"] if each.requires_grad]
    trained = [each for each in every if each.is_floating_point()]
    usable = [p for p in trained if p.numel() > 1]
    chosen: list[Tensor] = []
    for each in sorted(usable or trained, key=lambda p: p.numel()):
        if chosen and (len(chosen) == FEW or sum(p.numel() for p in chosen) + each.numel() > MOST):
            break
        chosen.append(each)
    return chosen
