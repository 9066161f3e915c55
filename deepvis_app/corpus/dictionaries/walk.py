"""The way to directions, in steps."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

# `MakingProgress`, None within a step, and whatever is yielded while `Beside` works.
Pieces = Generator[Any, None, T]


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
    """Does one long sum of a library, and yields until it is done."""

    def __call__(self, work: Callable[[], T]) -> Pieces[T]: ...


def at_once(work: Callable[[], T]) -> Pieces[T]:
    """Do a sum in place of handing it to anybody."""
    yield None
    return work()


def moved(pieces: Pieces[T], by: int) -> Pieces[T]:
    """Count the steps of pieces from another one on."""
    while True:
        try:
            piece = next(pieces)
        except StopIteration as end:
            result: T = end.value
            return result
        if isinstance(piece, MakingProgress):
            piece = replace(piece, step=piece.step + by, total=piece.total + by)
        yield piece
