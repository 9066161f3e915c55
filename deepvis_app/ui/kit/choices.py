"""What a list to choose from offers, as values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """`tip` says more in a sentence, or why it cannot be chosen."""

    key: str
    title: str
    detail: str = ""
    tip: str = ""
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class ChoiceGroup:
    title: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """What a chooser offers, the key of what is chosen, and how it is called."""

    groups: tuple[ChoiceGroup, ...]
    current: str
    title: str
    detail: str = ""
