"""What the network said of the pictures of a map: its class scores, where they were scanned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app.corpus.map.selecting import class_counts
from deepvis_app.corpus.measure import Score
from deepvis_app.errors import UserError
from deepvis_app.nets.outputs import probabilities

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.corpus.codes import Codes
    from deepvis_app.corpus.corpus import Corpus
    from deepvis_app.nets.outputs import Scale

    Floats = NDArray[np.float32]

AT_ONCE = 4096  # pictures whose probabilities are found together


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """Of each of N pictures the class that scores highest, and how sure the network was of it.

    `best` (N,) is -1 where nothing is known. `sure` (N,) is that class' probability, NaN where
    none is known or the scores are none.
    """

    best: NDArray[np.int64]
    sure: Floats


@dataclass(frozen=True, slots=True)
class CellFacts:
    """What is told of some pictures.

    `classes` are their own with their numbers, the most frequent first; `said` the same of what
    the network takes them for, by its class numbers. `sure` is the mean probability of what it
    said, None where that is not known.
    """

    count: int
    classes: tuple[tuple[str, int], ...]
    said: tuple[tuple[int, int], ...]
    sure: float | None


def said_of(corpus: Corpus, codes: Codes, output: str | None, scale: Scale | None) -> Said:
    """Return what a network with class scores in the layer `output` said of codes' pictures.

    Nothing is known where that layer was not scanned, or what was kept of it are no activations.
    """
    nothing = Said(np.full(len(codes), -1), np.full(len(codes), np.nan, np.float32))
    if output not in corpus.layers or corpus.manner.score is Score.RELEVANCE:
        return nothing
    scores = corpus.scores(output)
    if scores is None:
        return nothing
    found = _rows_of(scores.rows, codes)
    for first in range(0, len(codes), AT_ONCE):
        rows = found[first : first + AT_ONCE]
        values = scores.values[rows].astype(np.float32)
        known = (rows >= 0) & np.isfinite(values).all(1)
        best = np.where(np.isfinite(values), values, -np.inf).argmax(1)
        nothing.best[first : first + AT_ONCE] = np.where(known, best, -1)
        if scale is not None and scale.is_probability:
            shares = probabilities(torch.from_numpy(values), scale).numpy()
            sure = shares[np.arange(len(best)), best]
            nothing.sure[first : first + AT_ONCE] = np.where(known, sure, np.nan)
    return nothing


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
    rows = _rows_of(scores.rows, codes)
    found: Floats = np.where(rows >= 0, scores.values[rows].astype(np.float32), np.nan)
    return found


def cell_facts(codes: Codes, said: Said, places: NDArray[np.int64]) -> CellFacts:
    """Return what is told of pictures at some places."""
    best = said.best[places]
    counts = np.bincount(best[best >= 0])
    order = np.argsort(-counts, kind="stable")
    taken = tuple((int(number), int(counts[number])) for number in order if counts[number])
    sure = said.sure[places]
    sure = sure[np.isfinite(sure)]
    mean = float(sure.mean(dtype=np.float64)) if len(sure) else None
    return CellFacts(len(places), class_counts(codes, places), taken, mean)


def _rows_of(rows: NDArray[np.int64], codes: Codes) -> NDArray[np.int64]:
    """Return where among scores the pictures of codes are, (N,), -1 for none."""
    table = np.full(int(max(rows.max(initial=0), codes.rows.max(initial=0))) + 1, -1)
    table[rows] = np.arange(len(rows))
    found: NDArray[np.int64] = table[codes.rows]
    return found
