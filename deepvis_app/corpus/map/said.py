"""What the network said of the pictures of a map: its class scores, where they were scanned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.codes import places_among
from deepvis_app.corpus.groups import groups_of
from deepvis_app.corpus.map.selecting import class_counts
from deepvis_app.corpus.measure import Score
from deepvis_app.errors import UserError
from deepvis_app.nets.outputs import Scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from deepvis_app.corpus.codes import Codes
    from deepvis_app.corpus.corpus import Corpus

    Floats = NDArray[np.float32]

AT_ONCE = 4096  # pictures whose probabilities are found together


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """Of each of N pictures the class that scores highest, and how sure the network was of it.

    `best` (N,) indexes into `names`, -1 where nothing is known. Where the pictures' own classes are
    taken together in kinds, so are these. `sure` (N,) is the class' probability, NaN where none is
    known or the scores are none.
    """

    names: tuple[str, ...]
    best: NDArray[np.int64]
    sure: Floats


@dataclass(frozen=True, slots=True)
class CellFacts:
    """What is told of some pictures.

    `classes` are their own with how many there are, the most frequent first; `said` the same of
    what the network takes them for. `sure` is the mean probability of what it said, None where
    that is not known.
    """

    count: int
    classes: tuple[tuple[str, int], ...]
    said: tuple[tuple[str, int], ...]
    sure: float | None


def said_of(
    corpus: Corpus, codes: Codes, output: str | None, scale: Scale | None, labels: Sequence[str]
) -> Said:
    """Return what a network with class scores in the layer `output` said of codes' pictures.

    `labels` are its classes. Nothing is known where that layer was not scanned, or what was kept of
    it are no activations.
    """
    best = np.full(len(codes), -1)
    sure = np.full(len(codes), np.nan, np.float32)
    if output not in corpus.layers or corpus.manner.score is Score.RELEVANCE:
        return Said((), best, sure)
    scores = corpus.scores(output)
    if scores is None or scores.values.shape[1] < 2:  # of one class alone there is no other
        return Said((), best, sure)
    found = places_among(corpus.plan.ids[scores.rows], codes.ids)
    for first in range(0, len(codes), AT_ONCE):
        part = slice(first, first + AT_ONCE)
        rows = found[part]
        values = scores.values[rows].astype(np.float32)
        known = (rows >= 0) & np.isfinite(values).all(1)
        top = np.where(known[:, None], values, 0).argmax(1)
        best[part] = np.where(known, top, -1)
        if scale is not None and scale.is_probability:
            sure[part] = np.where(known, _sure(np.where(known[:, None], values, 0), scale), np.nan)
    width = scores.values.shape[1]
    names = (*labels, *(f"class {number}" for number in range(len(labels), width)))
    if set(codes.classes) - set(corpus.plan.classes) and (kinds := groups_of(names)):
        names, group = kinds
        best = np.where(best >= 0, group[best], -1)
    return Said(names, best, sure)


def class_scores(corpus: Corpus, codes: Codes, output: str | None, index: int) -> Floats:
    """Return a class' score (N,) of codes' pictures, NaN where unknown.

    Raises `UserError` where the class scores were not scanned.
    """
    scores = None
    if output in corpus.layers and corpus.manner.score is not Score.RELEVANCE:
        scores = corpus.scores(output, index)
    if scores is None:
        raise UserError(
            f"The scan {corpus.name} has no class scores",
            "Scan again with the last layer",
        )
    rows = places_among(corpus.plan.ids[scores.rows], codes.ids)
    found: Floats = np.where(rows >= 0, scores.values[rows].astype(np.float32), np.nan)
    return found


def cell_facts(codes: Codes, said: Said, places: NDArray[np.int64]) -> CellFacts:
    """Return what is told of pictures at some places."""
    best = said.best[places]
    counts = np.bincount(best[best >= 0])
    order = np.argsort(-counts, kind="stable")
    taken = tuple((said.names[n], int(counts[n])) for n in order if counts[n])
    sure = said.sure[places]
    sure = sure[np.isfinite(sure)]
    mean = float(sure.mean(dtype=np.float64)) if len(sure) else None
    return CellFacts(len(places), class_counts(codes, places), taken, mean)


def _sure(scores: Floats, scale: Scale) -> Floats:
    """Return the probability (N,) of each row's highest score (N, K)."""
    highest = scores.max(1, keepdims=True)
    if scale is Scale.SOFTMAX:
        found: Floats = 1 / np.exp(scores - highest).sum(1)
        return found
    best: Floats = highest[:, 0]
    if scale is Scale.SIGMOID:
        best = (1 / (1 + np.exp(-best))).astype(np.float32)
    return best
