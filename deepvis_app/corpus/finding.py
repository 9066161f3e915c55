"""Which units answer to something: a class, a picture, another unit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.alike import correlations, overlaps, weights_of
from deepvis_app.corpus.bins import bins_of
from deepvis_app.corpus.selectivity import FEWEST_PICTURES, layer_classes
from deepvis_app.errors import UserError
from deepvis_app.nets.layers import Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from deepvis_app.corpus.corpus import Corpus
    from deepvis_app.corpus.state import LayerState
    from deepvis_app.nets.network import Network

    Floats = NDArray[np.float64]

MOST_SCORES = 1 << 24  # of all layers together, that are looked at for one question
MOST = 24  # units that are told


@dataclass(frozen=True, slots=True)
class Found:
    """A unit that answers, its figure as a number, in words, and as a share (0..1) of a bar."""

    unit: Unit
    value: float
    text: str
    share: float


@dataclass(frozen=True, slots=True)
class Finding:
    """Units, those that answer best first, and what is to be known of the figure."""

    units: tuple[Found, ...]
    note: str = ""


# By class


def by_class(corpus: Corpus, layers: Sequence[str], text: str, most: int = MOST) -> Finding:
    """Return the units that tell pictures of a class, or of names with `text`, from all others.

    Of a class of five pictures or more, where there are five such classes, by d'. Else by the area
    under the curve of the pictures whose class or name holds the text: how often these score above
    others. Raises `UserError` where none does.
    """
    words = text.strip().casefold()
    return _by_distance(corpus, layers, words, most) or _by_name(corpus, layers, words, most)


def _by_distance(corpus: Corpus, layers: Sequence[str], words: str, most: int) -> Finding | None:
    """Rank by d' of a class or kind of that name; None where pictures are too few for that."""
    best, name = _Best(most), ""
    for layer in layers:
        division = corpus.divided(layer)
        classes, names = division.state.classes, division.names
        meant = [n for n in classes.number.tolist() if names[n].casefold() == words]
        if not meant or division.why_not:
            return None
        place = int(np.flatnonzero(classes.number == meant[0])[0])
        if classes.count[place].max(initial=0) < FEWEST_PICTURES:
            return None
        name = names[meant[0]]
        best.take(layer, layer_classes(division.state).d_prime[place])
    units = best.found(_distance_text, lambda d: d / 5)
    return Finding(units, f"By how far “{name}” lies from all other photographs (d′)")


def _distance_text(distance: float) -> str:
    return f"d′ {distance:.2f}" if math.isfinite(distance) else "d′ ∞"


def _by_name(corpus: Corpus, layers: Sequence[str], words: str, most: int) -> Finding:
    plan = corpus.plan
    labels = [plan.classes[n] if n >= 0 else "" for n in plan.labels.tolist()]
    is_meant = np.array(
        [
            bool(words) and words in f"{PurePath(name).stem.replace('_', ' ')} {label}".casefold()
            for name, label in zip(plan.names, labels, strict=True)
        ]
    )
    if not is_meant.any():
        raise UserError(f"No photograph is called “{words}”", "Write a class or part of a name")
    best, counted = _Best(most), 0
    for layer in _within(corpus, layers):
        scores = corpus.scores(layer)
        if scores is None:
            raise UserError("The scores of these photographs were not kept", "Scan fewer of them")
        own = is_meant[scores.rows]
        counted = int(own.sum())
        best.take(layer, areas(scores.values, own))
    units = best.found(lambda a: f"AUC {a:.2f}", lambda a: 2 * a - 1)
    total = sum(corpus.stats(layer).unit_count for layer in layers)
    note = f"By how often {counted} photographs called “{words}” score above the others (AUC)"
    if counted < FEWEST_PICTURES:
        note += f". With {counted} some of {total} units come near 1 by chance"
    return Finding(units, note)


def areas(scores: NDArray[np.floating], is_own: NDArray[np.bool_]) -> Floats:
    """Return for each column of scores (n, C) the chance that one of its own is above another.

    Ties count half; NaN scores count as lowest. All 0.5 where there is only one kind.
    """
    own, count = int(is_own.sum()), len(scores)
    if not own or own == count:
        return np.full(scores.shape[1], 0.5)
    values = np.where(np.isfinite(scores), scores, -np.inf).astype(np.float32).T
    ranked, mine = np.sort(values, 1), values[:, is_own]
    total = np.empty(len(values))
    for unit, row in enumerate(ranked):
        below = np.searchsorted(row, mine[unit], "left").sum()
        total[unit] = (below + np.searchsorted(row, mine[unit], "right").sum() + own) / 2
    found: Floats = (total - own * (own + 1) / 2) / (own * (count - own))
    return found


def _within(corpus: Corpus, layers: Sequence[str]) -> Sequence[str]:
    """Return the layers, if not too many scores are theirs. Raises `UserError`."""
    units = sum(corpus.manner.part(layer).shape[0] for layer in layers)
    if len(layers) > 1 and units * corpus.scanned > MOST_SCORES:
        raise UserError(
            f"All layers of {corpus.scanned} photographs are too many to look through at once",
            "Look in this layer alone",
        )
    return layers


# By picture


