"""Which training examples are probably labelled wrongly, by those of a class that is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PERCENTILE = 99.0


def suspects(margins: NDArray[Any], fake: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the places of suspect examples, the most suspect first; [] where none can be told.

    `margins` (N,) are mean margins (see `evidence.Margins`), `fake` (N,) marks the examples of the
    class that does not exist: no label of theirs is right, so one below their 99th percentile
    stands as a wrong label does (Pleiss et al. 2020, section 4).
    """
    known = fake & ~np.isnan(margins)
    if not known.any():
        return np.zeros(0, np.int64)
    threshold = np.percentile(margins[known], PERCENTILE)
    found = np.flatnonzero(~fake & (margins < threshold))
    return found[np.argsort(margins[found], kind="stable")]
