"""Where a batch stands between two steps: what a checkpoint holds."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import torch

from deepvis_app.errors import UserError
from deepvis_app.synth.result import StopReason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from deepvis_app.synth.parameterisation import Values

_VERSION = 1
REASONS = tuple(StopReason)  # a stop is kept as a place in this
GOES_ON = -1  # in its place while there is none


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """All of a batch after `step` steps. Replaced at each step, never changed in place."""

    step: int
    values: Values
    best: Tensor  # x (B, C, H, W) of the best step
    score: Tensor  # (B,) the best of sign * activation, -inf before the first
    best_step: Tensor  # (B,)
    reason: Tensor  # (B,) place in REASONS, or GOES_ON
    idle: Tensor  # (B,) zero gradients in a row
    memory: Values = field(default_factory=dict)  # the optimiser's
    trace: tuple[tuple[float, ...], ...] = ()  # activations, a row a step; nan after the end
    first_top: tuple[int, ...] = ()  # -1: never yet
    steered: bool = False

    @classmethod
    def fresh(cls, values: Values, pictures: Tensor) -> State:
        count, device = len(pictures), pictures.device
        return cls(
            step=0,
            values=values,
            best=pictures,
            score=torch.full((count,), -torch.inf, dtype=pictures.dtype, device=device),
            best_step=torch.zeros(count, dtype=torch.int64, device=device),
            reason=torch.full((count,), GOES_ON, dtype=torch.int64, device=device),
            idle=torch.zeros(count, dtype=torch.int64, device=device),
            first_top=(-1,) * count,
        )

    def only(self, number: int) -> State:
        """Return what is of one sample, in memory of its own."""
        rows = slice(number, number + 1)
        own: dict[str, Any] = {name: getattr(self, name)[rows].clone() for name in _TENSORS}
        return replace(
            self,
            values=_rows(self.values, rows),
            memory=_rows(self.memory, rows),
            trace=tuple(row[rows] for row in self.trace),
            first_top=self.first_top[rows],
            **own,
        )

    def waited(self) -> State:
        """Return the state one step on, of samples that have all ended."""
        row = (math.nan,) * len(self.first_top)
        return replace(self, step=self.step + 1, trace=(*self.trace, row))

    @classmethod
    def joined(cls, states: Sequence[State]) -> State:
        """Put the states of samples after as many steps together."""
        own: dict[str, Any] = {n: torch.cat([getattr(s, n) for s in states]) for n in _TENSORS}
        return replace(
            states[0],
            values=_together([state.values for state in states]),
            memory=_together([state.memory for state in states]),
            trace=tuple(sum(rows, ()) for rows in zip(*(s.trace for s in states), strict=True)),
            first_top=sum((state.first_top for state in states), ()),
            **own,
        )

    def tensors(self) -> dict[str, Tensor]:
        """Return all of it as tensors on the CPU."""
        own = {
            "version": torch.tensor(_VERSION),
            "step": torch.tensor(self.step),
            "steered": torch.tensor(self.steered),
            "trace": torch.tensor(self.trace, dtype=torch.float64).view(self.step, -1),
            "first_top": torch.tensor(self.first_top),
        }
        own |= {name: getattr(self, name) for name in _TENSORS}
        own |= {f"values.{name}": value for name, value in self.values.items()}
        own |= {f"memory.{name}": value for name, value in self.memory.items()}
        return {name: value.detach().cpu().clone().contiguous() for name, value in own.items()}

    def restored(self, tensors: Mapping[str, Tensor]) -> State:
        """Return the state that `tensors` of the same batch and recipe hold.

        Raises `UserError` where they are of something else.
        """
        if set(_missing(self, tensors)):
            raise UserError(
                "The checkpoint is of another recipe, network or batch",
                "Start again without it",
            )
        device = self.best.device
        parts = {name: tensors[name].to(device) for name in _TENSORS}
        return replace(
            self,
            step=int(tensors["step"]),
            values=_under(tensors, "values.", device),
            memory=_under(tensors, "memory.", device),
            trace=tuple(map(tuple, tensors["trace"].tolist())),
            first_top=tuple(tensors["first_top"].tolist()),
            steered=bool(tensors["steered"]),
            **parts,
        )


_TENSORS = ("best", "score", "best_step", "reason", "idle")


def _rows(values: Values, rows: slice) -> Values:
    return {n: v if n == "count" else v[rows].clone() for n, v in values.items()}


def _together(parts: Sequence[Values]) -> Values:
    """Put values together; zeros where a sample ended before it had any."""
    names = {name: value for part in parts for name, value in part.items()}
    return {
        name: max((part[name] for part in parts if name in part), key=int)
        if name == "count"
        else torch.cat([part.get(name, torch.zeros_like(like)) for part in parts])
        for name, like in names.items()
    }


def _missing(state: State, tensors: Mapping[str, Tensor]) -> list[str]:
    """Return the names of what a checkpoint lacks or has in another shape."""
    wanted = {name: tuple(getattr(state, name).shape) for name in _TENSORS}
    wanted |= {f"values.{name}": tuple(v.shape) for name, v in state.values.items()}
    wanted |= {"version": (), "step": (), "steered": ()}
    wrong = [n for n, s in wanted.items() if n not in tensors or tuple(tensors[n].shape) != s]
    if not wrong and int(tensors["version"]) != _VERSION:
        wrong.append("version")
    return wrong + [name for name in ("trace", "first_top") if name not in tensors]


def _under(tensors: Mapping[str, Tensor], prefix: str, device: torch.device) -> Values:
    found = {n.removeprefix(prefix): v for n, v in tensors.items() if n.startswith(prefix)}
    return {n: v if n == "count" else v.to(device) for n, v in found.items()}
