"""One picture's code as a scan keeps it: each unit's score, pooled and rounded in the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.folder import halves
from deepvis_app.corpus.measure import Score

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor


def pooled(maps: Tensor, score: Score) -> Tensor:
    """Return what each unit counts, float32 (C,), of one picture's maps (1, C, h, w).

    Of `Score.RELEVANCE` the maps are those of what each place contributes.
    """
    maps = maps[0].float()
    if maps.shape[1] * maps.shape[2] == 1:
        return maps[:, 0, 0]
    return maps.mean((1, 2)) if score is Score.MEAN else maps.amax((1, 2))


def as_kept(scores: Tensor) -> NDArray[np.float16]:
    """Return scores (C,) as they stand in the files of a scan."""
    return halves(scores.cpu().numpy() + np.float32(0))  # -0 becomes 0, as there
