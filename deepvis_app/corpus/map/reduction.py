"""Codes made comparable and short: scaled as the metric wants it, then their principal parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

SAMPLE = 20_000  # codes that the principal components are found from


@dataclass(frozen=True, slots=True, eq=False)
class Reduction:
    """From codes (N, C) to their first principal components (N, D).

    `mean` (C,), `axes` (D, C) with orthonormal rows; `explained` is the share of the codes'
    variance that the D components have.
    """

    metric: str
    mean: Floats
    axes: Floats
    explained: float

    def scaled(self, codes: NDArray[np.floating]) -> Floats:
        """Return codes as distances are taken between: of length 1 for the cosine's."""
        return scaled(codes, self.metric)

    def __call__(self, codes: NDArray[np.floating]) -> Floats:
        """Return the principal components of codes (N, C), float32 (N, D)."""
        if codes.shape[1:] != self.mean.shape:
            raise UserError(
                f"These codes have {codes.shape[1]} numbers, the map's {len(self.mean)}",
                "Choose the map of the layer that they are from",
            )
        reduced = (self.scaled(codes) - self.mean) @ self.axes.T
        return reduced.astype(np.float32, copy=False)


def scaled(codes: NDArray[np.floating], metric: str) -> Floats:
    """Return float32 codes (N, C), for the cosine metric each of length 1 (a zero one stays)."""
    values = np.ascontiguousarray(codes, np.float32)
    if metric != "cosine":
        return values
    length = np.linalg.norm(values, axis=1, keepdims=True)
    unit = values / np.where(length > 0, length, 1)
    return unit.astype(np.float32, copy=False)


def reduction_of(codes: NDArray[np.floating], metric: str, components: int) -> Reduction:
    """Return the principal components of codes, at most as many as these have.

    From `SAMPLE` evenly spaced ones where there are more; the same codes always give the same.
    Raises `UserError` where all codes are equal.
    """
    from sklearn.decomposition import PCA

    step = max(len(codes) // SAMPLE, 1)
    values = scaled(codes[::step], metric)
    total = float(values.var(0, dtype=np.float64).sum())
    if not total > 1e-12 * max(float((values**2).mean()), 1e-30):
        raise _nothing(np.asarray(codes[::step]))
    count = min(components, *values.shape)
    with threadpool_limits(1):  # sums are the same however many cores there are
        found = PCA(count, svd_solver="covariance_eigh").fit(values.astype(np.float64))
    share = float(found.explained_variance_ratio_.sum())
    mean, axes = found.mean_.astype(np.float32), found.components_.astype(np.float32)
    return Reduction(metric, mean, axes, share)


def _nothing(codes: NDArray[np.floating]) -> UserError:
    """Return why codes that are all the same to a metric cannot be laid out."""
    if (codes == codes[0]).all():
        return UserError(
            "All pictures have the same code: there is nothing to lay out",
            "Choose another layer, or pictures that differ",
        )
    return UserError(
        "The codes of all pictures differ in their size alone, which cosine distances do not see",
        "Lay out with --metric euclidean, or another layer",
        in_window="Choose another layer",
    )
