"""From the scores of some pictures to a layer's state: all of it plain arithmetic on arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import ThreadpoolController

from deepvis_app.corpus.bins import BINS, OCTAVES, bins_of, octaves_of
from deepvis_app.corpus.state import (
    A_BAND,
    NO_PLACE,
    Classes,
    LayerState,
    Samples,
    Tops,
    first_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_SQUARED = 2048  # units of a layer whose products are kept: 34 MB
GROUPS = 64  # of units that draw the same pictures


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What n pictures gave in a layer of C units, in the order of the pictures.

    `scores` float32 (n, C); `places` int (n, C), or None where a score is no single place's;
    `lows` float32 (n, C), the lowest activation of all places, or None where the layer has no
    negative ones. `sums` float32 (n, C) are over all places; `positive` float64 (C,) counts places
    above zero, of `sampled` of the pictures.
    """

    size: tuple[int, int]
    scores: NDArray[np.float32]
    places: NDArray[np.integer] | None
    lows: NDArray[np.float32] | None
    sums: NDArray[np.float32]
    positive: NDArray[np.float64]
    sampled: int


def fold(
    rows: Rows,
    pictures: NDArray[np.uint64],
    labels: NDArray[np.int64],
    k: int,
    *,
    keep_products: bool = True,
) -> LayerState:
    """Return the state of a layer after `pictures` (n,), all different.

    `labels` (n,) is the class of each picture, -1 for none. A picture without one finite score
    still counts as looked at.
    """
    finite = np.isfinite(rows.scores)
    are_finite = bool(finite.all())
    scores = rows.scores if are_finite else np.where(finite, rows.scores, np.float32(0))
    wide = scores.astype(np.float64)
    bins = bins_of(scores)
    is_whole = finite.all(1)
    summed = np.isfinite(rows.sums)
    products, products_total = _products(wide if are_finite else wide[is_whole], keep_products)
    return LayerState(
        size=rows.size,
        pictures=len(pictures),
        count=finite.sum(0),
        nonfinite=(~finite).sum(0),
        active=((scores > 0) & finite).sum(0),
        total=wide.sum(0),
        squares=np.einsum("nc,nc->c", wide, wide),
        lowest=np.where(finite, rows.scores, np.inf).min(0, initial=np.inf).astype(np.float32),
        highest=np.where(finite, rows.scores, -np.inf).max(0, initial=-np.inf).astype(np.float32),
        places_total=np.where(summed, rows.sums, np.float32(0)).sum(0, dtype=np.float64),
        places_count=summed.sum(0),
        positive=rows.positive,
        sampled=rows.sampled,
        histogram=_histogram(bins, finite),
        top=_extremes(rows.scores, rows.places, pictures, k, above=_floor(rows)),
        bottom=_bottom(rows, pictures, k),
        samples=_samples(scores, finite, octaves_of(bins), pictures),
        classes=_classes(wide, finite, labels),
        products=products,
        products_total=products_total,
        products_count=int(is_whole.sum()),
    )


def _floor(rows: Rows) -> float:
    """Return what a score must exceed to be listed: zero, where a unit is silent at zero."""
    return 0.0 if rows.lows is None else -np.inf


def _histogram(bins: NDArray[np.int16], finite: NDArray[np.bool_]) -> NDArray[np.int64]:
    count = bins.shape[1]
    flat = bins + np.arange(count, dtype=np.int64) * BINS
    flat = flat.ravel() if finite.all() else flat[finite]
    return np.bincount(flat, minlength=count * BINS).reshape(count, BINS)


def _products(
    wide: NDArray[np.float64], keep: bool
) -> tuple[NDArray[np.float64] | None, NDArray[np.float64]]:
    total = wide.sum(0)
    if not keep or wide.shape[1] > MOST_SQUARED:
        return None, total
    with _blas().limit(limits=1, user_api="blas"):
        return wide.T @ wide, total


@lru_cache(1)
def _blas() -> ThreadpoolController:
    """Return what sets NumPy's threads: several wait for each other longer than they compute.

    It is one in every process, too, so that the last bits are the same.
    """
    return ThreadpoolController()


def _bottom(rows: Rows, pictures: NDArray[np.uint64], k: int) -> Tops | None:
    if rows.lows is None:
        return None
    found = _extremes(-rows.lows, None, pictures, k)
    return Tops(-found.value, found.picture, found.place)


