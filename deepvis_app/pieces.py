"""Work that comes in pieces: a generator that yields on the way and returns what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

A = TypeVar("A")
B = TypeVar("B")
T = TypeVar("T")


def finished(pieces: Generator[object, None, T]) -> T:
    """Take all pieces and return what came of them."""
    while True:
        try:
            next(pieces)
        except StopIteration as stop:
            result: T = stop.value
            return result


def retold(
    pieces: Generator[A | None, None, T], tell: Callable[[A], B]
) -> Generator[B | None, None, T]:
    """Yield what `tell` makes of each piece, None for None; return what came of them."""
    while True:
        try:
            piece = next(pieces)
        except StopIteration as stop:
            result: T = stop.value
            return result
        yield None if piece is None else tell(piece)
