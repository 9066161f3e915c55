"""The pictures that excite a unit most, without those that are nearly the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.state import NO_PLACE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.corpus.corpus import Corpus, Patch
    from deepvis_app.corpus.folder import Scores
    from deepvis_app.nets.layers import Unit

AMONG = 36  # pictures, the first ones, of which some are chosen
# Cosine of what two pictures give in the deepest map, less the mean of all pictures. Without that
# mean any two photographs are near in early layers: .95 is their median in SqueezeNet's.
NEAR = 0.75


def varied(
    corpus: Corpus, unit: Unit, count: int = 9, *, among: int = AMONG, near: float = NEAR
) -> tuple[Patch, ...]:
    """Return top pictures, the first one first, leaving out what is near to one before it.

    Fewer than `count` where the first `among` have no more. Where scores were not kept, these are
    the plain top pictures.
    """
    listed = corpus.top(unit)
    codes = corpus.scores(_code_layer(corpus))
    scores = corpus.scores(unit.layer, corpus.index(unit))
    if codes is None or scores is None:
        return listed[:count]
    standing = _standing(codes)
    place = {int(row): n for n, row in enumerate(codes.rows)}
    chosen: list[Patch] = []
    taken: list[NDArray[np.float64]] = []
    for patch in [*listed, *_further(corpus, unit, scores, listed, among)][:among]:
        own = standing[place[corpus.plan.row(patch.picture) or 0]]
        if all(float(own @ other) < near for other in taken):
            chosen.append(patch)
            taken.append(own)
        if len(chosen) == count:
            break
    return tuple(chosen)


def _code_layer(corpus: Corpus) -> str:
    """Return the deepest layer that has maps: it tells pictures apart best."""
    parts = [part for part in corpus.manner.parts if part.shape[1] * part.shape[2] > 1]
    return parts[-1].name if parts else corpus.manner.parts[-1].name


def _standing(codes: Scores) -> NDArray[np.float64]:
    values = np.nan_to_num(codes.values.astype(np.float64))
    values -= values.mean(0)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    found: NDArray[np.float64] = values / np.where(lengths > 0, lengths, 1.0)
    return found


def _further(
    corpus: Corpus, unit: Unit, scores: Scores, listed: tuple[Patch, ...], among: int
) -> list[Patch]:
    """Return the pictures behind those that are listed, by the table of scores."""
    values = scores.values.astype(np.float64)
    ids = corpus.plan.ids[scores.rows]
    can_be = np.isfinite(values) & ~np.isin(ids, np.array([p.picture for p in listed], np.uint64))
    if corpus.stats(unit.layer).bottom is None:
        can_be &= values > 0
    rows = np.flatnonzero(can_be)
    rows = rows[np.lexsort((ids[rows], -values[rows]))][: max(among - len(listed), 0)]
    places = np.full(len(values), NO_PLACE) if scores.places is None else scores.places
    return [
        corpus.patch(unit.layer, int(scores.rows[n]), float(values[n]), int(places[n]))
        for n in rows
    ]
