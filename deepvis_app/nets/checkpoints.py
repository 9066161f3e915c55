"""Activation checkpointing, called plainly for as long as a context lasts.

A checkpointed part runs once more on the way back. By then our listeners are gone, and a module
that came in training mode is in it again: that way back fails, or is that of other values.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from torch.utils import checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# The two kinds of torch.utils.checkpoint, wherever networks have their functions from: the
# reentrant one is a function of autograd, the other hooks into what autograd saves.
_Reentrant: Any = checkpoint.CheckpointFunction
_Hook: Any = checkpoint._checkpoint_hook  # noqa: SLF001 - no public way to call plainly

_contexts: list[object] = []  # that are entered, whoever is in them
_own: ContextVar[Met | None] = ContextVar("plain checkpoints", default=None)


class Met:
    """How many checkpoints were called plainly since the context was entered."""

    def __init__(self) -> None:
        self.count = 0


@contextmanager
def plain_checkpoints() -> Iterator[Met]:
    """Call checkpointed parts as if they were not; neither the network nor torch stays changed.

    Holds for the caller alone: who else runs a network meanwhile checkpoints as before.
    """
    met = Met()
    _contexts.append(met)
    _keep_replaced()
    before = _own.set(met)
    try:
        yield met
    finally:
        _own.reset(before)
        _contexts.remove(met)
        _keep_replaced()


def _keep_replaced() -> None:
    """Replace torch's functions exactly while there are contexts."""
    while bool(_contexts) != _is_replaced():
        (_replace if _contexts else _put_back)()


def _is_replaced() -> bool:
    return "apply" in vars(_Reentrant)


def _replace() -> None:
    usual, enter, leave = _Reentrant.apply, _Hook.__enter__, _Hook.__exit__

    def apply(run: Callable[..., Any], preserve: bool, *args: Any) -> Any:
        met = _own.get()
        if met is None:
            return usual(run, preserve, *args)
        met.count += 1
        return run(*args)

    def entered(hook: Any) -> Any:
        met = _own.get()
        hook.is_plain = met is not None
        if met is None:
            return enter(hook)
        met.count += 1
        return None

    def left(hook: Any, *error: Any) -> Any:
        return None if hook.is_plain else leave(hook, *error)

    _Hook.__enter__, _Hook.__exit__ = entered, left
    _Reentrant.apply = staticmethod(apply)


def _put_back() -> None:
    for place, name in ((_Hook, "__enter__"), (_Hook, "__exit__"), (_Reentrant, "apply")):
        with suppress(AttributeError):  # somebody else was as quick
            delattr(place, name)
