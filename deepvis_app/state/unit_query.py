"""What a search in a table of units means: numbers, ranges, names, and bounds of figures."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]
    Floats = NDArray[np.floating]

_RANGE = re.compile(r"(\d+)\s*(?:-|–|:|\.\.)\s*(\d+)")
_BOUND = re.compile(r"(.+?)\s*(<=|>=|≤|≥|<|>|=)\s*([+\-−]?\d*\.?\d+(?:e[+\-]?\d+)?)\s*%?")
_COMPARISON = re.compile(r"(.+?)\s*(?:<=|>=|≤|≥|<|>|=)\s*(.*)")
_OR = re.compile(r",|\bor\b")
_AND = re.compile(r"\band\b|&")
_COMPARE: dict[str, Callable[[Floats, float], Mask]] = {
    "<": np.less,
    ">": np.greater,
    "<=": np.less_equal,
    "≤": np.less_equal,
    ">=": np.greater_equal,
    "≥": np.greater_equal,
    "=": np.equal,
}


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What a search looks at: N units with their numbers, figures and names.

    `figures` are by the names that one may write, as they are shown: shares in percent. `names`
    are all that a unit is called, in small letters.
    """

    units: NDArray[np.int64]  # (N,)
    figures: Mapping[str, Floats]
    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class Query:
    """A search, taken apart: units that any of its parts fits; `problem` says what is not known."""

    parts: tuple[tuple[str, ...], ...] = field(default=())  # any of: all of

    def matches(self, asked: Asked) -> Mask:
        """Return which of the units are meant (N,)."""
        found = np.zeros(len(asked.units), bool)
        for terms in self.parts:
            fits = np.ones(len(found), bool)
            for term in terms:
                fits &= _fits(term, asked)
            found |= fits
        return found

    def problem(self, figures: Sequence[str]) -> str:
        """Return in a sentence what of it is no figure, or no number; "" where all is known."""
        for term in (term for terms in self.parts for term in terms):
            compared = _COMPARISON.fullmatch(term)
            if compared is None:
                continue
            if _figure(compared[1], figures) is None:
                if _BOUND.fullmatch(term):
                    return f"There is no figure “{compared[1].strip()}”: write {', '.join(figures)}"
            elif not _BOUND.fullmatch(term):
                return f"“{compared[2]}” is no number: write {compared[1].strip()} > 95"
        return ""


def parse(text: str) -> Query | None:
    """Take a search apart; None where it asks for all.

    Parts are separated by commas or "or": unit numbers, ranges (both ends included), bounds such
    as `zero > 95`, or words of a name. "and" joins what must hold together.
    """
    parts = []
    for part in _OR.split(text.casefold()):
        terms = tuple(term.strip() for term in _AND.split(part) if term.strip())
        if terms:
            parts.append(terms)
    return Query(tuple(parts)) if parts else None


def _fits(term: str, asked: Asked) -> Mask:
    if term.isdecimal():
        return np.asarray(asked.units == int(term))
    if span := _RANGE.fullmatch(term):
        return np.asarray((asked.units >= int(span[1])) & (asked.units <= int(span[2])))
    if bound := _BOUND.fullmatch(term):
        name = _figure(bound[1], tuple(asked.figures))
        if name is None:
            return np.zeros(len(asked.units), bool)
        limit = float(bound[3].replace("−", "-"))
        with np.errstate(invalid="ignore"):  # NaN fits no bound
            return np.asarray(_COMPARE[bound[2]](asked.figures[name], limit))
    return np.fromiter((term in name for name in asked.names), bool, len(asked.units))


def _figure(word: str, figures: Sequence[str]) -> str | None:
    """Return the figure that a word names, by its beginning where that is enough."""
    word = word.strip().replace("′", "'")
    if word in figures:
        return word
    begun = [name for name in figures if name.startswith(word)]
    return begun[0] if len(begun) == 1 else None
