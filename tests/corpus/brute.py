"""What a scan has to find, counted one by one."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.state import packed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from deepvis_app.corpus.state import LayerState


def same(one: LayerState, other: LayerState) -> list[str]:
    """Return in which parts two states differ by any bit."""
    a, b = packed(one), packed(other)
    names = a.keys() | b.keys()
    return sorted(n for n in names if n not in a or n not in b or _bytes(a[n]) != _bytes(b[n]))


def _bytes(array: NDArray[np.generic]) -> tuple[object, ...]:
    return array.dtype, array.shape, array.tobytes()


def tops(
    values: Sequence[float],
    places: Sequence[int],
    ids: Sequence[int],
    k: int,
    *,
    lowest: bool = False,
) -> list[tuple[float, int, int]]:
    """Return the first k (value, picture, place): by value, then by the picture's id."""
    sign = 1 if lowest else -1
    entries = [(v, i, p) for v, p, i in zip(values, places, ids, strict=True) if math.isfinite(v)]
    return sorted(entries, key=lambda e: (sign * e[0], e[1]))[:k]


def histogram(values: Iterable[float]) -> dict[tuple[float, float], int]:
    """Count values by (low, high) of bins that are an eighth of an octave wide at its beginning."""
    found: dict[tuple[float, float], int] = {}
    for value in values:
        size = abs(value)
        if size < 2.0**-16:
            key = (0.0, 0.0)
        else:
            octave = min(math.floor(math.log2(size)), 15)
            eighth = 7 if size >= 2.0**16 else math.floor((size / 2.0**octave - 1) * 8)
            low = 2.0**octave * (1 + eighth / 8)
            key = (
                math.copysign(low, value),
                math.copysign(2.0**octave * (1 + (eighth + 1) / 8), value),
            )
        found[key] = found.get(key, 0) + 1
    return found


def d_prime(scores: NDArray[np.float64], is_own: NDArray[np.bool_]) -> float:
    own, rest = scores[is_own], scores[~is_own]
    spread = math.sqrt((own.var() + rest.var()) / 2)
    return (own.mean() - rest.mean()) / spread if spread else math.nan


def auc(scores: NDArray[np.float64], is_own: NDArray[np.bool_]) -> float:
    """Compare every pair: half a point for a tie."""
    pairs = itertools.product(scores[is_own], scores[~is_own])
    points = [1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs]
    return sum(points) / len(points)


def rates(scores: NDArray[np.float64], is_own: NDArray[np.bool_]) -> tuple[float, float]:
    """Return hits and false alarms if as many are called as there are, of equal ones a part."""
    count = int(is_own.sum())
    threshold = np.sort(scores)[::-1][count - 1]
    above, at = scores > threshold, scores == threshold
    part = (count - above.sum()) / at.sum()
    called = above + part * at
    return float(called[is_own].sum() / count), float(called[~is_own].sum() / (~is_own).sum())


def selectivity(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """(best - rest) / (best + rest) of the classes' means (Morcos et al., 2018)."""
    means = sorted(max(scores[labels == c].mean(), 0.0) for c in np.unique(labels))
    best, rest = means[-1], float(np.mean(means[:-1]))
    return (best - rest) / (best + rest) if best + rest else math.nan
