"""The way to directions, in steps."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol, TypeVar

T = TypeVar("T")

Pieces = Generator["MakingProgress | None", None, T]


@dataclass(frozen=True, slots=True)
class MakingProgress:
    """`step` of `total` are done.

    `phase` is "pictures", "learning" or "read-outs"; `missed` is the share of the variance of some
    held-out codes that the atoms do not give back by now, NaN before that is known.
    """

    step: int
    total: int
    phase: str
    missed: float = float("nan")


class Walk:
    """Counts steps; `missed` is that of the next ones."""

    def __init__(self, total: int) -> None:
        self._total, self._step = total, 0
        self.missed = float("nan")

    def on(self, phase: str) -> MakingProgress:
        """Return the next step."""
        self._step = min(self._step + 1, self._total)
        return MakingProgress(self._step, self._total, phase, self.missed)


class Beside(Protocol):
    """Does one long sum of a library, yielding None as long as it takes."""

    def __call__(self, work: Callable[[], T]) -> Generator[None, None, T]: ...


def at_once(work: Callable[[], T]) -> Generator[None, None, T]:
    """Do a sum in place of handing it to anybody."""
    yield
    return work()
