"""Two corpora of the same layer, unit by unit: other pictures, or another training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.bins import AN_OCTAVE, HIGHEST, LOWEST
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.corpus.corpus import Corpus

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """How C units differ between a corpus `before` and one `after`, all (C,).

    `shift` is the earth mover's distance of both histograms in octaves: so far the scores lie
    apart, on a scale of logarithms that goes through zero. `kept` is the share of the pictures
    listed before that are listed after, by content; `lost` and `new` are the ids of the others.
    `rank` is Spearman's correlation of the scores on the pictures that both have; NaN where scores
    were not kept, or never change. `common` is the number of these pictures.
    """

    layer: str
    mean_before: Floats
    mean_after: Floats
    silent_before: Floats
    silent_after: Floats
    shift: Floats
    kept: Floats
    lost: tuple[tuple[int, ...], ...]
    new: tuple[tuple[int, ...], ...]
    rank: Floats
    common: int


def compare(before: Corpus, after: Corpus, layer: str) -> Comparison:
    """Compare a layer in two corpora; their networks may differ where the layer's shape does not.

    Raises `UserError` for another shape or another score, and that of the corpora.
    """
    parts = before.manner.part(layer), after.manner.part(layer)
    if parts[0].shape != parts[1].shape:
        sizes = (" × ".join(map(str, part.shape)) for part in parts)
        raise UserError(
            f"{layer} is {' there and '.join(sizes)} here", "Compare networks of the same shape"
        )
    if before.manner.score is not after.manner.score:
        raise UserError(
            f"One is ranked by {before.manner.score.value}, one by {after.manner.score.value}",
            "Scan both by the same score",
        )
    one, other = before.stats(layer), after.stats(layer)
    lists = [
        [_ids(state.top.picture[unit], state.top.value[unit]) for unit in range(one.unit_count)]
        for state in (one, other)
    ]
    lost = tuple(tuple(sorted(a - b)) for a, b in zip(*lists, strict=True))
    new = tuple(tuple(sorted(b - a)) for a, b in zip(*lists, strict=True))
    kept = [len(a & b) / len(a) if a else np.nan for a, b in zip(*lists, strict=True)]
    rank, common = _ranks(before, after, layer)
    return Comparison(
        layer, one.mean, other.mean, one.silent, other.silent,
        moved(one.histogram, other.histogram), np.array(kept), lost, new, rank, common,
    )  # fmt: skip


def _ids(pictures: NDArray[np.uint64], values: NDArray[np.float32]) -> set[int]:
    return {int(one) for one in pictures[~np.isnan(values)]}


def moved(before: NDArray[np.int64], after: NDArray[np.int64]) -> Floats:
    """Return the earth mover's distance (C,) of histograms (C, BINS), in octaves; NaN: empty.

    The first octave on either side begins half an octave from zero.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = [each / each.sum(1, keepdims=True) for each in (before, after)]
    apart = np.abs(np.cumsum(shares[0] - shares[1], 1))[:, :-1]
    found: Floats = apart @ _steps()
    return found


def _steps() -> Floats:
    """Return how far the middles of neighbouring bins lie apart, in octaves."""
    within = np.log2(1 + (np.arange(AN_OCTAVE) + 0.5) / AN_OCTAVE)
    positive = (np.arange(HIGHEST - LOWEST)[:, None] + within + 0.5).ravel()
    return np.diff(np.concatenate([-positive[::-1], [0.0], positive]))


def _ranks(before: Corpus, after: Corpus, layer: str) -> tuple[Floats, int]:
    one, other = before.scores(layer), after.scores(layer)
    count = before.stats(layer).unit_count
    if one is None or other is None:
        return np.full(count, np.nan), 0
    ids = before.plan.ids[one.rows], after.plan.ids[other.rows]
    _, here, there = np.intersect1d(*ids, return_indices=True)
    a, b = one.values[here].astype(np.float64), other.values[there].astype(np.float64)
    return np.array([_spearman(a[:, unit], b[:, unit]) for unit in range(count)]), len(here)


def _spearman(a: Floats, b: Floats) -> float:
    is_whole = np.isfinite(a) & np.isfinite(b)
    one, other = (_ranked(each[is_whole]) for each in (a, b))
    spread = one.std() * other.std() if len(one) else 0.0
    if not spread:
        return float("nan")
    return float(((one - one.mean()) * (other - other.mean())).mean() / spread)


def _ranked(values: Floats) -> Floats:
    """Return ranks, of equal values the mean one."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(count) - (count - 1) / 2)[place]
    return ranks
