"""The next one of several choices, round and round."""

from __future__ import annotations

from enum import Enum
from typing import TypeVar

T = TypeVar("T")
E = TypeVar("E", bound=Enum)


def following(value: E) -> E:
    """Return the member after this one of its enumeration, the first after the last."""
    return after(tuple(type(value)), value)


def after(choices: tuple[T, ...], value: T) -> T:
    """Return the choice after `value`; the first after the last, and for what is none of them."""
    return choices[(choices.index(value) + 1) % len(choices)] if value in choices else choices[0]
