"""What readers remember from frame to frame: one thing of each type."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Memory:
    """Keeps one thing of each type, made when it is first asked for. For one thread at a time.

    Readers that ask for the same type share it, such as the ranges that a grid and a thumbnail of
    the same layer are drawn with.
    """

    def __init__(self) -> None:
        self._kept: dict[type, object] = {}

    def of(self, kind: type[T], make: Callable[[], T] | None = None) -> T:
        """Return the one thing of this type; `make()`, else `kind()`, makes it."""
        if kind not in self._kept:
            self._kept[kind] = kind() if make is None else make()
        return cast("T", self._kept[kind])

    def weights_moved(self) -> None:
        """Forget what was found with other weights: all but what has a method of this name."""
        for kind, thing in tuple(self._kept.items()):
            outlast = getattr(thing, "weights_moved", None)
            if outlast is None:
                del self._kept[kind]
            else:
                outlast()
