"""Explanations that come in steps, run to their end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator


def finished(steps: Generator[Any, None, Any]) -> tuple[list[Any], Any]:
    """Return all that steps yield, and their result."""
    seen = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return seen, end.value
