"""Where a job is after one step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

State: TypeAlias = "Mapping[str, Tensor]"


class Step(Protocol):
    """What steps yield: `step` of `total` are done."""

    @property
    def step(self) -> int: ...

    @property
    def total(self) -> int: ...


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """The plain `Step`.

    `preview` is what there is to see by now, never written again; `state` what the same work goes
    on from, tensors on the CPU.
    """

    step: int
    total: int
    preview: object = None
    state: State | None = None
