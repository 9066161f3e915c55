"""Every unit's figures of a layer at once: what a table of units shows, and a search asks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.alike import DUPLICATE, SHARED, nearest, nobody, overlaps
from deepvis_app.corpus.selectivity import (
    FEWEST_PICTURES,
    auc,
    layer_classes,
    selectivity_index,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.corpus.corpus import Corpus
    from deepvis_app.corpus.groups import Division
    from deepvis_app.corpus.state import LayerState

    Floats = NDArray[np.float64]

MOST_COUNTED = 1 << 22  # scores of a layer for which the areas are counted
MOST_SHARED = 2048  # units of a layer for which it is found what they share


@dataclass(frozen=True, slots=True, eq=False)
class LayerFigures:
    """What is known of a layer's C units over a corpus; arrays (C,), read-only.

    `zero` and `silent` are shares (0..1): of places not above zero, of pictures that never are.
    `best_class` is the class that the unit tells best, by `d_prime`, or the kind of classes where
    these are too few; "" where kinds are, too, as `few` then says. `auc` is counted where
    `is_counted`, else it follows from d' for normal scores. `twin` is the unit of the same layer
    with the highest correlation `r` of scores, -1 and NaN where there is none. `score` is the
    highest score, and `picture` where it was given.
    """

    layer: str
    pictures: int
    mean: Floats  # activation over all places of all pictures
    zero: Floats
    silent: Floats
    dead: NDArray[np.bool_]
    score: Floats
    picture: tuple[str, ...]  # a name one can read, "" where the unit never fired
    best_class: tuple[str, ...]
    d_prime: Floats
    auc: Floats
    is_counted: bool
    selectivity: Floats
    few: str
    twin: NDArray[np.int64]
    r: Floats
    twin_shares: Floats  # how far it and the twin answer to each other's best pictures, 0 to 1
    picture_twin: NDArray[np.int64]  # the unit with which that is highest
    picture_share: Floats

    @property
    def unit_count(self) -> int:
        return len(self.mean)

    @property
    def has_twin(self) -> NDArray[np.bool_]:
        """(C,) units that another one goes with nearly always, on each other's best pictures too.

        Where that is not known, by the correlation alone.
        """
        with np.errstate(invalid="ignore"):
            shares = np.isnan(self.twin_shares) | (self.twin_shares > SHARED)
            return np.asarray((self.r > DUPLICATE) & shares)


def layer_figures(corpus: Corpus, layer: str) -> LayerFigures:
    """Return the figures of a layer's units. Raises the corpus' `UserError`."""
    state = corpus.stats(layer)
    division = corpus.divided(layer)
    few, told = division.why_not, division.state
    best, d_prime = _best_classes(told) if not few else nobody(state.unit_count)
    area, is_counted = _areas(corpus, layer, division, best, d_prime)
    twin, r = nearest(corpus.correlation(layer), state.unit_count)
    shared = _shared(corpus, layer, state)
    picture_twin, picture_share = nearest(shared, state.unit_count)
    twin_shares = np.full(state.unit_count, np.nan)
    if shared is not None:
        twin_shares = np.where(twin >= 0, shared[np.arange(len(twin)), twin], np.nan)
    names, numbers = division.names, told.classes.number
    figures = LayerFigures(
        layer, state.pictures, state.activation, state.sparsity, state.silent, state.dead,
        np.where(state.count > 0, state.highest.astype(np.float64), np.nan),
        best_pictures(corpus, state),
        tuple(names[numbers[b]] if b >= 0 else "" for b in best.tolist()),
        d_prime, area, is_counted,
        selectivity_index(told) if not few else np.full(state.unit_count, np.nan), few, twin, r,
        twin_shares, picture_twin, picture_share,
    )  # fmt: skip
    for array in (figures.mean, figures.d_prime, area, figures.selectivity, twin, r):
        array.setflags(write=False)
    return figures


def best_pictures(corpus: Corpus, state: LayerState) -> tuple[str, ...]:
    """Return what the picture with each unit's highest score is called, "" where there is none."""
    plan = corpus.plan
    rows = (
        plan.row(int(picture)) if value == value else None
        for value, picture in zip(state.top.value[:, 0], state.top.picture[:, 0], strict=True)
    )
    return tuple("" if row is None else plan.title(row) for row in rows)


def _shared(corpus: Corpus, layer: str, state: LayerState) -> Floats | None:
    scores = corpus.scores(layer) if state.unit_count <= MOST_SHARED else None
    if scores is None:
        return None
    return overlaps(state, corpus.plan.ids[scores.rows], scores.values)


def _best_classes(state: LayerState) -> tuple[NDArray[np.int64], Floats]:
    """Return the place of each unit's best class, -1 for none, and how well it is told."""
    known = layer_classes(state).d_prime
    # A class of one or two pictures is far from all others by chance.
    enough = state.classes.count >= FEWEST_PICTURES
    ranked = np.where(np.isnan(known) | ~enough, -np.inf, known)
    best = ranked.argmax(0)
    value = np.take_along_axis(ranked, best[None], 0)[0]
    is_there = value > -np.inf
    return np.where(is_there, best, -1), np.where(is_there, value, np.nan)


def _areas(
    corpus: Corpus,
    layer: str,
    division: Division,
    best: NDArray[np.int64],
    d_prime: Floats,
) -> tuple[Floats, bool]:
    """Return the area under the curve of each unit's best class, and whether it is counted."""
    is_told, state = best >= 0, division.state
    if not is_told.any():
        return np.full(len(best), np.nan), True
    scores = corpus.scores(layer) if state.pictures * len(best) <= MOST_COUNTED else None
    if scores is None:
        return np.array([0.5 * (1 + math.erf(d / 2)) for d in d_prime]), False
    labels = division.numbers(corpus.plan.labels[scores.rows])
    found = np.full(len(best), np.nan)
    for unit in np.flatnonzero(is_told):
        own = scores.values[:, unit]
        finite = np.isfinite(own)
        is_own = labels[finite] == state.classes.number[best[unit]]
        found[unit] = auc(own[finite], is_own)
    return found, True
