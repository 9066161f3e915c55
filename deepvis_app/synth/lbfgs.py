"""Limited-memory BFGS (Nocedal 1980), a step a pass, each sample by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

    from deepvis_app.synth.parameterisation import Values

_PAIRS = 20  # changes of place and gradient that are remembered
_LEAST = 1e-10  # of their product, which must be positive


def lbfgs(values: Values, gradient: Values, memory: Values, rate: float) -> tuple[Values, Values]:
    """Go one step up; return the values and what is remembered, without a search along the line.

    As PyTorch's LBFGS: the first step is at most `rate` long in the sum of its parts, each later
    one `rate` times what the curvature says. The objective must be the same at every step.
    """
    flat, g = _flat(values), -_flat(gradient)  # (B, N); what is lowered
    past = _Past.of(memory, flat)
    past.learn(flat, g)
    way = past.way(g)
    first = (rate / g.abs().sum(1, keepdim=True).clamp(min=1e-30)).clamp(max=rate)
    moved = flat + (first if past.is_first else rate) * way
    return _shaped(moved, values), past.memory(flat, g)


class _Past:
    """Of each sample the last pairs (B, pairs, N), and place and gradient of the step before.

    Pairs that are not there yet are zero.
    """

    def __init__(self, changes: Tensor, turns: Tensor, last: tuple[Tensor, Tensor] | None) -> None:
        self._changes, self._turns, self._last = changes, turns, last

    @classmethod
    def of(cls, memory: Values, flat: Tensor) -> _Past:
        if "place" not in memory:
            none = flat.new_zeros(len(flat), _PAIRS, flat.shape[1])
            return cls(none, none, None)
        return cls(memory["changes"], memory["turns"], (memory["place"], memory["slope"]))

    @property
    def is_first(self) -> bool:
        return self._last is None

    def learn(self, place: Tensor, slope: Tensor) -> None:
        """Remember what the last step showed, unless the curvature there was none."""
        if self._last is None:
            return
        pair = place - self._last[0], slope - self._last[1]
        is_good = ((pair[0] * pair[1]).sum(1) > _LEAST).view(-1, 1, 1)
        self._changes, self._turns = (
            torch.where(is_good, torch.cat([old[:, 1:], new[:, None]], 1), old)
            for old, new in zip((self._changes, self._turns), pair, strict=True)
        )

    def way(self, slope: Tensor) -> Tensor:
        """Return the way down (B, N), by the two loops over the pairs."""
        changes, turns = self._changes.unbind(1), self._turns.unbind(1)
        products = [(s * y).sum(1, keepdim=True) for s, y in zip(changes, turns, strict=True)]
        way, shares = -slope, []
        for s, y, product in [*zip(changes, turns, products, strict=True)][::-1]:
            shares.append(_over((s * way).sum(1, keepdim=True), product))
            way = way - shares[-1] * y
        way = way * self._scale(turns, products, way)
        for s, y, product in zip(changes, turns, products, strict=True):
            way = way + (shares.pop() - _over((y * way).sum(1, keepdim=True), product)) * s
        return way

    @staticmethod
    def _scale(turns: tuple[Tensor, ...], products: list[Tensor], like: Tensor) -> Tensor:
        """Return the curvature's scale by the newest good pair, (B, 1)."""
        scale = like.new_ones(len(like), 1)
        for y, product in zip(turns, products, strict=True):
            newer = _over(product, y.square().sum(1, keepdim=True))
            scale = torch.where(product > 0, newer, scale)
        return scale

    def memory(self, place: Tensor, slope: Tensor) -> Values:
        return {"changes": self._changes, "turns": self._turns, "place": place, "slope": slope}


def _over(value: Tensor, by: Tensor) -> Tensor:
    return torch.where(by > 0, value / by.clamp(min=1e-30), 0)


def _flat(values: Values) -> Tensor:
    return torch.cat([value.flatten(1) for value in values.values()], 1)


def _shaped(flat: Tensor, like: Values) -> Values:
    parts = flat.split([value[0].numel() for value in like.values()], 1)
    return {k: part.view_as(v) for (k, v), part in zip(like.items(), parts, strict=True)}
