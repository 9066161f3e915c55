"""How far a map is to be trusted, in figures.

Of the map: trustworthiness (Venna and Kaski, 2001; scikit-learn's) and how many of a code's true
neighbours are near it. Of the placement of new codes: a tenth is held out, the rest is laid out,
and the held-out ones are placed; their classes are then compared with those of their neighbours in
the map, beside the same among the codes themselves (the most there can be) and beside codes whose
order is shuffled (which must be no better than chance).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.map.embedding import embed_steps
from deepvis_app.corpus.map.reduction import scaled
from deepvis_app.pieces import finished

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray

    from deepvis_app.corpus.codes import Codes
    from deepvis_app.corpus.map.embedding import Embedding
    from deepvis_app.corpus.map.settings import MapSettings

NEIGHBOURS = 10
TENTHS, ENOUGH = 10, 1000
MOST = 5000  # pictures that trustworthiness is found for: it needs all pairs


@dataclass(frozen=True, slots=True)
class Placement:
    """Class hits of codes that a map was not made of; each a factor over chance.

    `placed` in the map, `codes` among the codes, `shuffled` in the map with the codes' order mixed.
    NaN without classes. `held_out` codes were placed.
    """

    held_out: int
    placed: float
    codes: float
    shuffled: float

    @property
    def kept(self) -> float:
        """What of the codes' own hits the map keeps."""
        return self.placed / self.codes if self.codes > 0 else float("nan")


@dataclass(frozen=True, slots=True)
class MapFigures:
    """`trustworthiness` and `recall` (0..1) of a map with so many neighbours of each picture."""

    trustworthiness: float
    recall: float
    neighbours: int


def map_figures(embedding: Embedding, neighbours: int = NEIGHBOURS) -> MapFigures:
    """Return how far neighbours in the map are neighbours among codes; of `MOST` at most.

    Of few codes fewer neighbours are looked at: less than half of all are near.
    """
    from sklearn.manifold import trustworthiness

    step = -(-len(embedding.points) // MOST)
    codes = scaled(embedding.codes.values[::step], embedding.settings.metric)
    points = embedding.points[::step]
    count = min(neighbours, (len(points) - 1) // 2)
    trusted = float(trustworthiness(codes, points, n_neighbors=count))
    near, true = (_nearest(a, a, count + 1)[:, 1:] for a in (points, codes))
    hits = [len(set(a) & set(b)) for a, b in zip(near.tolist(), true.tolist(), strict=True)]
    return MapFigures(trusted, float(np.mean(hits)) / count, count)


def placement_figures(codes: Codes, settings: MapSettings, seed: int = 0) -> Placement:
    """Find the figures of placement at once; see `placement_steps`."""
    return finished(placement_steps(codes, settings, seed))


def placement_steps(
    codes: Codes, settings: MapSettings, seed: int = 0
) -> Generator[float, None, Placement]:
    """Hold a tenth of the codes out, lay out the rest, place them, and count class hits.

    Of a small corpus the next tenth follows, until `ENOUGH` codes were held out or all of them.
    Yields the share (0..1) that is done. Without classes there is nothing to count.
    """
    if not (codes.labels >= 0).any():
        return Placement(0, *[float("nan")] * 3)
    chance = np.random.default_rng(seed)
    parts = np.array_split(chance.permutation(len(codes)), TENTHS)
    mixed = replace(codes, values=codes.values[chance.permutation(len(codes))])
    values = scaled(codes.values, settings.metric)
    rounds = min(-(-ENOUGH // len(parts[-1])), TENTHS)
    found: list[tuple[Hits, Hits, Hits]] = []
    for number, out in enumerate(parts[:rounds]):
        kept = np.setdiff1d(np.arange(len(codes)), out)
        near = _nearest(values[out], values[kept], NEIGHBOURS)
        own = hits_of(codes.labels[kept][near], codes.labels[out], codes.labels[kept])
        placed = yield from _laid(codes, kept, out, settings, (2 * number, 2 * rounds))
        by_chance = yield from _laid(mixed, kept, out, settings, (2 * number + 1, 2 * rounds))
        found.append((placed, own, by_chance))
    placed, own, by_chance = map(Hits.joined, zip(*found, strict=True))
    return Placement(len(own), placed.over_chance, own.over_chance, by_chance.over_chance)


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """Of each query: the share of its neighbours that have its class, and what chance gives."""

    shares: NDArray[np.float64]
    chances: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.shares)

    @classmethod
    def joined(cls, parts: Sequence[Hits]) -> Hits:
        return cls(
            np.concatenate([one.shares for one in parts]),
            np.concatenate([one.chances for one in parts]),
        )

    @property
    def over_chance(self) -> float:
        expected = float(self.chances.sum())
        return float(self.shares.sum()) / expected if expected > 0 else float("nan")


def hits_of(near: NDArray[np.int64], own: NDArray[np.int64], all_labels: NDArray[np.int64]) -> Hits:
    """Compare the labels of neighbours (M, k) with the queries' own (M,); those of -1 have none."""
    known = own >= 0
    counts = np.bincount(all_labels[all_labels >= 0], minlength=int(own.max(initial=0)) + 1)
    shares = (near[known] == own[known][:, None]).mean(1)
    return Hits(shares, counts[own[known]] / len(all_labels))


def shares(
    codes: Codes, settings: MapSettings, turn: tuple[int, int] = (0, 1)
) -> Generator[float, None, Embedding]:
    """Lay codes out as `embed_steps`, yielding the share that is done of all turns."""
    steps = embed_steps(codes, settings)
    while True:
        try:
            laid = next(steps)
        except StopIteration as stop:
            embedding: Embedding = stop.value
            return embedding
        yield (turn[0] + laid.step / laid.total) / turn[1]


def _laid(
    codes: Codes,
    kept: NDArray[np.int64],
    out: NDArray[np.int64],
    settings: MapSettings,
    turn: tuple[int, int],
) -> Generator[float, None, Hits]:
    """Lay out what is kept, place the others; `turn` is how many went before, and of how many."""
    part = replace(
        codes,
        ids=codes.ids[kept],
        rows=codes.rows[kept],
        values=codes.values[kept],
        labels=codes.labels[kept],
    )
    embedding = yield from shares(part, settings, turn)
    points, _ = embedding.place(codes.values[out])
    near = _nearest(points, embedding.points, NEIGHBOURS)
    return hits_of(part.labels[near], codes.labels[out], part.labels)


def _nearest(
    queries: NDArray[np.floating], all_of: NDArray[np.floating], count: int
) -> NDArray[np.int64]:
    """Return the places (M, count) of the nearest of N rows to each of M, nearest first."""
    squares = (all_of.astype(np.float64) ** 2).sum(1)
    away = squares - 2 * queries.astype(np.float64) @ all_of.astype(np.float64).T
    found: NDArray[np.int64] = np.argsort(away, 1, kind="stable")[:, :count]
    return found
