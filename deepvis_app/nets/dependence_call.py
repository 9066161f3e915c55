"""One operation of torch that ran, with what is known of its arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import torch
    from torch import Tensor

    from deepvis_app.nets.dependence import Dependence

    Result = Dependence | Sequence[Dependence] | None  # None: depends on nothing
    Rule = Callable[["Call"], Result]


class NoRule(Exception):  # noqa: N818 - not an error: the general rule is used
    """An operation was used in a way that its rule does not cover."""


@dataclass(frozen=True, slots=True)
class Call:
    """One operation that ran; `known` tells what a tensor depends on, None: not on the input."""

    operation: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    inputs: Sequence[Tensor]
    results: Sequence[Tensor]
    known: Callable[[Tensor], Dependence | None]

    @property
    def shape(self) -> torch.Size:
        return self.results[0].shape

    def of(self, position: int = 0) -> Dependence:
        """Return an argument's dependence."""
        found = self.known(self.args[position])
        if found is None:
            raise NoRule
        return found

    def all(self) -> list[Dependence]:
        """Return the dependence of every argument that has one."""
        found = (self.known(tensor) for tensor in self.inputs)
        return [f for f in found if f is not None]

    def get(self, position: int, name: str, default: Any = None) -> Any:
        """Return an argument, wherever it was given."""
        if position < len(self.args):
            return self.args[position]
        return self.kwargs.get(name, default)

    def only_first(self) -> Dependence:
        """Return the first argument's dependence, where the others are constants."""
        first = self.of()
        if any(other is not first for other in self.all()):
            raise NoRule
        return first
