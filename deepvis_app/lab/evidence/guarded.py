"""Hooks that hang in somebody's training loop: they raise nothing into it."""

from __future__ import annotations

from functools import wraps
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch.utils.hooks import RemovableHandle


class Gathering:
    """Gathers something by hooks; `is_off` once that failed, or there is nothing more to see."""

    def __init__(self) -> None:
        self.is_off = False
        self.seconds = 0.0  # that its hooks took
        self._hooks: list[RemovableHandle] = []

    def close(self) -> None:
        """Take the hooks off. A second call does nothing."""
        while self._hooks:
            self._hooks.pop().remove()


def guarded(hook: Callable[..., None]) -> Callable[..., None]:
    """Make a method a hook that does nothing once it has failed, instead of raising.

    In a network that is compiled it is not there. It must not take hooks off while it runs: PyTorch
    is walking over them.
    """

    @wraps(hook)
    def safe(self: Gathering, *given: Any) -> None:
        if torch.compiler.is_compiling() or self.is_off:
            return
        started = perf_counter()
        try:
            hook(self, *given)
        except Exception:  # noqa: BLE001 - the training goes on, whatever it is
            self.is_off = True
        finally:
            self.seconds += perf_counter() - started

    return safe
