"""Hooks that hang in somebody's training loop: they raise nothing into it."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Gathering(Protocol):
    """Who gathers something; `is_off` once that has failed, or there is nothing more to see."""

    is_off: bool


def guarded(hook: Callable[..., None]) -> Callable[..., None]:
    """Make a method a hook that does nothing once it has failed, instead of raising.

    It must not take hooks off while it runs: PyTorch is walking over them.
    """

    @wraps(hook)
    def safe(self: Gathering, *given: Any) -> None:
        if self.is_off:
            return
        try:
            hook(self, *given)
        except Exception:  # noqa: BLE001 - the training goes on, whatever it is
            self.is_off = True

    return safe
