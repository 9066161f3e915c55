"""Codes: what a layer's units gave on each picture, a vector a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from deepvis_app.corpus.corpus import Corpus

LEAST = 10  # pictures of which there is a map


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """N codes of C numbers, and whose they are.

    `ids` (N,) uint64 are the pictures' ids, `rows` (N,) their rows in the corpus' plan, `labels`
    (N,) index into `classes`, -1 for none. `left_out` pictures had codes that were not finite.
    """

    layer: str
    ids: NDArray[np.uint64]
    rows: NDArray[np.int64]
    values: NDArray[np.floating]  # (N, C)
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    left_out: int = 0

    def __len__(self) -> int:
        return len(self.ids)

    def where(self, ids: Sequence[int] | NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the places of pictures by their ids, in their order; unknown ones are left out."""
        found = places_among(self.ids, np.asarray(ids, np.uint64))
        return found[found >= 0]


def places_among(ids: NDArray[np.uint64], wanted: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return where among pictures' ids each wanted one is, -1 for none.

    Rows are no names of pictures: a scan that went on may have given theirs to others.
    """
    if not len(ids):
        return np.full(len(wanted), -1)
    order = np.argsort(ids, kind="stable")
    places = order[np.minimum(np.searchsorted(ids[order], wanted), len(order) - 1)]
    found: NDArray[np.int64] = np.where(ids[places] == wanted, places, -1)
    return found


def codes_of(corpus: Corpus, layer: str) -> Codes:
    """Return the codes of all pictures that were scanned: each unit's score, pooled over places.

    In order of the pictures' ids, so that a corpus gives the same codes however its scan went.
    Raises `UserError` where scores were not kept, or of fewer than `LEAST` pictures.
    """
    scores = corpus.scores(layer)
    if scores is None:
        raise UserError(
            f"The scan {corpus.name} did not keep what {layer} gave on each picture",
            "Scan the pictures again with fewer layers",
        )
    is_finite = np.isfinite(scores.values).all(1)
    rows, values = scores.rows[is_finite], scores.values[is_finite]
    plan = corpus.plan
    order = np.argsort(plan.ids[rows], kind="stable")
    rows, values = rows[order], values[order]
    lost = int((~is_finite).sum())
    if len(rows) < LEAST:
        remedy = "Choose another layer" if lost else "Scan more pictures"
        raise UserError(_too_few(corpus, layer, len(rows), lost), remedy)
    labels, classes = _labels(corpus, rows)
    return Codes(layer, plan.ids[rows], rows, values, labels, classes, lost)


def _too_few(corpus: Corpus, layer: str, count: int, lost: int) -> str:
    if lost:
        return f"{layer} gave NaN or infinity on {lost} of {count + lost} pictures: no map of it"
    pictures = "1 picture that was" if count == 1 else f"{count} pictures that were"
    return f"{corpus.name} has {pictures} scanned, a map needs {LEAST}"


def _labels(corpus: Corpus, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return each picture's class; its kind where these are ImageNet's and most are alone."""
    plan = corpus.plan
    labels, classes = plan.labels[rows], plan.classes
    counts = np.bincount(labels[labels >= 0], minlength=len(classes))
    kinds = corpus.kinds_of_classes
    if kinds is not None and counts.any() and np.median(counts[counts > 0]) < 2:
        names, group = kinds
        return np.where(labels >= 0, group[labels], -1), names
    return labels, classes
