"""A concept: the direction that was learnt, and how far it is to be trusted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.concepts.held_out import folds_of, held_out, shuffled
from deepvis_app.corpus.concepts.moments import joined
from deepvis_app.corpus.concepts.probe import USUAL, Standard, probe
from deepvis_app.errors import UserError
from deepvis_app.wilson import wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.corpus.concepts.taught import Taught

    Floats32 = NDArray[np.float32]

SHUFFLES = 100
LEAST_MOMENTS = 5  # of either side: of fewer, too many shufflings are the true labels again
CHANCE = 0.05  # a concept is better than chance where shuffled labels do as well less often


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """How a concept does on pictures that it was not taught by.

    `accuracy` is the mean of `inside` and `outside`, the shares of either side that are told right,
    `low` and `high` its 95 % bounds by Wilson, where each moment counts as one trial. `control`
    (R,) are the accuracies with shuffled labels, ascending; `chance` is the share of shufflings,
    the true labels among them, that do at least as well. `scores` (N,) are the pictures' own, held
    out.
    """

    accuracy: float
    low: float
    high: float
    inside: float
    outside: float
    control: NDArray[np.float64]
    chance: float
    scores: Floats32

    @property
    def is_better(self) -> bool:
        """Whether it is better than chance."""
        return self.chance < CHANCE

    @property
    def usual(self) -> float:
        """What shuffled labels give on average."""
        return float(self.control.mean()) if len(self.control) else math.nan

    @property
    def limit(self) -> float:
        """What 95 of 100 shufflings do not exceed."""
        return float(np.quantile(self.control, 1 - CHANCE)) if len(self.control) else math.nan


@dataclass(frozen=True, slots=True, eq=False)
class Concept:
    """A direction of a layer's C units: `score = weight · x + bias` at a place, or of a code.

    It is above zero where pictures show the concept, and on average +1 and -1 on those that it was
    taught by. As a code is the mean of a map, a picture's score is the mean of the direction's map.

    `explained` is the share of the variance of all units together that follows linearly from the
    score, over the pictures that taught it; `nearest` the unit with the largest weight, `cosine`
    that to it. `moments` are how many the pictures inside, and outside, belong to, where those that
    look alike are one. `judged` is None where a side has but one: then none can be held out.
    """

    weight: Floats32
    bias: float
    ridge: float
    pictures: tuple[int, int]  # inside, outside
    moments: tuple[int, int]
    explained: float
    nearest: int
    cosine: float
    judged: Judged | None

    def scores(self, codes: NDArray[np.floating]) -> Floats32:
        """Return the scores (n,) of raw codes (n, C)."""
        found: Floats32 = codes.astype(np.float32) @ self.weight + np.float32(self.bias)
        return found


def learn(taught: Taught, *, shuffles: int = SHUFFLES, seed: int = 0) -> Concept:
    """Learn a concept. The same pictures in the same order give the same one.

    Raises `UserError` where the layer gives the same on both sides, on average.
    """
    standard = Standard.of(taught.codes)
    codes, labels = standard(taught.codes), taught.is_inside
    moments = joined(codes, labels, taught.moments)
    inside, outside = (len(np.unique(moments[labels == side])) for side in (True, False))
    judged, ridge = None, USUAL
    if min(inside, outside) > 1:
        judged, ridge = _judged(codes, labels, moments, shuffles, seed)
    weight, bias = standard.folded(*probe(codes, labels, ridge))
    if not 0 < np.abs(weight).max() < np.finfo(np.float32).max:
        raise UserError(
            "On average the layer gives the same on both sides", "Take another layer, or show more"
        )
    nearest = int(np.abs(weight).argmax())
    return Concept(
        weight.astype(np.float32), bias, ridge,
        (int(labels.sum()), int((~labels).sum())), (inside, outside),
        _explained(codes, weight), nearest, float(weight[nearest] / np.linalg.norm(weight)), judged,
    )  # fmt: skip


def _judged(
    codes: NDArray[np.float64],
    labels: NDArray[np.bool_],
    moments: NDArray[np.int64],
    shuffles: int,
    seed: int,
) -> tuple[Judged, float]:
    folds = folds_of(labels, moments)
    others = shuffled(labels, moments, folds, shuffles, seed)
    found = held_out(codes, np.concatenate([labels[:, None], others], 1), folds)
    inside, outside = found.hits()
    accuracy = (inside + outside) / 2
    own, control = float(accuracy[0]), np.sort(accuracy[1:])
    # The mean of two shares varies as one share of so many trials does.
    counts = [len(np.unique(moments[labels == side])) for side in (True, False)]
    trials = 4 * counts[0] * counts[1] / sum(counts)
    low, high = wilson(own * trials, trials)
    as_well = 1 + int((control >= own - 1e-9).sum())
    scores = found.scores[:, 0].astype(np.float32)
    judged = Judged(
        own, low, high, float(inside[0]), float(outside[0]), control,
        as_well / (1 + len(control)), scores,
    )  # fmt: skip
    return judged, found.ridge


def _explained(codes: NDArray[np.float64], weight: NDArray[np.float64]) -> float:
    """Return what `DirectionFigures.explained` is of these codes (n, C), centred."""
    scores = codes @ weight
    shared = scores @ codes
    total = np.square(codes).sum() * np.square(scores).sum()
    return float(np.square(shared).sum() / total) if total > 0 else 0.0