def by_picture(
    corpus: Corpus, live: Mapping[str, NDArray[np.float32]], most: int = MOST
) -> Finding:
    """Return the units for which a picture is rarest, given its scores (C,) by layer.

    Ranked by the share of all scanned pictures that score as high or higher, within a bin; where
    none does, by how far the picture is above the highest.
    """
    best = _Best(most)
    pictures = 0
    for layer, scores in live.items():
        state = corpus.stats(layer)
        pictures = max(pictures, state.pictures)
        share = shares_above(state, scores)
        above = np.where(state.highest > 0, scores / np.maximum(state.highest, 1e-12), 0.0)
        rarity = np.where(share > 0, -share, np.maximum(above - 1, 0.0))
        is_shown = (scores > 0) & np.isfinite(scores) & (state.count > 0)
        best.take(layer, np.where(is_shown, rarity, np.nan))
    units = best.found(lambda r: _rarity_text(r, pictures), lambda r: _rarity_share(r, pictures))
    return Finding(units, f"By how few of {pictures} photographs score as high as this picture")


def shares_above(state: LayerState, scores: NDArray[np.float32]) -> Floats:
    """Return what share (C,) of the scanned pictures score at least so high, within a bin.

    Of the bin that a score lies in half is counted; none where it is above all.
    """
    counts = state.histogram
    bins = bins_of(np.nan_to_num(scores, nan=0.0, posinf=3e38, neginf=-3e38)).astype(np.int64)
    upto = np.cumsum(counts, 1)
    rows = np.arange(len(counts))
    own = counts[rows, bins]
    above = upto[:, -1] - upto[rows, bins] + own / 2
    total = np.maximum(upto[:, -1], 1)
    found: Floats = np.where(scores > state.highest, 0.0, above / total)
    return found


def _rarity_share(rarity: float, pictures: int) -> float:
    """Return how long a bar is: a tenth as many pictures are a step further."""
    if rarity >= 0:
        return 1.0
    return math.log(max(-rarity, 0.5 / pictures)) / math.log(0.5 / pictures)


def _rarity_text(rarity: float, pictures: int) -> str:
    if rarity >= 0:
        return f"above all {pictures}"
    percent = max(-100 * rarity, 100 / max(pictures, 1) / 2)
    return f"top {percent:.1f}%" if percent < 9.95 else f"top {percent:.0f}%"


# By unit


def by_response(corpus: Corpus, layers: Sequence[str], unit: Unit, most: int = MOST) -> Finding:
    """Return the units whose scores go with a unit's: by correlation, of this layer or all."""
    own = corpus.scores(unit.layer, unit.index)
    if own is None:
        related = corpus.correlation(unit.layer)
        if related is None:
            raise UserError("Nothing was kept of how units go together", "Scan fewer photographs")
        best = _Best(most)
        best.take(unit.layer, related[unit.index], without=unit)
        return Finding(best.found(_r_text, lambda r: r), "By the correlation r of their scores")
    best = _Best(most)
    for layer in _within(corpus, layers):
        others = corpus.scores(layer)
        if others is not None:
            best.take(layer, correlations(own.values, others.values), without=unit)
    return Finding(best.found(_r_text, lambda r: r), "By the correlation r of their scores")


def by_pictures(corpus: Corpus, unit: Unit, most: int = MOST) -> Finding:
    """Return the units of a layer that answer to the best pictures of a unit as to their own.

    s(a ← b) is the sum of a's scores on b's best pictures over that on its own best ones; what is
    told is the lower one of both ways. (The index of NEFESI, Rafegas et al. 2020.)
    """
    scores = corpus.scores(unit.layer)
    if scores is None:
        raise UserError("The scores of these photographs were not kept", "Scan fewer of them")
    best = _Best(most)
    shared = overlaps(corpus.stats(unit.layer), corpus.plan.ids[scores.rows], scores.values)
    best.take(unit.layer, shared[unit.index], without=unit)
    note = "By how strongly each answers to the best photographs of the other"
    return Finding(best.found(lambda s: f"{s:.2f}", lambda s: s), note)


# By weights


def by_weights(network: Network, unit: Unit, most: int = MOST) -> Finding:
    """Return the units of a layer whose weights point where a unit's do: by their cosine.

    Of a layer without weights those of the one before it, whose units pass it one by one. Raises
    `UserError` where there are none.
    """
    layer, weights = weights_of(network, unit.layer)
    rows = weights.flatten(1).double()
    norms = rows.norm(dim=1)
    cosine = (rows @ rows[unit.index] / (norms * norms[unit.index])).cpu().numpy()
    best = _Best(most)
    best.take(unit.layer, cosine, without=unit)
    of = "" if layer == unit.layer else f" of {layer}"
    found = best.found(lambda c: f"cos {c:.2f}".replace("-", "−"), lambda c: c)
    return Finding(found, f"By the cosine between their weights{of}")


def _r_text(r: float) -> str:
    return f"r {r:.2f}".replace("-", "−")


class _Best:
    """The units of highest value, of some layers one after the other."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: list[tuple[float, int, int, str]] = []  # -value, number of its layer, unit
        self._layers = 0

    def take(self, layer: str, values: Floats, without: Unit | None = None) -> None:
        values = np.where(np.isnan(values), -np.inf, values)
        if without is not None and without.layer == layer:
            values = values.copy()
            values[without.index] = -np.inf
        first = np.argsort(-values, kind="stable")[: self._most]
        number = self._layers = self._layers + 1
        self._found += [
            (-float(values[u]), number, int(u), layer) for u in first if values[u] > -np.inf
        ]
        self._found = sorted(self._found)[: self._most]

    def found(
        self, text: Callable[[float], str], share: Callable[[float], float]
    ) -> tuple[Found, ...]:
        return tuple(
            Found(Unit(layer, unit), -value, text(-value), min(max(share(-value), 0.0), 1.0))
            for value, _, unit, layer in self._found
        )
