"""What a corpus says of a unit: pictures of its range, how its scores are spread, its classes.

All is asked where files are read, so there is no torch in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.bins import quantile
from deepvis_app.corpus.selectivity import selectivity_index
from deepvis_app.corpus.varied import varied
from deepvis_app.state.pictures import TOP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from deepvis_app.corpus.corpus import Corpus, Patch
    from deepvis_app.corpus.selectivity import ClassRow
    from deepvis_app.nets import ReceptiveField, Unit

SHOWN = 9
LOOKED_THROUGH = 36  # pictures among which those are that are varied, or whose place lies inside
MOST_CLASSES = 24


@dataclass(frozen=True, slots=True)
class Wish:
    """Which pictures of a unit are to be shown."""

    unit: Unit
    band: float = TOP  # 1 the highest scores, 0 the lowest
    is_varied: bool = False
    wants_inner: bool = False
    count: int = SHOWN


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """How a unit's scores are spread over the pictures that were scanned.

    `scores` are all that are finite, ascending; None where they were not kept: then `histogram`
    says it in the bins of `corpus.bins`.
    """

    scores: NDArray[np.float32] | None
    histogram: NDArray[np.int64]
    pictures: int  # with a finite score
    fired: int  # with a score above zero
    lowest: float
    highest: float
    median: float
    is_dead: bool

    def above(self, value: float) -> int | None:
        """Return how many pictures score more than a value; None: not known."""
        if self.scores is None:
            return None
        with np.errstate(over="ignore"):
            kept = np.float32(np.float16(value))  # as the scores are kept
        return int(len(self.scores) - np.searchsorted(self.scores, kept, "right"))


@dataclass(frozen=True, slots=True, eq=False)
class UnitPictures:
    """The answer to a wish. `ranks` are the pictures' places in the order of all scores, from 1."""

    wish: Wish
    patches: tuple[Patch, ...]
    ranks: tuple[int | None, ...]
    has_changed: tuple[bool, ...]
    is_gone: tuple[bool, ...]
    spread: Spread
    field: ReceptiveField | None
    input_size: tuple[int, int]
    scanned: int  # pictures, those that cannot be read included
    total: int
    is_signed: bool  # the layer goes below zero
    is_short: bool  # fewer are shown than there are, for scores were not kept


@dataclass(frozen=True, slots=True)
class UnitClasses:
    """Which classes a unit tells, the best first, or which kinds of classes where these are few.

    `why_not` says why there is nothing to say.
    """

    rows: tuple[ClassRow, ...] = ()
    selectivity: float = float("nan")
    why_not: str = ""
    are_kinds: bool = False


def unit_pictures(corpus: Corpus, wish: Wish) -> UnitPictures:
    """Ask for a unit's pictures. Raises `UserError` for what was not scanned."""
    unit, part = wish.unit, corpus.manner.part(wish.unit.layer)
    spread = _spread(corpus, unit)
    patches = _chosen(corpus, wish)
    gone = tuple(bool(p.size) and not p.path.exists() for p in patches)
    return UnitPictures(
        wish,
        patches,
        tuple(_rank(spread, wish, place, patch) for place, patch in enumerate(patches)),
        tuple(p.has_changed and not away for p, away in zip(patches, gone, strict=True)),
        gone,
        spread,
        part.field,
        corpus.manner.input_size,
        corpus.scanned,
        corpus.total,
        part.is_signed,
        is_short=_looks_through(wish) and not corpus.manner.has_table,
    )


def unit_classes(corpus: Corpus, unit: Unit) -> UnitClasses:
    """Ask which classes a unit tells; of many classes it takes a while."""
    division = corpus.divided(unit.layer)
    if division.why_not:
        return UnitClasses(why_not=division.why_not)
    index = float(selectivity_index(division.state)[unit.index])
    rows = corpus.rows(unit, division)[:MOST_CLASSES]
    return UnitClasses(rows, index, are_kinds=division.is_by_kind)


def _spread(corpus: Corpus, unit: Unit) -> Spread:
    state, found = corpus.stats(unit.layer), corpus.scores(unit.layer, unit.index)
    scores = None
    if found is not None:
        scores = found.values[np.isfinite(found.values)].astype(np.float32)
        scores.sort()
        scores.setflags(write=False)
    histogram = state.histogram[unit.index]
    return Spread(
        scores,
        histogram,
        int(state.count[unit.index]),
        int(state.active[unit.index]),
        float(state.lowest[unit.index]),
        float(state.highest[unit.index]),
        quantile(histogram, 0.5) if scores is None or not len(scores) else float(np.median(scores)),
        bool(state.dead[unit.index]),
    )


def _rank(spread: Spread, wish: Wish, place: int, patch: Patch) -> int | None:
    above = spread.above(patch.value)
    if above is not None:
        return above + 1
    return place + 1 if wish.band >= TOP and not _looks_through(wish) else None


def _looks_through(wish: Wish) -> bool:
    return wish.is_varied or wish.wants_inner


def _chosen(corpus: Corpus, wish: Wish) -> tuple[Patch, ...]:
    """Return the pictures of a band, without near copies or places at the border if so wished."""
    if not _looks_through(wish):
        return _band(corpus, wish.unit, wish.band, wish.count)
    found = list(_band(corpus, wish.unit, wish.band, LOOKED_THROUGH))
    if 0 < wish.band < TOP:  # those nearest to the middle before the others
        middle = (len(found) - 1) / 2
        found = [p for _, p in sorted(enumerate(found), key=lambda pair: abs(pair[0] - middle))]
    if wish.wants_inner:
        found = [patch for patch in found if not patch.at_edge]
    if wish.is_varied:
        found = list(varied(corpus, found, wish.count))
    return tuple(sorted(found[: wish.count], key=lambda patch: -patch.value))


def _band(corpus: Corpus, unit: Unit, band: float, count: int) -> tuple[Patch, ...]:
    if band <= 0 and (lowest := corpus.bottom(unit)):
        more = corpus.band(unit, 0.0, count) if count > len(lowest) else ()
        return _joined(lowest, more[::-1], count)
    if band < TOP:
        return corpus.band(unit, band, count)
    top = corpus.top(unit)
    if count <= len(top) or not corpus.manner.has_table:
        return top[:count]
    is_signed = corpus.manner.part(unit.layer).is_signed
    rest = [p for p in corpus.band(unit, TOP, count) if is_signed or p.value > 0]
    return _joined(top, rest, count)


def _joined(first: Sequence[Patch], more: Sequence[Patch], count: int) -> tuple[Patch, ...]:
    """Return the exact first ones, and those after them that are others."""
    known = {patch.picture for patch in first}
    return (*first, *(patch for patch in more if patch.picture not in known))[:count]
