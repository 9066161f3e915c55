"""The real update of a sampled step, and what follows from it with the gradients beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from deepvis_app.lab.monitor.line import Update
from deepvis_app.lab.monitor.noise import Noise
from deepvis_app.lab.monitor.plain import dense

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from deepvis_app.lab.monitor.sample import Sample
    from deepvis_app.lab.monitor.shared import Shared

Numbered = dict[int, "Tensor"]


class Updates:
    """Weights before a step, differenced after it: exact for any optimiser, decay included.

    Without `keeps`, for many parameters, no copies stay from one step to the next: then there is
    no `moved`, no alpha and no noise.
    """

    def __init__(self, shared: Shared, *, keeps: bool = True) -> None:
        self._shared, self._keeps = shared, keeps
        self._noise = Noise(shared)
        self._first: Numbered = {}  # weights when they were seen first
        self._now: Numbered = {}  # the parameters
        self._rest: Numbered = {}
        self._before: Numbered = {}
        self._gradients: Numbered = {}
        self._last: tuple[Numbered, list[float]] | None = None  # update, its slope before

    @property
    def waits(self) -> bool:
        """Whether the next step's gradient is wanted, for alpha."""
        return self._last is not None

    @torch.no_grad()
    def keep(self, parameters: Numbered, rest: Numbered) -> None:
        """Copy the weights as they are before the step."""
        self._now, self._rest = parameters, rest
        self._before = {number: each.clone() for number, each in parameters.items()}
        if self._keeps:
            for number, each in self._before.items():
                if number not in self._first:
                    self._first[number] = each.clone()

    @torch.no_grad()
    def see(self, gradients: Mapping[int, Tensor], scale: Tensor | None, *, is_whole: bool) -> None:
        """Take the gradients as the optimiser gets them; `scale` is to be divided out."""
        if self._last is not None:
            (update, before), self._last = self._last, None
            self._see_slope(update, before, gradients, scale)
        if is_whole and self._keeps:
            factor = 1.0 if scale is None else 1.0 / scale
            self._gradients = {n: _wide(g).mul(factor) for n, g in gradients.items()}

    def _see_slope(
        self,
        update: Numbered,
        before: list[float],
        gradients: Mapping[int, Tensor],
        scale: Tensor | None,
    ) -> None:
        slope = _dot(update, gradients)
        if slope is None:
            return

        def tell(now: Any) -> None:
            if before and before[0]:
                self._shared.alpha = -float(now) / before[0]

        self._shared.late.read(slope if scale is None else slope / scale.double(), tell)

    @torch.no_grad()
    def measure(self, sample: Sample, is_taken: Callable[[], bool]) -> Update:
        """Measure the step that has been made; `is_taken` tells later whether it really was."""
        before, self._before = self._before, {}
        after = {number: each.detach() for number, each in self._now.items()}
        update = {n: _wide(w) - _wide(before[n]) for n, w in after.items()}
        everything = {**after, **{n: each.detach() for n, each in self._rest.items()}}
        sample.whole = True
        sample.norms("update", list(update), list(update.values()))
        sample.histogram("updates", list(update), list(update.values()))
        sample.norms("weight", list(everything), list(everything.values()))
        sample.histogram("weights", list(everything), list(everything.values()))
        if self._keeps:
            moved = {n: _wide(w) - _wide(self._first[n]) for n, w in after.items()}
            sample.norms("moved", list(moved), list(moved.values()))
            self._follow(sample, update, is_taken)
        made, self._now, self._rest = Update(sample.step, self._now, before, update), {}, {}
        return made

    def _follow(self, sample: Sample, update: Numbered, is_taken: Callable[[], bool]) -> None:
        gradients, self._gradients = self._gradients, {}
        if not gradients:
            return
        slopes: list[float] = []
        slope = _dot(update, gradients)
        if slope is not None:
            self._shared.late.read(slope, lambda s: slopes.append(float(s)) if is_taken() else None)
            self._last = update, slopes
        self._noise.add(sample, gradients)


def _wide(tensor: Tensor) -> Tensor:
    """Return real and dense values in which differences of halves are exact."""
    values = dense(tensor)
    return values.float() if values.dtype in (torch.float16, torch.bfloat16) else values


def _dot(update: Mapping[int, Tensor], gradients: Mapping[int, Tensor]) -> Tensor | None:
    """Return the sum of products of both, as float64 where the device knows it."""
    found: Tensor | None = None
    for number in update.keys() & gradients.keys():
        other = update[number].flatten()
        product = torch.dot(other, _wide(gradients[number]).flatten().to(other.dtype))
        product = product if product.device.type == "mps" else product.double()
        found = product if found is None else found + product.to(found.device)
    return found
