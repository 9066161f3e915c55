"""Pictures without those that are nearly the same as one before them: bursts, film, crops."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from deepvis_app.corpus.corpus import Corpus, Patch
    from deepvis_app.corpus.folder import Scores

# Cosine of what two pictures give in the deepest map, less the mean of all pictures. Without that
# mean any two photographs are near in early layers: .95 is their median in SqueezeNet's.
NEAR = 0.75


def varied(
    corpus: Corpus, patches: Sequence[Patch], count: int, near: float = NEAR
) -> tuple[Patch, ...]:
    """Return the first `count` of some patches, leaving out what is near to one before it.

    Fewer where there are no more. Where scores were not kept, these are the plain first ones.
    """
    codes = corpus.scores(_code_layer(corpus))
    if codes is None:
        return tuple(patches[:count])
    standing = _standing(codes)
    place = {int(corpus.plan.ids[row]): n for n, row in enumerate(codes.rows)}
    chosen: list[Patch] = []
    taken: list[NDArray[np.float64]] = []
    for patch in patches:
        own = standing[place[patch.picture]]
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
    values = np.nan_to_num(codes.values.astype(np.float64), posinf=0.0, neginf=0.0)
    values -= values.mean(0)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    found: NDArray[np.float64] = values / np.where(lengths > 0, lengths, 1.0)
    return found
