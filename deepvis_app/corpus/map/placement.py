"""Where in a map another code belongs: among its nearest ones.

The weighted median of the nearest codes' points is a robust place: of a code between two clusters
it is in one of them, not in the void between (openTSNE starts new points so). Of many codes the
principal components choose candidates, the whole codes decide.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.map.shortlist import Shortlist
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.corpus.map.reduction import Reduction

    Floats = NDArray[np.float32]

NEAREST = 10  # codes that a place is made of, and that are shown
SHORT = 32  # principal components that candidates are chosen by
CANDIDATES = 256
FEW = 4096  # codes that are all looked at whole
TYPICAL = 1000  # codes whose own distances say what is usual
AT_ONCE = 100  # of them that are compared with all others
RARE = 0.99  # of the corpus' own pictures, which are below `limit`


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Where a code belongs.

    `nearest` are the places (k,) of its nearest codes in the map, nearest first, `distances` (k,)
    theirs by the metric. `distance` is their mean in units of the corpus' own median; beyond
    `limit` hardly a picture of the corpus is as lonely.
    """

    point: tuple[float, float]
    nearest: NDArray[np.int64]
    distances: Floats
    distance: float
    limit: float

    @property
    def is_unlike_all(self) -> bool:
        return self.distance > self.limit


class Placer:
    """Finds the places of codes. Holds all codes of the map as float32."""

    def __init__(self, codes: NDArray[np.floating], points: Floats, reduction: Reduction) -> None:
        """Make one for a map's codes (N, C) and points (N, 2)."""
        self._codes, self._points, self._reduction = reduction.scaled(codes), points, reduction
        is_few = len(codes) <= FEW
        self._shortlist = None if is_few else Shortlist(self._shortened(self._codes))
        own = self._own_distances()
        usual = float(np.median(own))
        self._usual = usual if usual > 0 else 1.0
        self.limit = float(np.quantile(own, RARE)) / self._usual

    def moved(self, points: Floats) -> Placer:
        """Return one for the same codes in another map of them."""
        twin = copy.copy(self)
        twin._points = points  # noqa: SLF001 - of the same class
        return twin

    def _own_distances(self) -> Floats:
        """Return the mean distance to the nearest others, of an even sample of the codes."""
        count = len(self._codes)
        sample = np.arange(0, count, max(count // TYPICAL, 1))
        squares = np.einsum("nc,nc->n", self._codes, self._codes)
        k = min(NEAREST, count - 1)
        found = []
        for places in np.array_split(sample, max(len(sample) // AT_ONCE, 1)):
            away = squares[places, None] + squares - 2 * self._codes[places] @ self._codes.T
            away[np.arange(len(places)), places] = np.inf
            nearest = np.partition(away, k - 1, axis=1)[:, :k]
            found.append(self._as_metric(np.maximum(nearest, 0)).mean(1))
        return np.concatenate(found)

    def _shortened(self, codes: Floats) -> Floats:
        short = (codes - self._reduction.mean) @ self._reduction.axes[:SHORT].T
        return short.astype(np.float32, copy=False)

    def _candidates(self, code: Floats) -> NDArray[np.int64]:
        if self._shortlist is None:
            return np.arange(len(self._codes))
        return self._shortlist.nearest(self._shortened(code[None])[0], CANDIDATES)

    def _neighbours(
        self, code: Floats, count: int, without: int | None
    ) -> tuple[NDArray[np.int64], Floats]:
        """Return the nearest of all codes to one (C,) that is scaled, and their distances."""
        candidates = self._candidates(code)
        if without is not None:
            candidates = candidates[candidates != without]
        away = self._codes[candidates] - code
        squares = np.einsum("nc,nc->n", away, away)
        # Ties by place, so that equal codes always stand in one order.
        order = np.lexsort((candidates, squares))[:count]
        return candidates[order], self._as_metric(squares[order])

    def _as_metric(self, squares: Floats) -> Floats:
        """Return distances by the metric: 1 - cosine of codes of length 1, or Euclid's."""
        is_cosine = self._reduction.metric == "cosine"
        distances = squares / 2 if is_cosine else np.sqrt(squares)
        return distances.astype(np.float32, copy=False)

    def __call__(self, code: NDArray[np.floating], without: int | None = None) -> Placed:
        """Return where a code (C,) belongs. Raises `UserError` for one that is not finite.

        `without` is the place of a code that is not looked at, such as the very picture's own.
        """
        if code.shape != self._codes.shape[1:]:
            raise UserError(
                f"This code has {code.size} numbers, the map's {self._codes.shape[1]}",
                "Choose the map of the layer that it is from",
            )
        own = self._reduction.scaled(code[None])[0]
        if not np.isfinite(own).all():
            raise UserError("The layer gives NaN or infinity on this frame")
        count = min(NEAREST, len(self._codes) - (without is not None))
        nearest, distances = self._neighbours(own, count, without)
        point = weighted_median(self._points[nearest], weights_of(distances))
        distance = float(distances.mean()) / self._usual
        return Placed(point, nearest, distances, distance, self.limit)


def weights_of(distances: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return how much each neighbour counts: in inverse proportion to its distance."""
    away = distances.astype(np.float64)
    floor = max(float(away.max()) * 1e-3, 1e-12)
    weights: NDArray[np.float64] = 1 / np.maximum(away, floor)
    return weights


def weighted_median(
    points: NDArray[np.floating], weights: NDArray[np.float64]
) -> tuple[float, float]:
    """Return each coordinate's weighted median of points (k, 2): half the weight at either side."""
    x, y = (_median(points[:, axis], weights) for axis in (0, 1))
    return x, y


def _median(values: NDArray[np.floating], weights: NDArray[np.float64]) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    place = int(np.searchsorted(reached, reached[-1] / 2))
    return float(values[order[min(place, len(order) - 1)]])
