"""How the units of a layer, or of two, go together: all correlations, in an order of kin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.alike import DUPLICATE, SHARED, correlations, overlaps
from deepvis_app.errors import UserError
from deepvis_app.nets.layers import Unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.corpus.corpus import Corpus

    Floats = NDArray[np.float64]

MOST_UNITS = 2048  # a side
PAIRS = 24  # that are told


@dataclass(frozen=True, slots=True)
class Pair:
    """Two units and the correlation of their scores; `shared` as in `overlaps`, NaN: not known."""

    one: Unit
    other: Unit
    r: float
    shared: float

    @property
    def is_duplicate(self) -> bool:
        return self.r > DUPLICATE and self.shared > SHARED


@dataclass(frozen=True, slots=True, eq=False)
class Kinship:
    """Correlations (R, C) of the units of one layer with those of another, or its own.

    `rows` and `columns` are the units as they stand: kin beside each other, those that never
    change last. NaN where a unit never changes. `pairs` are the closest, the closest first.
    """

    row_layer: str
    column_layer: str
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    r: NDArray[np.float32]
    pairs: tuple[Pair, ...]

    def at(self, row: int, column: int) -> Pair:
        """Return the pair at a place of the picture."""
        return Pair(
            Unit(self.row_layer, int(self.rows[row])),
            Unit(self.column_layer, int(self.columns[column])),
            float(self.r[row, column]),
            float("nan"),
        )


def kinship(corpus: Corpus, row_layer: str, column_layer: str) -> Kinship:
    """Return how the units of two layers, or of one and the same, go together.

    Raises `UserError` where nothing was kept of it, or a layer is too wide.
    """
    for layer in (row_layer, column_layer):
        if (count := corpus.manner.part(layer).shape[0]) > MOST_UNITS:
            raise UserError(
                f"{layer} has {count} units: too many for one picture", "Choose a narrower layer"
            )
    rows = kin_order(_own(corpus, row_layer))
    is_one = row_layer == column_layer
    columns = rows if is_one else kin_order(_own(corpus, column_layer))
    related = _own(corpus, row_layer) if is_one else _between(corpus, row_layer, column_layer)
    pairs = _pairs(corpus, row_layer, column_layer, related)
    ordered = related[np.ix_(rows, columns)].astype(np.float32)
    ordered.setflags(write=False)
    return Kinship(row_layer, column_layer, rows, columns, ordered, pairs)


def kin_order(related: Floats) -> NDArray[np.int64]:
    """Return units so that those with high |r| stand together; those that never change last.

    The leaves of average linkage on 1 - |r|, which is a usual order for such pictures.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    moving = np.flatnonzero(np.isfinite(np.diag(related)))
    still = np.setdiff1d(np.arange(len(related)), moving)
    if len(moving) < 3:
        return np.concatenate([moving, still])
    distance = 1 - np.abs(np.nan_to_num(related[np.ix_(moving, moving)]))
    distance = np.clip((distance + distance.T) / 2, 0, None)
    np.fill_diagonal(distance, 0)
    leaves = leaves_list(linkage(squareform(distance, checks=False), "average"))
    return np.concatenate([moving[leaves], still])


def _own(corpus: Corpus, layer: str) -> Floats:
    related = corpus.correlation(layer)
    if related is None:
        raise UserError("Nothing was kept of how units go together", "Scan fewer photographs")
    return related


def _between(corpus: Corpus, row_layer: str, column_layer: str) -> Floats:
    rows, columns = corpus.scores(row_layer), corpus.scores(column_layer)
    if rows is None or columns is None:
        raise UserError("The scores of these photographs were not kept", "Scan fewer of them")
    return np.stack([correlations(own, columns.values) for own in rows.values.T])


def _pairs(corpus: Corpus, row_layer: str, column_layer: str, related: Floats) -> tuple[Pair, ...]:
    """Return the closest pairs, each once; of one layer with what they share of photographs."""
    is_one = row_layer == column_layer
    known = np.where(np.isfinite(related), related, -np.inf)
    if is_one:
        known[np.tril_indices(len(known))] = -np.inf
    first = np.argsort(-known, axis=None, kind="stable")[:PAIRS]
    scores = corpus.scores(row_layer) if is_one else None
    shared = np.full(related.shape, np.nan)
    if scores is not None:
        shared = overlaps(corpus.stats(row_layer), corpus.plan.ids[scores.rows], scores.values)
    places = zip(*np.unravel_index(first, known.shape), strict=True)
    return tuple(
        Pair(
            Unit(row_layer, int(a)), Unit(column_layer, int(b)), float(known[a, b]),
            float(shared[a, b]),
        )
        for a, b in places
        if np.isfinite(known[a, b])
    )  # fmt: skip
