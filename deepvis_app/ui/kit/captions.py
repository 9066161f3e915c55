"""What stands on two pictures that are compared."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Captions:
    """Of the first, the second, and what they differ in; "": none."""

    before: str = ""
    after: str = ""
    difference: str = ""
