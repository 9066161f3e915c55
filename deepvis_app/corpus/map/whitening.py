"""Codes whitened: what is common to most pictures counts little, what tells some apart much.

S = (X'X / n)^-1 over all n codes X (n, C), not centred, as in the library lucid (Carter et al.,
2019). Where there are few codes for their width, or units that are silent or copies, that has no
inverse, or one of nothing but noise; so it is shrunk towards a multiple of the identity
(Ledoit and Wolf, 2004): (1 - s) X'X / n + s m I, with m the mean square of all units. Their own
choice of s serves the matrix; its inverse wants more, and a tenth is what made pictures of 500
photographs' cells that can be recognised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Doubles = NDArray[np.float64]

SHRINKAGE = 0.1
SAMPLE = 20_000  # codes that it is found from


class Whitening:
    """S of codes (N, C). Sums run on one thread, so that they are the same everywhere."""

    def __init__(self, codes: NDArray[np.floating], shrinkage: float = SHRINKAGE) -> None:
        """Find it, from `SAMPLE` evenly spaced codes where there are more.

        Raises `UserError` where all codes are zero.
        """
        from scipy.linalg import cho_factor

        x = np.asarray(codes[:: max(len(codes) // SAMPLE, 1)], np.float64)
        mean_square = float((x**2).mean())
        if not mean_square > 0:
            raise UserError("All pictures have a code of zero", "Choose another layer")
        self._share, self._floor = (1 - shrinkage) / len(x), shrinkage * mean_square
        # Of fewer codes than units the smaller one of X'X and XX' is inverted (Woodbury).
        self._x = x if len(x) < x.shape[1] else None
        with threadpool_limits(1):
            own = x @ x.T if self._x is not None else x.T @ x
            own.flat[:: len(own) + 1] += self._floor / self._share
            self._factor = cho_factor(own, overwrite_a=True)  # without (1 - s) / n

    def __call__(self, codes: NDArray[np.floating]) -> Doubles:
        """Return codes (K, C) times S."""
        from scipy.linalg import cho_solve

        values = np.asarray(codes, np.float64)
        with threadpool_limits(1):
            if self._x is None:
                found = cho_solve(self._factor, values.T).T / self._share
            else:
                inner = cho_solve(self._factor, self._x @ values.T)
                found = (values - inner.T @ self._x) / self._floor
        return np.ascontiguousarray(found)

    def directions(self, codes: NDArray[np.floating]) -> Doubles:
        """Return the directions (K, C), of length 1, that codes are preferred along."""
        found = self(codes)
        length = np.linalg.norm(found, axis=1, keepdims=True)
        return found / np.where(length > 0, length, 1)

    def cosines(self, codes: NDArray[np.floating], others: NDArray[np.floating]) -> Doubles:
        """Return how alike codes (K, C) are to others (M, C), (K, M): cosines of whitened ones."""
        left, right = np.asarray(codes, np.float64), np.asarray(others, np.float64)
        whitened = self(right)
        with threadpool_limits(1):
            products = left @ whitened.T
            lengths = np.sqrt(np.outer(_squares(left, self(left)), _squares(right, whitened)))
        return products / np.where(lengths > 0, lengths, 1)


def _squares(codes: Doubles, whitened: Doubles) -> Doubles:
    found: Doubles = np.maximum(np.einsum("kc,kc->k", codes, whitened), 0)
    return found
