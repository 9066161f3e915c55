"""Units that respond alike: by their scores on all pictures, and by the pictures they share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.nets.layers import Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from deepvis_app.corpus.corpus import Corpus

    Floats = NDArray[np.float64]

CORRELATED, SHARED = 0.95, 0.8  # from where two units are one


@dataclass(frozen=True, slots=True)
class Twin:
    """Another unit of the layer, and how alike it is.

    `correlation` (-1 to 1) of the scores of both on all pictures. `index` is how much this unit
    responds to the other one's top pictures, as a share of how it responds to its own (0 to 1;
    Rafegas et al., Pattern Recognition Letters 2020); `back` is the other way round. Both are NaN
    where scores were not kept.
    """

    unit: Unit
    correlation: float
    index: float
    back: float


@dataclass(frozen=True, slots=True)
class Pair:
    """Two units of a layer that are one, as far as these pictures can tell; see `Twin`."""

    one: Unit
    other: Unit
    correlation: float
    index: float
    back: float


def nearest(corpus: Corpus, unit: Unit, count: int = 8) -> tuple[Twin, ...]:
    """Return the units of a layer that respond most like one of them, the nearest first.

    Units that never change are left out. Raises the corpus' `UserError`.
    """
    related = corpus.correlation(unit.layer)
    if related is None:
        return ()
    own = related[corpus.index(unit)].copy()
    own[unit.index] = np.nan
    own[corpus.stats(unit.layer).dead] = np.nan
    known = np.flatnonzero(~np.isnan(own))
    best = known[np.argsort(-own[known], kind="stable")][:count]
    there, back = _indices(corpus, unit.layer, np.full(len(best), unit.index), best)
    return tuple(
        Twin(Unit(unit.layer, int(n)), float(own[n]), float(a), float(b))
        for n, a, b in zip(best, there, back, strict=True)
    )


def duplicates(
    corpus: Corpus, layer: str, *, correlation: float = CORRELATED, index: float = SHARED
) -> tuple[Pair, ...]:
    """Return the pairs of units that respond alike and to the same pictures, the nearest first.

    Where scores were not kept, that they correlate suffices. Units that never change have none.
    """
    related = corpus.correlation(layer)
    if related is None:
        return ()
    is_dead = corpus.stats(layer).dead
    alike = np.triu(np.nan_to_num(related, nan=-1.0) > correlation, 1)
    one, other = np.nonzero(alike & ~is_dead[:, None] & ~is_dead)
    there, back = _indices(corpus, layer, one, other)
    found = [
        Pair(Unit(layer, int(a)), Unit(layer, int(b)), float(related[a, b]), float(s), float(t))
        for a, b, s, t in zip(one, other, there, back, strict=True)
        if np.isnan(s) or min(s, t) > index
    ]
    return tuple(sorted(found, key=lambda pair: -pair.correlation))


def similarity(corpus: Corpus, layer: str, units: Sequence[int], to: Sequence[int]) -> Floats:
    """Return how much `units` respond to the top pictures of units `to`, (len(units), len(to)).

    As a share of how they respond to their own. Scores below zero count as zero. NaN for units
    without top pictures, and where scores were not kept.
    """
    scores = corpus.scores(layer)
    if scores is None:
        return np.full((len(units), len(to)), np.nan)
    values = np.maximum(np.nan_to_num(scores.values.astype(np.float64)), 0.0)
    place = {int(row): n for n, row in enumerate(scores.rows)}
    state = corpus.stats(layer)

    def response(at: int) -> Floats:
        """Return the mean (C,) of all units on the top pictures of one."""
        ids = state.top.picture[at][~np.isnan(state.top.value[at])]
        rows = [corpus.plan.row(int(one)) for one in ids]
        listed = [place[row] for row in rows if row in place]
        return values[listed].mean(0) if listed else np.full(values.shape[1], np.nan)

    means = {at: response(at) for at in {*map(int, units), *map(int, to)}}
    own = np.array([means[int(at)][at] for at in units])
    others = np.array([means[int(at)][list(units)] for at in to]).reshape(len(to), len(units)).T
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = others / own[:, None]
    return np.where(own[:, None] > 0, found, np.nan)


def _indices(
    corpus: Corpus, layer: str, one: NDArray[np.integer], other: NDArray[np.integer]
) -> tuple[Floats, Floats]:
    """Return the indices of pairs, both ways."""
    units = np.union1d(one, other)
    table = similarity(corpus, layer, units.tolist(), units.tolist())
    a, b = np.searchsorted(units, one), np.searchsorted(units, other)
    return table[a, b], table[b, a]


def order(corpus: Corpus, layer: str) -> NDArray[np.int64]:
    """Return all units of a layer so that those which respond alike lie side by side.

    They are the leaves of a tree by average linkage of 1 - |correlation|; units that never change
    stand last.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage  # slow to import
    from scipy.spatial.distance import squareform

    related = corpus.correlation(layer)
    count = corpus.stats(layer).unit_count
    known = np.zeros(0, np.int64)
    if related is not None:
        known = np.flatnonzero(~np.isnan(np.diag(related)) & ~corpus.stats(layer).dead)
    if related is None or len(known) < 3:
        return np.concatenate([known, np.setdiff1d(np.arange(count), known)])
    apart = 1.0 - np.abs(related[np.ix_(known, known)])
    np.fill_diagonal(apart, 0.0)
    leaves = leaves_list(linkage(squareform(apart, checks=False), "average"))
    return np.concatenate([known[leaves], np.setdiff1d(np.arange(count), known)])
