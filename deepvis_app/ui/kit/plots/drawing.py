"""What a plot shows at one moment, as values: curves or bars over two axes, and what is marked.

Nothing here paints. Shades are names of the theme's colours.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

Span = tuple[float, float]
Line = tuple[tuple[str, str], ...]  # (label, value) pairs
TOLD = 4  # curves that the read-out names


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Values over places in rising order; what is not finite is a gap, unless the line `joins`."""

    name: str
    x: Floats
    y: Floats
    shade: str = "accent"
    width: float = 1.6
    tint: float = 0.0  # of the area down to zero
    has_end: bool = False  # a dot at the last value
    joins: bool = False  # the line goes on over what is not finite
    has_dots: bool = False  # a dot at every value
    alpha: float = 1.0
    is_dashed: bool = False
    is_told: bool = True  # by the read-out

    def covers(self, x: float) -> bool:
        """Tell whether a place lies between the curve's ends."""
        return bool(len(self.x)) and bool(self.x[0] <= x <= self.x[-1])

    def nearest(self, x: float) -> int | None:
        """Return which value is nearest to a place; None without any."""
        if not len(self.x):
            return None
        right = min(int(np.searchsorted(self.x, x)), len(self.x) - 1)
        left = max(right - 1, 0)
        return left if abs(self.x[left] - x) <= abs(self.x[right] - x) else right


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Counts between edges (one more than counts); heights are as drawn."""

    edges: Floats
    counts: NDArray[np.int64]
    heights: Floats
    shade: str = "accent"


@dataclass(frozen=True, slots=True)
class Band:
    """Places without a number, and what was there instead."""

    left: float
    right: float
    word: str


@dataclass(frozen=True, slots=True)
class Note:
    """Words in the upper right corner."""

    text: str
    shade: str = "muted"


@dataclass(frozen=True, slots=True)
class Rule:
    """A place with a dotted line upwards, and what happened there."""

    at: float
    text: str
    shade: str = "muted"


@dataclass(frozen=True, slots=True)
class Edge:
    """What lies above the upper edge, said at its place."""

    at: float
    text: str
    shade: str = "muted"


def _nothing(_value: float) -> str:
    return ""


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """`x_word` and `y_word` say a value of an axis with its unit, `told_word` one of a curve.

    Ticks are (value, word) pairs; those of the values have a faint line across.
    """

    x: Span
    y: Span
    x_word: Callable[[float], str]
    x_name: str  # a column of the data
    y_word: Callable[[float], str] = _nothing
    curves: tuple[Curve, ...] = ()
    bars: Bars | None = None
    bands: tuple[Band, ...] = ()
    notes: tuple[Note, ...] = ()
    rule: float | None = None  # a place with a line upwards
    mark: float | None = None  # the same in the accent: where the picked one is
    target: tuple[float, float] | None = None  # a dot with a dashed line to both sides
    legend: tuple[Note, ...] = field(default=())
    x_ticks: tuple[tuple[float, str], ...] = ()
    y_ticks: tuple[tuple[float, str], ...] = ()
    rules: tuple[Rule, ...] = ()
    edges: tuple[Edge, ...] = ()
    told_word: Callable[[float], str] = figure
    most_told: int = TOLD
    ends_differ: bool = False  # a curve is not told of beyond its ends

    def told_at(self, x: float) -> tuple[str, tuple[Line, ...]] | None:
        """Return what the read-out says of a place: where it is, and what is there."""
        if self.bars is not None:
            return _told_bar(self.bars, x)
        found = [(curve, curve.nearest(x)) for curve in self.told(x)]
        known = [(curve, index) for curve, index in found if index is not None]
        if not known:
            return None
        first, index = known[0]
        lines = tuple(((curve.name, self.told_word(float(curve.y[k]))),) for curve, k in known)
        return self.x_word(x if self.ends_differ else float(first.x[index])), lines

    def told(self, x: float) -> list[Curve]:
        """Return the curves that the read-out tells of at a place, pointed-out ones first."""
        told = [c for c in self.upwards() if c.is_told and (not self.ends_differ or c.covers(x))]
        return told[: -self.most_told - 1 : -1]

    def upwards(self) -> list[Curve]:
        """Return the curves as they lie over one another: the pointed-out ones last."""
        return sorted(self.curves, key=lambda curve: curve.shade != "muted")

    def table(self) -> tuple[list[str], list[list[float | int | str]]]:
        """Return what is drawn as the names of columns, and rows; "" where there is no value."""
        if self.bars is not None:
            edges = self.bars.edges.tolist()
            rows = zip(edges[:-1], edges[1:], self.bars.counts.tolist(), strict=True)
            return ["from", "to", "count"], [list(row) for row in rows]
        places = np.unique(np.concatenate([curve.x for curve in self.curves] or [np.zeros(0)]))
        columns = [dict(zip(c.x.tolist(), c.y.tolist(), strict=True)) for c in self.curves]
        names = [self.x_name, *(curve.name for curve in self.curves)]
        return names, [[x, *(column.get(x, "") for column in columns)] for x in places.tolist()]

    def csv(self) -> str:
        """Return the table as text; every number is read back as it is."""
        names, rows = self.table()
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(names)
        writer.writerows(rows)
        return text.getvalue()


def _told_bar(bars: Bars, x: float) -> tuple[str, tuple[Line, ...]]:
    place = int(np.searchsorted(bars.edges, x, "right")) - 1
    place = min(max(place, 0), len(bars.counts) - 1)
    left, right = figure(float(bars.edges[place])), figure(float(bars.edges[place + 1]))
    count = int(bars.counts[place])
    return f"{left} to {right}", ((("", f"{count} value" if count == 1 else f"{count} values"),),)


def floats(values: ArrayLike | Sequence[float]) -> Floats:
    return np.asarray(values, np.float64)
