"""How a probe does on pictures that it was not taught by, and on labels that mean nothing.

Frames of a camera are near copies of those beside them, so whole moments are held out together, and
folds are runs of neighbours in time. The ridge is chosen without the fold that is judged: from
probes that leave out this fold and another one each.

What chance makes of it is found by the same with the labels of whole moments shuffled, many times,
as a concept is compared with random ones in Kim et al., "Testing with concept activation vectors",
ICML 2018.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.concepts.moments import in_order
from deepvis_app.corpus.concepts.probe import RIDGES, USUAL, centred, scored, solved

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.corpus.concepts.probe import Floats, Labels

    Ints = NDArray[np.int64]
    _Out = tuple[NDArray[np.intp], Floats]  # pictures of a fold, and their scores (S, m, R)

FOLDS = 5  # at most
IN_FOLD = 2  # moments of a side, where there are enough
ERRORS = 2.0  # standard errors within which a ridge does as well as another


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """What came of holding out, for R labellings; the first is the true one.

    `scores` (N, R) are those of each picture by a probe that was not taught by its fold. `ridge`
    is the one to be used with all pictures.
    """

    scores: Floats
    labels: Labels  # (N, R)
    ridge: float

    def hits(self) -> tuple[Floats, Floats]:
        """Return the shares (R,) of pictures inside, and of those outside, that were told right."""
        is_right = (self.scores > 0) == self.labels
        inside = (is_right & self.labels).sum(0) / self.labels.sum(0)
        outside = (is_right & ~self.labels).sum(0) / (~self.labels).sum(0)
        return inside, outside


def folds_of(labels: Labels, moments: Ints) -> Ints:
    """Return the fold (N,) of each picture: runs of whole moments, of both sides in each.

    There are at most `FOLDS`, fewer where the side with fewer moments has too few, but two.
    """
    sides = [in_order(moments[labels == side]) for side in (True, False)]
    fewest = min(len(names) for names, _ in sides)
    count = min(FOLDS, max(fewest // IN_FOLD, 2))
    found = np.zeros(len(labels), np.int64)
    for side, (names, sizes) in zip((True, False), sides, strict=True):
        parts = _runs(sizes, count)
        for name, part in zip(names, parts, strict=True):
            found[(labels == side) & (moments == name)] = part
    return found


def _runs(sizes: Ints, count: int) -> Ints:
    """Return for things of some sizes, in order, which of `count` runs each is in; none is empty.

    Each goes where its middle lies, were all cut into equal parts.
    """
    middles = (np.cumsum(sizes) - sizes / 2) / sizes.sum()
    wanted = np.minimum((middles * count).astype(np.int64), count - 1)
    places = np.arange(len(sizes))
    least = np.maximum(count - (len(sizes) - places), 0)  # so that enough are left for the others
    found = np.zeros(len(sizes), np.int64)
    before = -1
    for place in places:
        before = min(max(wanted[place], least[place], before), before + 1)
        found[place] = before
    return found


def shuffled(labels: Labels, moments: Ints, folds: Ints, count: int, seed: int) -> Labels:
    """Return labels (N, count) where moments of one fold have changed sides with each other.

    So each fold keeps as many moments of either side as it has: were the labels meaningless, the
    true ones would be one more draw.
    """
    chance = np.random.default_rng(seed)
    found = np.zeros((len(labels), count), bool)
    for fold in range(int(folds.max()) + 1):
        rows = np.flatnonzero(folds == fold)
        keys, member = np.unique(  # a moment may show both
            np.stack([moments[rows], labels[rows]]), axis=1, return_inverse=True
        )
        sides = np.broadcast_to(keys[1].astype(bool), (count, keys.shape[1]))
        found[rows] = chance.permuted(sides, axis=1).T[member]
    return found


def _pairs(count: int) -> list[tuple[int, int]]:
    return list(combinations(range(count), 2)) if count > 2 else []


def held_out(standard: Floats, labels: Labels, folds: Ints) -> HeldOut:
    """Hold out each fold of standardised codes (N, C), for labellings (N, R).

    There are two folds or more. With two there is nothing to choose a ridge from: it is the usual.
    """
    gram, width, count = standard @ standard.T, standard.shape[1], int(folds.max()) + 1
    alone: dict[int, Floats] = {}
    judges: dict[int, list[_Out]] = {fold: [] for fold in range(count)}
    for left in (*((fold,) for fold in range(count)), *_pairs(count)):
        rows = np.flatnonzero(~np.isin(folds, left))
        found = solved(centred(gram, rows), width, labels[rows], np.array(RIDGES))
        for fold in left:
            out = np.flatnonzero(folds == fold)
            scores = scored(gram, rows, out, found)
            if len(left) == 1:
                alone[fold] = scores
            else:  # it judges the ridge for where the other one is left out alone
                judges[sum(left) - fold].append((out, scores))
    scores, every = np.zeros(labels.shape), np.arange(labels.shape[1])
    for fold, own in alone.items():
        scores[folds == fold] = own[_chosen(judges[fold], labels), :, every].T
    whole = [(np.flatnonzero(folds == fold), own) for fold, own in alone.items()]
    ridge = _chosen(whole, labels)[0] if count > 2 else RIDGES.index(USUAL)
    return HeldOut(scores, labels, RIDGES[ridge])


def _chosen(judges: list[_Out], labels: Labels) -> NDArray[np.intp]:
    """Return the number of the ridge to take for each labelling, (R,).

    Of those that do about as well as the best, the one nearest the usual: those whose squared
    distances from ±1 are more by less than two standard errors. Of few pictures the best is often
    best by chance, and taking it is right less often.
    """
    usual, every = RIDGES.index(USUAL), np.arange(labels.shape[1])
    if not judges:
        return np.full(len(every), usual)
    wanted = np.concatenate([np.where(labels[rows], 1.0, -1.0) for rows, _ in judges])
    errors = np.square(np.concatenate([own for _, own in judges], 1) - wanted)  # (S, m, R)
    best = errors.mean(1).argmin(0)
    beyond = errors - errors[best, :, every].T
    bound = ERRORS * beyond.std(1, ddof=1) / np.sqrt(len(wanted))
    away = np.abs(np.arange(len(RIDGES)) - usual)[:, None]
    found: NDArray[np.intp] = np.where(beyond.mean(1) <= bound, away, len(RIDGES)).argmin(0)
    return found
