"""Activation checkpointing, called plainly for as long as a context lasts.

A checkpointed part runs once more on the way back. By then our listeners are gone, and a module
that came in training mode is in it again: that way back fails, or is that of other values.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from torch.utils import checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# The two kinds of torch.utils.checkpoint, wherever networks have their functions from: the
# reentrant one is a function of autograd, the other hooks into what autograd saves.
_Reentrant: Any = checkpoint.CheckpointFunction
_Hook: Any = checkpoint._checkpoint_hook  # noqa: SLF001 - no public way to call plainly

_lock = threading.Lock()
_contexts = 0  # that are entered, in all threads


class _Own(threading.local):
    """What one thread is about; others checkpoint as before."""

    depth = 0
    met = 0


_own = _Own()


class Met:
    """How many checkpoints were called plainly since the context was entered."""

    def __init__(self) -> None:
        self._before = _own.met

    @property
    def count(self) -> int:
        return _own.met - self._before


@contextmanager
def plain_checkpoints() -> Iterator[Met]:
    """Call checkpointed parts as if they were not; neither the network nor torch stays changed."""
    global _contexts
    with _lock:
        if not _contexts:
            _replace()
        _contexts += 1
    _own.depth += 1
    try:
        yield Met()
    finally:
        _own.depth -= 1
        with _lock:
            _contexts -= 1
            if not _contexts:
                _put_back()


def _replace() -> None:
    usual, enter, leave = _Reentrant.apply, _Hook.__enter__, _Hook.__exit__

    def apply(run: Callable[..., Any], preserve: bool, *args: Any) -> Any:
        if not _own.depth:
            return usual(run, preserve, *args)
        _own.met += 1
        return run(*args)

    def entered(hook: Any) -> Any:
        hook.is_plain = bool(_own.depth)
        if not hook.is_plain:
            return enter(hook)
        _own.met += 1
        return None

    def left(hook: Any, *error: Any) -> Any:
        return None if hook.is_plain else leave(hook, *error)

    _Reentrant.apply = staticmethod(apply)
    _Hook.__enter__, _Hook.__exit__ = entered, left


def _put_back() -> None:
    del _Reentrant.apply, _Hook.__enter__, _Hook.__exit__
