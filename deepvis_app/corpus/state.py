"""What is known of a layer's units after any number of pictures: bounded, and it merges.

Every part is a sum, a least or greatest value, or the first few of a total order; so the state of
two halves is the state of the whole. Counts and orders are exact. Sums are float64: exact for
integers below 2^53, and for other numbers as reproducible as the order in which states are merged
(see `tree.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis_app.corpus.bins import BINS
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Counts = NDArray[np.int64]

A_BAND = 4  # samples of each octave that are kept
NO_PICTURE = np.uint64(0)
NO_PLACE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Tops:
    """Each unit's most extreme pictures, the first one first: by value, picture and place.

    Every picture is there once. `value` float32, `picture` uint64 and `place` int32 are (C, k);
    `place` is the position in the unit's map, row by row, or `NO_PLACE` where the score is no
    single place's. Free places have value NaN and stand last.
    """

    value: NDArray[np.float32]
    picture: NDArray[np.uint64]
    place: NDArray[np.int32]

    @property
    def k(self) -> int:
        return int(self.value.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Pictures drawn at random from each octave of each unit's scores.

    Rows of arrays, in the order of (unit, octave, priority, picture); at most `A_BAND` of each
    unit and octave, those of lowest `priority`: that is a hash of the picture and the unit.
    """

    unit: NDArray[np.int32]
    octave: NDArray[np.int16]
    priority: NDArray[np.uint64]
    picture: NDArray[np.uint64]
    value: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """Scores by class: `number` (M,) of each class ascending, its pictures, and sums (M, C)."""

    number: NDArray[np.int64]
    count: Counts
    total: Floats
    squares: Floats


@dataclass(frozen=True, slots=True, eq=False)
class LayerState:
    """What C units of a layer gave; a unit's score is one number a picture.

    Scores that are NaN or infinite are counted in `nonfinite` and left out of all else.
    """

    size: tuple[int, int]  # of a unit's map
    pictures: int
    count: Counts  # (C,) pictures with a finite score
    nonfinite: Counts  # (C,)
    active: Counts  # (C,) pictures with a score above zero
    total: Floats  # (C,) of the scores
    squares: Floats  # (C,)
    lowest: NDArray[np.float32]  # (C,) score, +inf before the first
    highest: NDArray[np.float32]  # (C,)
    places_total: Floats  # (C,) of the activations at all places
    places_count: Counts  # (C,) pictures of which that sum is finite
    positive: Floats  # (C,) places with an activation above zero, of the pictures sampled
    sampled: int  # pictures whose places above zero were counted, all finite
    histogram: Counts  # (C, BINS) of the scores
    top: Tops
    bottom: Tops | None  # lowest activation of all places; None: the layer has no negative ones
    samples: Samples
    classes: Classes
    products: Floats | None  # (C, C) sums of products of two units' scores; None: not kept
    products_total: Floats  # (C,) of the same pictures
    products_count: int  # pictures whose scores are all finite

    @property
    def unit_count(self) -> int:
        return len(self.count)

    @property
    def mean(self) -> Floats:
        """(C,) mean score; NaN where there is none."""
        return _ratio(self.total, self.count)

    @property
    def deviation(self) -> Floats:
        """(C,) standard deviation of the scores, of the pictures themselves (not n - 1)."""
        spread = _ratio(self.squares, self.count) - self.mean**2
        return np.sqrt(np.maximum(spread, 0.0))

    @property
    def activation(self) -> Floats:
        """(C,) mean activation over all places of all pictures; NaN: there are none."""
        return _ratio(self.places_total, self.places_count * self.size[0] * self.size[1])

    @property
    def sparsity(self) -> Floats:
        """(C,) share of places that are not above zero, of `sampled` pictures; NaN: of none."""
        places = self.sampled * self.size[0] * self.size[1]
        return 1.0 - _ratio(self.positive, np.full(self.unit_count, places))

    @property
    def silent(self) -> Floats:
        """(C,) share of pictures with no score above zero."""
        return 1.0 - _ratio(self.active, self.count)

    @property
    def dead(self) -> NDArray[np.bool_]:
        """(C,) units that never fired: no score above zero.

        In a layer that goes below zero, those whose score is always the same, of two at least.

        Of N pictures none is no proof: at 95 % it fires on at most 3 of N.
        """
        idle: NDArray[np.bool_]
        if self.bottom is None:
            idle = (self.highest <= 0) & (self.count > 0)
        else:
            idle = (self.highest == self.lowest) & (self.count > 1)
        return idle


def _ratio(total: NDArray[np.generic], count: NDArray[np.generic]) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.asarray(total, np.float64) / np.asarray(count, np.float64)
    return np.where(np.asarray(count) > 0, found, np.nan)


def merge(a: LayerState, b: LayerState) -> LayerState:
    """Return the state of the pictures of both; they must have none in common.

    Raises `UserError` where the two are not of the same layer.
    """
    if a.size != b.size or a.unit_count != b.unit_count or a.top.k != b.top.k:
        raise UserError(
            "Two scans of different layers cannot be joined", "Scan both with the same network"
        )
    sums = (
        "pictures", "count", "nonfinite", "active", "total", "squares", "places_total",
        "places_count", "positive", "sampled", "histogram", "products_total", "products_count",
    )  # fmt: skip
    return replace(
        a,
        **{name: getattr(a, name) + getattr(b, name) for name in sums},
        lowest=np.minimum(a.lowest, b.lowest),
        highest=np.maximum(a.highest, b.highest),
        top=merge_tops(a.top, b.top),
        bottom=_merged(a.bottom, b.bottom),
        samples=merge_samples(a.samples, b.samples),
        classes=merge_classes(a.classes, b.classes),
        products=None if a.products is None or b.products is None else a.products + b.products,
    )


