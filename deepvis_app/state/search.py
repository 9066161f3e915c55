"""Which units a typed search means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_RANGE = re.compile(r"(\d+)\s*(?:-|–|:|\.\.)\s*(\d+)")


def matching_units(
    text: str, unit_count: int, labels: Sequence[str] = ()
) -> tuple[int, ...] | None:
    """Return the units that `text` asks for, None when it asks for all.

    `text` is a comma-separated list of unit numbers, ranges (`0-95`, both ends included) and, for a
    layer with one unit a class, parts of labels. Unknown or out-of-range parts match nothing.
    """
    parts = [part.strip().lower() for part in text.split(",") if part.strip()]
    if not parts:
        return None
    found: dict[int, None] = {}
    for part in parts:
        found.update(dict.fromkeys(_matches(part, unit_count, labels)))
    return tuple(found)


def _matches(part: str, unit_count: int, labels: Sequence[str]) -> list[int]:
    if part.isdecimal():
        index = int(part)
        return [index] if index < unit_count else []
    if span := _RANGE.fullmatch(part):
        return list(range(int(span[1]), min(int(span[2]) + 1, unit_count)))
    return [i for i, label in enumerate(labels[:unit_count]) if part in label.lower()]
