"""How well one unit tells one class from all others.

A number alone misleads: precision and the like call units detectors that miss most of their class
(Gale et al., 2020), so hit rate and false alarms stand beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from deepvis_app.corpus.state import Classes, LayerState

FEWEST_CLASSES, FEWEST_PICTURES = 5, 5
FEWEST_FIRED = 10


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One class as a unit sees it.

    `d_prime` is the distance of its mean score from that of all other pictures, in standard
    deviations (the root of the mean of both variances). `auc` is the chance that a picture of it
    scores above one of another class, ties counting half; `is_exact` tells whether it is counted
    or, of normal scores, follows from `d_prime`. At the threshold that as many pictures exceed as
    are of the class, `hits` of its own do and `false_alarms` of the others, as shares; NaN where
    the scores were not kept.
    """

    name: str
    pictures: int
    mean: float
    d_prime: float
    auc: float
    is_exact: bool
    hits: float
    false_alarms: float


@dataclass(frozen=True, slots=True, eq=False)
class LayerClasses:
    """Every unit's figures for every class: all (M, C); `number` (M,) says which classes."""

    number: NDArray[np.int64]
    mean: NDArray[np.float64]
    d_prime: NDArray[np.float64]


def layer_classes(state: LayerState) -> LayerClasses:
    """Return what follows from sums alone; NaN where a class or its rest has no pictures.

    Of scores that are all the same within and without, d' is infinite, or NaN if these are equal.
    """
    own, total, squares, count = state.classes, state.total, state.squares, state.count
    with np.errstate(divide="ignore", invalid="ignore"):
        mean, variance = _moments(own.total, own.squares, own.count)
        rest = _moments(total - own.total, squares - own.squares, count - own.count)
        d_prime = (mean - rest[0]) / np.sqrt((variance + rest[1]) / 2)
    return LayerClasses(own.number, mean, d_prime)


def _moments(
    total: NDArray[np.float64], squares: NDArray[np.float64], count: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    mean = total / count
    return mean, np.maximum(squares / count - mean**2, 0.0)


def too_few(classes: Classes) -> str:
    """Return why classes cannot be told of, one sentence; "" where they can.

    It takes five classes of five pictures each.
    """
    sizes = classes.count.max(1, initial=0) if len(classes.number) else np.zeros(0)
    enough = int((sizes >= FEWEST_PICTURES).sum())
    if not len(classes.number):
        return "The pictures have no classes: put those of one class into a folder of its own."
    if enough < FEWEST_CLASSES:
        return (
            f"{enough} of {len(classes.number)} classes have {FEWEST_PICTURES} pictures or more; "
            f"it takes {FEWEST_CLASSES} to tell them apart."
        )
    return ""


def selectivity_index(state: LayerState) -> NDArray[np.float64]:
    """Return the class selectivity (C,), 0 to 1 (Morcos et al., ICLR 2018); NaN: not defined.

    (best - rest) / (best + rest), where `best` is the highest mean of a class and `rest` the mean
    of the other classes' means, both at least zero. A unit that fired on fewer than ten pictures
    has none: near 1 would mean nothing.
    """
    means = np.nan_to_num(np.maximum(layer_classes(state).mean, 0.0))
    counted = (state.classes.count > 0).sum(0)
    best = means.max(0, initial=0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        rest = (means.sum(0) - best) / (counted - 1)
        index = (best - rest) / (best + rest)
    is_defined = (state.active >= FEWEST_FIRED) & (counted > 1) & (best + rest > 0)
    return np.where(is_defined, index, np.nan)


def auc(scores: NDArray[np.floating], is_own: NDArray[np.bool_]) -> float:
    """Return the chance that one of `is_own` scores above one that is not; ties count half.

    NaN where there is only one kind.
    """
    own = int(is_own.sum())
    rest = len(scores) - own
    if not own or not rest:
        return math.nan
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    rank = np.cumsum(count) - (count - 1) / 2  # of equal ones the mean rank, from 1
    return float((rank[place][is_own].sum() - own * (own + 1) / 2) / (own * rest))


def rates(scores: NDArray[np.floating], is_own: NDArray[np.bool_]) -> tuple[float, float]:
    """Return hit rate and rate of false alarms where as many pictures count as are of the class.

    Of those at the threshold itself that share counts which makes the number right.
    """
    own = int(is_own.sum())
    rest = len(scores) - own
    if not own or not rest:
        return math.nan, math.nan
    threshold = np.partition(scores, len(scores) - own)[len(scores) - own]
    above, at = scores > threshold, scores == threshold
    share = (own - above.sum()) / at.sum()
    hits = (above & is_own).sum() + share * (at & is_own).sum()
    return float(hits / own), float((own - hits) / rest)


def class_rows(
    state: LayerState,
    unit: int,
    names: Sequence[str],
    scores: NDArray[np.floating] | None,
    labels: NDArray[np.int64] | None,
) -> tuple[ClassRow, ...]:
    """Return a unit's classes, the one that it tells best first.

    `scores` and `labels` are of all pictures with a finite score; None: they were not kept.
    """
    found = layer_classes(state)
    rows = []
    for place, number in enumerate(found.number):
        d_prime = float(found.d_prime[place, unit])
        area, hits, alarms = _normal_auc(d_prime), math.nan, math.nan
        if scores is not None and labels is not None:
            is_own = labels == number
            area = auc(scores, is_own)
            hits, alarms = rates(scores, is_own)
        rows.append(
            ClassRow(
                names[number], int(state.classes.count[place, unit]),
                float(found.mean[place, unit]), d_prime, area, scores is not None, hits, alarms,
            )
        )  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (-_ranked(row.d_prime), row.name)))


def _ranked(d_prime: float) -> float:
    return -math.inf if math.isnan(d_prime) else d_prime


def _normal_auc(d_prime: float) -> float:
    """Return the area for normal scores of equal spread: the normal distribution at d' / √2."""
    return 0.5 * (1 + math.erf(d_prime / 2))
