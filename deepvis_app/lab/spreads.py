"""Layers' histograms through a run: sizes by power of two, and what is no usual number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.lab.log.bins import NON_FINITE, SUBNORMAL, ZERO, exponents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from deepvis_app.lab.log.run import Counts, Ridge

    Whole = NDArray[np.int64]

FIRST = int(exponents()[0])  # log2 of the lower edge of the first bin of `bins.size_of`


@dataclass(frozen=True, slots=True, eq=False)
class Spreads:
    """Counts of layers that were measured at the same `steps` (S,).

    `sizes` (S, L, B), by the power of two: log2 of the first bin's lower edge is `first`. `zeros`,
    `subnormals` and `bad` (S, L), infinities and NaN, are beside them; `total` is all.
    """

    names: tuple[str, ...]  # (L,), in forward order
    steps: Whole
    first: int
    sizes: Whole
    zeros: Whole
    subnormals: Whole
    bad: Whole
    total: Whole

    def only(self, name: str) -> Spreads:
        """Return one of its layers. Raises `ValueError` for another one."""
        layer = slice(start := self.names.index(name), start + 1)
        parts = {part: getattr(self, part)[:, layer] for part in _PARTS}
        return replace(self, names=(name,), **parts)


_PARTS = ("sizes", "zeros", "subnormals", "bad", "total")


def layer_spreads(ridge: Ridge, most: int) -> tuple[Spreads, ...]:
    """Return every layer's histograms at `most` of its steps that lie evenly, the ends among them.

    As a rule all layers have the same steps. A layer without any is not there.
    """
    has = _lengths(ridge.rows, len(ridge.names)) > 0
    found = []
    for layers in _alike(has):
        rows = np.flatnonzero(has[:, layers[0]])
        chosen = rows[evenly(ridge.steps[rows], most)]
        found.append(_together(ridge, [ridge.rows[place] for place in chosen], layers))
    return tuple(found)


def _lengths(rows: Sequence[Counts], count: int) -> Whole:
    """Return how many bins of each layer are counted at each step, (S, L)."""
    ends = np.zeros((len(rows), count), np.int64)
    for place, row in enumerate(rows):
        ends[place, : len(row.ends)] = row.ends
        ends[place, len(row.ends) :] = row.ends[-1] if len(row.ends) else 0
    ends[:, 1:] -= ends[:, :-1].copy()
    return ends


def _alike(has: NDArray[np.bool_]) -> list[Whole]:
    """Return the numbers of layers that have the same steps together, without those of none."""
    if has.all():
        return [np.arange(has.shape[1])] if has.size else []
    groups: dict[bytes, list[int]] = {}
    for layer in np.flatnonzero(has.any(0)).tolist():
        groups.setdefault(has[:, layer].tobytes(), []).append(layer)
    return [np.array(layers) for layers in groups.values()]


def _together(ridge: Ridge, rows: Sequence[Counts], layers: Whole) -> Spreads:
    places, columns, bins, counts = _entries(rows, layers, len(ridge.names))
    shape = len(rows), len(layers)
    cells = places * len(layers) + columns

    def summed(chosen: NDArray[np.bool_]) -> Whole:
        of = np.bincount(cells[chosen], counts[chosen], shape[0] * shape[1])
        whole: Whole = of.astype(np.int64).reshape(shape)
        return whole

    is_bad = np.isin(bins, NON_FINITE)
    is_size = ~is_bad & (bins != ZERO) & (bins != SUBNORMAL)
    powers = (bins[is_size] & 255) - 1  # signs are folded
    low, high = (int(powers.min()), int(powers.max()) + 1) if len(powers) else (0, 1)
    flat = np.bincount(
        cells[is_size] * (high - low) + powers - low,
        counts[is_size],
        shape[0] * shape[1] * (high - low),
    )
    return Spreads(
        tuple(ridge.names[layer] for layer in layers),
        np.array([row.step for row in rows], np.int64),
        FIRST + low,
        flat.astype(np.int64).reshape(*shape, high - low),
        summed(bins == ZERO),
        summed(bins == SUBNORMAL),
        summed(is_bad),
        summed(np.ones(len(bins), bool)),
    )


def _entries(
    rows: Sequence[Counts], layers: Whole, count: int
) -> tuple[Whole, Whole, Whole, NDArray[np.float64]]:
    """Return of all counts of some layers which row and layer they are of, their bins and values.

    Values are whole numbers as float64, which is exact up to 2^53.
    """
    column = np.full(count, -1)
    column[layers] = np.arange(len(layers))
    lengths = _lengths(rows, count)
    columns = np.repeat(np.tile(column, len(rows)), lengths.ravel())
    places = np.repeat(np.arange(len(rows)), lengths.sum(1))
    bins = np.concatenate([row.bins for row in rows]).astype(np.int64)
    counts = np.concatenate([row.counts for row in rows]).astype(np.float64)
    kept = columns >= 0
    if kept.all():
        return places, columns, bins, counts
    return places[kept], columns[kept], bins[kept], counts[kept]


def evenly(steps: Whole, most: int) -> Whole:
    """Return the places of at most `most` steps that lie evenly over them, both ends among them."""
    if len(steps) <= most:
        return np.arange(len(steps), dtype=np.int64)
    wanted = np.linspace(steps[0], steps[-1], most)
    right = np.clip(np.searchsorted(steps, wanted), 1, len(steps) - 1)
    nearer_left = wanted - steps[right - 1] <= steps[right] - wanted
    return np.unique(np.where(nearer_left, right - 1, right))
