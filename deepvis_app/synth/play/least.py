"""The least change that does it, by bisection."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app.pieces import retold
from deepvis_app.synth.ball import Norm
from deepvis_app.synth.play.attack_spec import NEAR, ROUNDS
from deepvis_app.synth.play.attacks import Attack, Came, came

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from torch import Tensor

    from deepvis_app.synth.play.technique import PlayProgress


@dataclass(frozen=True, slots=True, eq=False)
class _Bracket:
    """What is known after `round` searches: `low` was too little, `high` was enough, as `found`.

    Of pixels in 0..1; `high` is the largest that is allowed until a search has come to something.
    """

    round: int
    low: float
    high: float
    trace: tuple[float, ...] = ()
    found: Tensor | None = None  # (1, C, H, W)

    @property
    def next(self) -> float:
        if self.round == 0:
            return self.high
        return (self.low + self.high) / 2 if self.low else self.high / 4

    @property
    def is_over(self) -> bool:
        is_near = self.high - self.low <= NEAR * self.high
        return self.round > ROUNDS or (self.round > 0 and (self.found is None or is_near))

    def judged(self, attack: Attack, last: Came) -> _Bracket:
        """Return what is known after the next search."""
        trace = (*self.trace, *last.trace.tolist())
        after = replace(self, round=self.round + 1, trace=trace)
        if not attack.aim.reached(attack.scores(last.x)):
            return after if self.round == 0 else replace(after, low=self.next)
        size = min(size_of(last.x - attack.x, attack.spec.norm), self.next)
        return replace(after, high=size, low=min(self.low, size), found=last.x)

    def tensors(self) -> dict[str, Tensor]:
        own = {
            "round": torch.tensor(self.round),
            "bounds": torch.tensor([self.low, self.high], dtype=torch.float64),
            "told": torch.tensor(self.trace, dtype=torch.float64),
        }
        return own if self.found is None else {**own, "found": self.found.cpu().clone()}

    @classmethod
    def of(cls, resume: Mapping[str, Tensor], like: Tensor) -> _Bracket:
        low, high = resume["bounds"].tolist()
        found = resume.get("found")
        found = None if found is None else found.to(like)
        return cls(int(resume["round"]), low, high, tuple(resume["told"].tolist()), found)


def least(
    attack: Attack, resume: Mapping[str, Tensor] | None
) -> Generator[PlayProgress | None, None, Came]:
    """Search within epsilon, then within ever narrower bounds of what is needed.

    Each search starts at the picture itself. The least size that was found, of pixels in 0..1, and
    by how much it may be too large for this search, are told as `least` and `tolerance`.
    """
    bracket, inner = _Bracket(0, 0.0, attack.spec.epsilon), None
    if resume is not None:
        bracket = _Bracket.of(resume, attack.x)
        inner = {n.removeprefix("in."): v for n, v in resume.items() if n.startswith("in.")}
    last: Came | None = None
    while not bracket.is_over:
        run = attack.within(bracket.next, inner)
        told = partial(_placed, bracket=bracket, total=attack.spec.passes)
        last, inner = came(attack, (yield from retold(run, told))), None
        bracket = bracket.judged(attack, last)
    assert last is not None  # a checkpoint is of a search under way
    facts = {"least": bracket.high, "tolerance": bracket.high - bracket.low}
    found = bracket.found
    return replace(
        last,
        x=last.x if found is None else found,
        trace=np.array(bracket.trace, np.float32),
        facts={} if found is None else facts,
    )


def _placed(step: PlayProgress, bracket: _Bracket, total: int) -> PlayProgress:
    """Tell of a step of one search as one of all."""

    def state() -> dict[str, Tensor]:
        return bracket.tensors() | {f"in.{name}": value for name, value in step.state().items()}

    return replace(step, step=len(bracket.trace) + step.step, total=total, _state=state)


def size_of(change: Tensor, norm: Norm) -> float:
    """Return the size of a change in levels, of pixels in 0..1."""
    return float(change.abs().max() if norm is Norm.LINF else change.double().norm()) / 255