def _merged(a: Tops | None, b: Tops | None) -> Tops | None:
    return None if a is None or b is None else merge_tops(a, b, lowest=True)


def merge_tops(a: Tops, b: Tops, *, lowest: bool = False) -> Tops:
    """Return the first k of two lists; a picture that is in both counts once."""
    both = zip(_parts(a), _parts(b), strict=True)
    return first_of(Tops(*(np.concatenate(pair, 1) for pair in both)), a.k, lowest=lowest)


def first_of(entries: Tops, k: int, *, lowest: bool = False) -> Tops:
    """Return the first k of entries (C, n) in the order of `Tops`; NaN values are free places."""
    if entries.k < k:
        free = np.full((len(entries.value), k - entries.k), np.nan, np.float32)
        both = zip(_parts(entries), _parts(_freed(free)), strict=True)
        entries = Tops(*(np.concatenate(pair, 1) for pair in both))
    value = entries.value if lowest else -entries.value
    entries = _taken(entries, np.lexsort((entries.place, entries.picture, value)))
    again = np.zeros(entries.value.shape, bool)
    again[:, 1:] = entries.picture[:, 1:] == entries.picture[:, :-1]
    again[:, 1:] &= entries.value[:, 1:] == entries.value[:, :-1]
    if again.any():
        entries = replace(entries, value=np.where(again, np.float32(np.nan), entries.value))
        entries = _taken(entries, np.argsort(again, 1, kind="stable"))
    return _freed(*(part[:, :k] for part in _parts(entries)))


def _taken(entries: Tops, order: NDArray[np.int64]) -> Tops:
    return Tops(*(np.take_along_axis(part, order, 1) for part in _parts(entries)))


def _freed(
    value: NDArray[np.float32],
    picture: NDArray[np.uint64] | None = None,
    place: NDArray[np.int32] | None = None,
) -> Tops:
    """Return entries in which all that is NaN is free."""
    free = np.isnan(value)
    pictures = np.zeros(value.shape, np.uint64) if picture is None else picture
    places = np.zeros(value.shape, np.int32) if place is None else place
    return Tops(
        value, np.where(free, NO_PICTURE, pictures), np.where(free, np.int32(NO_PLACE), places)
    )


def _parts(record: Tops | Samples) -> tuple[Any, ...]:
    return tuple(getattr(record, field.name) for field in fields(record))


def merge_samples(a: Samples, b: Samples) -> Samples:
    """Return the samples of lowest priority of two lists."""
    return lowest_priority(Samples(*map(np.concatenate, zip(_parts(a), _parts(b), strict=True))))


def lowest_priority(rows: Samples) -> Samples:
    """Bring rows into their order, and keep `A_BAND` of each unit and octave."""
    order = np.lexsort((rows.picture, rows.priority, rows.octave, rows.unit))
    rows = Samples(*(part[order] for part in _parts(rows)))
    band = rows.unit.astype(np.int64) * 1000 + rows.octave
    is_first = np.ones(len(band), bool)
    is_first[1:] = band[1:] != band[:-1]
    starts = np.flatnonzero(is_first)
    place = np.arange(len(band)) - np.repeat(starts, np.diff([*starts, len(band)]))
    kept = place < A_BAND
    return rows if kept.all() else Samples(*(part[kept] for part in _parts(rows)))


def merge_classes(a: Classes, b: Classes) -> Classes:
    """Return the sums of both by class."""
    number = np.union1d(a.number, b.number)

    def joined(name: str) -> NDArray[Any]:
        one, other = getattr(a, name), getattr(b, name)
        found: NDArray[Any] = np.zeros((len(number), *one.shape[1:]), one.dtype)
        found[np.searchsorted(number, a.number)] += one
        found[np.searchsorted(number, b.number)] += other
        return found

    return Classes(number, joined("count"), joined("total"), joined("squares"))


# As named arrays


def packed(state: LayerState) -> dict[str, NDArray[np.generic]]:
    """Return a state as named arrays, for a file."""
    arrays: dict[str, NDArray[np.generic]] = {
        "facts": np.array(
            [*state.size, state.pictures, state.sampled, state.products_count], np.int64
        )
    }
    for field in fields(state):
        value = getattr(state, field.name)
        if isinstance(value, np.ndarray):
            arrays[field.name] = value
        elif isinstance(value, Tops | Samples | Classes):
            names = (part.name for part in fields(value))
            arrays |= {f"{field.name}.{name}": getattr(value, name) for name in names}
    return arrays


def unpacked(arrays: Mapping[str, NDArray[np.generic]]) -> LayerState:
    """Return what `packed` made arrays of. Raises `KeyError` or `ValueError` for anything else."""
    height, width, pictures, sampled, products_count = map(int, arrays["facts"])
    plain = {name: value for name, value in arrays.items() if "." not in name and name != "facts"}
    found: dict[str, Any] = {"bottom": None, "products": None, **plain}
    for name, kind in (("top", Tops), ("bottom", Tops), ("samples", Samples), ("classes", Classes)):
        parts: dict[str, Any] = {f.name: arrays.get(f"{name}.{f.name}") for f in fields(kind)}
        if all(part is not None for part in parts.values()):
            found[name] = kind(**parts)
    try:
        state = LayerState(
            size=(height, width), pictures=pictures, sampled=sampled,
            products_count=products_count, **found,
        )  # fmt: skip
    except TypeError as error:
        raise ValueError("parts of the state are missing") from error
    if state.histogram.shape != (state.unit_count, BINS):
        raise ValueError("the histogram has other bins")
    return state
