"""Principal components: the directions along which codes vary most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.nets.directions import Directions

if TYPE_CHECKING:
    from deepvis_app.corpus.dictionaries.sums import Sums
    from deepvis_app.corpus.dictionaries.walk import Beside, Pieces

FLAT = 1e-9  # share of the variance below which a component is none


def component_steps(sums: Sums, count: int, beside: Beside) -> Pieces[Directions]:
    """Return the first components of codes as read-outs with their sign, 0 for the mean.

    They are eigenvectors of the covariance, as scikit-learn's PCA finds them, each such that its
    largest weight is positive; those of no variance are left out.
    """
    values, vectors = yield from beside(lambda: np.linalg.eigh(sums.covariance))
    order = np.argsort(-values, kind="stable")[:count]
    order = order[values[order] > FLAT * values.sum()]
    rows = vectors[:, order].T
    largest = np.take_along_axis(rows, np.abs(rows).argmax(1)[:, None], 1)
    rows = rows * np.sign(largest)
    return Directions(
        rows,
        -rows @ sums.mean,
        names=[f"component {number}" for number in range(1, len(rows) + 1)],
        decoder=rows,
        decoder_bias=sums.mean,
    )
