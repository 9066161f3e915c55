"""Hooks that hang in somebody's training loop: they raise nothing into it."""

from __future__ import annotations

from functools import wraps
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

import torch

if TYPE_CHECKING:
    from collections.abc import Callable


class Gathering(Protocol):
    """Who gathers something; `is_off` once that has failed, or there is nothing more to see."""

    is_off: bool
    seconds: float  # that its hooks took


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
