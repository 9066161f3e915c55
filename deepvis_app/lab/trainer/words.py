"""What was changed, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def changes_in_words(changes: Mapping[str, tuple[float, float]]) -> str:
    """Return "rate 0.1 → 0.01, batch 50 → 25"."""
    return ", ".join(f"{name} {old:g} → {new:g}" for name, (old, new) in changes.items())