def _extremes(
    values: NDArray[np.float32],
    places: NDArray[np.integer] | None,
    pictures: NDArray[np.uint64],
    k: int,
    *,
    above: float = -np.inf,
) -> Tops:
    """Return the k highest pictures of each unit; of equal values the lower picture goes first."""
    order = np.argsort(pictures, kind="stable")
    ranked = np.ascontiguousarray(values.T)[:, order]
    count, total = ranked.shape
    kept = min(k, total)
    if not kept:
        empty = np.empty((count, 0), np.float32)
        return first_of(Tops(empty, empty.astype(np.uint64), empty.astype(np.int32)), k)
    can_be = (ranked > above) & (ranked < np.inf)  # not NaN, either
    if not can_be.all():
        ranked = np.where(can_be, ranked, -np.inf)
    least = np.partition(ranked, total - kept, 1)[:, total - kept, None]
    chosen = (ranked >= least) & can_be
    for unit in np.flatnonzero(chosen.sum(1) > kept):  # of equal ones the first
        sure = ranked[unit] > least[unit]
        room = kept - sure.sum()
        chosen[unit] = sure
        chosen[unit, np.flatnonzero((ranked[unit] == least[unit]) & can_be[unit])[:room]] = True
    units, row = np.nonzero(chosen)
    column = np.arange(len(units)) - np.searchsorted(units, units)
    value = np.full((count, kept), np.nan, np.float32)
    picture = np.zeros((count, kept), np.uint64)
    place = np.full((count, kept), NO_PLACE, np.int32)
    value[units, column] = ranked[units, row]
    picture[units, column] = pictures[order[row]]
    if places is not None:
        place[units, column] = places[order[row], units]
    return first_of(Tops(value, picture, place), k)


def _samples(
    scores: NDArray[np.float32],
    finite: NDArray[np.bool_],
    octaves: NDArray[np.int16],
    pictures: NDArray[np.uint64],
) -> Samples:
    """Draw `A_BAND` pictures of each unit and octave: those that come first by priority.

    Units that are `GROUPS` apart have the same priorities, so that few orders are to be found.
    """
    unit = np.arange(scores.shape[1])
    keys, order = _drawing(pictures.tobytes())
    rows = order[unit % GROUPS]  # (C, n), the first one first
    by_row = np.where(finite, octaves, OCTAVES).astype(np.uint8)
    drawn = np.take_along_axis(np.ascontiguousarray(by_row.T), rows, 1)
    by_octave = np.argsort(drawn, 1, kind="stable")
    drawn = np.take_along_axis(drawn, by_octave, 1)
    chosen = drawn < OCTAVES
    chosen[:, A_BAND:] &= drawn[:, A_BAND:] != drawn[:, :-A_BAND]
    units, places = np.nonzero(chosen)
    picked = rows[units, by_octave[units, places]]
    return Samples(
        units.astype(np.int32),
        drawn[units, places].astype(np.int16),
        keys[picked, units % GROUPS],
        pictures[picked],
        scores[picked, units],
    )


@lru_cache(1)  # a shard's layers have the same pictures
def _drawing(pictures: bytes) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Return the priorities of pictures (n, `GROUPS`), and their order in each group."""
    ids = np.frombuffer(pictures, np.uint64)
    keys = priorities(ids)
    order = np.lexsort((np.broadcast_to(ids[:, None], keys.shape), keys), axis=0)
    return keys, np.ascontiguousarray(order.T)


def priorities(pictures: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return (n, `GROUPS`) numbers that look random: hashes of a picture and a group of units."""
    step = np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(over="ignore"):
        mixed = pictures[:, None] + np.arange(1, GROUPS + 1, dtype=np.uint64) * step
        # The finaliser of SplitMix64 (Steele et al., OOPSLA 2014).
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    found: NDArray[np.uint64] = mixed ^ (mixed >> np.uint64(31))
    return found


def _classes(
    wide: NDArray[np.float64], finite: NDArray[np.bool_], labels: NDArray[np.int64]
) -> Classes:
    order = np.argsort(labels, kind="stable")
    order = order[np.searchsorted(labels[order], 0) :]  # those that have one
    number, first = np.unique(labels[order], return_index=True)
    if not len(number):
        none = np.zeros((0, wide.shape[1]))
        return Classes(number, none.astype(np.int64), none, none)
    sorted_rows = wide[order]
    if len(number) == len(order):  # the sums of one picture each: reduceat is slow at these
        alone = finite[order].astype(np.int64)
        return Classes(number, alone, sorted_rows, sorted_rows * sorted_rows)
    count = np.add.reduceat(finite[order], first, axis=0, dtype=np.int64)
    total = np.add.reduceat(sorted_rows, first, axis=0)
    squares = np.add.reduceat(sorted_rows * sorted_rows, first, axis=0)
    return Classes(number, count, total, squares)
