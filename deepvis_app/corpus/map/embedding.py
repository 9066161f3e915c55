"""Codes laid out in two dimensions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.map.placement import Placer
from deepvis_app.corpus.map.reduction import Reduction, reduction_of
from deepvis_app.corpus.map.settings import MapSettings
from deepvis_app.errors import UserError
from deepvis_app.pieces import finished

if TYPE_CHECKING:
    from collections.abc import Generator

    from numpy.typing import NDArray

    from deepvis_app.corpus.codes import Codes
    from deepvis_app.corpus.map.placement import Placed

EARLY, LATE = 250, 500  # iterations, as openTSNE's and van der Maaten's
CHUNK = 10  # of them between two looks
EXAGGERATION = 12.0  # of the first ones
PCA_SPREAD = 1e-4  # of the start (Kobak and Berens, 2019)


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """A map on its way: `step` of `total` iterations, and points (N, 2) as they are."""

    step: int
    total: int
    points: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Embedding:
    """A map: a point for each of N pictures, by their ids.

    `points` (N, 2) are centred, the furthest at distance 1. `divergence` is t-SNE's
    Kullback-Leibler divergence, NaN for others.
    """

    codes: Codes
    settings: MapSettings
    reduction: Reduction
    points: NDArray[np.float32]
    divergence: float = float("nan")

    @cached_property
    def placer(self) -> Placer:
        """What finds the place of other codes."""
        return Placer(self.codes.values, self.points, self.reduction)

    def place(self, codes: NDArray[np.floating]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return where codes (M, C) belong, (M, 2), and how far they are from their neighbours.

        The distance (M,) is in units of what is usual in this corpus: 1 is the median of the
        pictures' own, and `placer.limit` what 99 in 100 of them stay below.
        """
        placed = [self.placer(code) for code in np.asarray(codes, np.float32)]
        points = np.array([one.point for one in placed], np.float32).reshape(-1, 2)
        return points, np.array([one.distance for one in placed], np.float32)

    def placed(self, code: NDArray[np.floating]) -> Placed:
        """Return where one code (C,) belongs, and its neighbours."""
        return self.placer(code)


def embed_codes(codes: Codes, settings: MapSettings | None = None) -> Embedding:
    """Lay codes out at once; see `embed_steps`."""
    return finished(embed_steps(codes, settings))


def step_count(settings: MapSettings) -> int:
    """Return how many steps a map takes."""
    return EARLY + LATE if settings.method == "tsne" else 1


def perplexity_of(settings: MapSettings, count: int) -> float:
    """Return the perplexity that `count` codes are laid out with: what is wished, or less.

    openTSNE looks at three times as many neighbours, and of few codes there are not as many.
    """
    return min(settings.perplexity, (count - 1) / 3)


def embed_steps(
    codes: Codes, settings: MapSettings | None = None
) -> Generator[Laid, None, Embedding]:
    """Lay codes out, yielding the map as it grows; the same codes always give the same map.

    "pca" takes the first two principal components. "tsne" is openTSNE's, from there on: the start
    is the principal components, so that the large is where it is in PCA, and it runs on one thread,
    so that its sums are the same everywhere.
    """
    settings = settings or MapSettings()
    reduction = reduction_of(codes.values, settings.metric, settings.components)
    reduced = reduction(codes.values)
    if reduced.shape[1] < 2:
        reduced = np.hstack([reduced, np.zeros_like(reduced)])
    if settings.method == "pca":
        points = centred(reduced[:, :2])
        yield Laid(1, 1, points)
        return Embedding(codes, settings, reduction, points)
    points, divergence = yield from _tsne(reduced, settings)
    return Embedding(codes, settings, reduction, points, divergence)


def line_of(codes: Codes, settings: MapSettings | None = None) -> NDArray[np.float32]:
    """Return where codes stand when t-SNE lays them out on a line, (N,), evenly in [-1, 1].

    Only their order is meant: on a line there are gaps, which say nothing.
    """
    settings = settings or MapSettings()
    reduction = reduction_of(codes.values, settings.metric, settings.components)
    points, _ = finished(_tsne(reduction(codes.values), settings, dimensions=1))
    places = np.argsort(np.argsort(points[:, 0], kind="stable"), kind="stable")
    found: NDArray[np.float32] = ((2 * places + 1) / len(places) - 1).astype(np.float32)
    return found


def _tsne(
    reduced: NDArray[np.float32], settings: MapSettings, dimensions: int = 2
) -> Generator[Laid, None, tuple[NDArray[np.float32], float]]:
    from openTSNE import TSNEEmbedding
    from openTSNE.affinity import PerplexityBasedNN

    total = step_count(settings)
    start = reduced[:, :dimensions].astype(np.float64)
    start *= PCA_SPREAD / max(float(start[:, 0].std()), 1e-300)
    yield Laid(0, total, centred(start))
    affinities = PerplexityBasedNN(
        reduced.astype(np.float64),
        perplexity=perplexity_of(settings, len(reduced)),
        method="exact" if len(reduced) <= 5000 else "auto",
        n_jobs=1,
        random_state=settings.seed,
    )
    yield Laid(0, total, centred(start))
    laid = TSNEEmbedding(start, affinities, n_jobs=1, random_state=settings.seed)
    rate = max(200.0, len(reduced) / EXAGGERATION)
    early = partial(laid.optimize, exaggeration=EXAGGERATION, momentum=0.8)
    late = partial(laid.optimize, momentum=0.8)
    for step in range(0, total, CHUNK):
        optimize = early if step < EARLY else late
        optimize(CHUNK, inplace=True, learning_rate=rate, n_jobs=1)
        yield Laid(step + CHUNK, total, centred(np.asarray(laid)))
    points = np.array(laid, np.float64)
    if not np.isfinite(points).all():
        raise UserError("The map came apart: t-SNE gave NaN", "Try another perplexity")
    return centred(points), float(laid.kl_divergence)


def centred(points: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return points (N, 2) around their middle, the furthest at distance 1."""
    middle = (points.max(0) + points.min(0)) / 2
    around = points - middle
    reach = float(np.sqrt((around**2).sum(1)).max())
    found: NDArray[np.float32] = (around / max(reach, 1e-300)).astype(np.float32)
    return found
