"""Sums over many codes, a piece at a time: means, covariances, regressions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Doubles = NDArray[np.float64]

CHUNK = 1 << 26  # products of a piece are of about so many numbers
RIDGE = 1e-4  # of the mean variance, added to each unit's: what hardly varies is not divided by


def chunks(count: int, width: int) -> Iterator[slice]:
    """Yield slices of `count` rows, each short work where a row costs `width` numbers."""
    size = max(CHUNK // max(width, 1), 64)
    for first in range(0, count, size):
        yield slice(first, first + size)


@dataclass(eq=False)
class Sums:
    """Sums of rows x (n, C) and, with them, of rows y (n, K)."""

    count: int
    sum_x: Doubles
    xx: Doubles  # (C, C)
    sum_y: Doubles
    xy: Doubles  # (C, K)

    @classmethod
    def of(cls, width: int, other: int = 0) -> Sums:
        zeros = np.zeros
        return cls(0, zeros(width), zeros((width, width)), zeros(other), zeros((width, other)))

    def add(self, x: NDArray[np.floating], y: NDArray[np.floating] | None = None) -> None:
        wide = x.astype(np.float64)
        self.count += len(x)
        self.sum_x += wide.sum(0)
        self.xx += wide.T @ wide
        if y is not None:
            self.sum_y += y.sum(0, dtype=np.float64)
            self.xy += wide.T @ y

    @property
    def mean(self) -> Doubles:
        found: Doubles = self.sum_x / self.count
        return found

    @property
    def covariance(self) -> Doubles:
        """(C, C), divided by the number of rows."""
        found: Doubles = self.xx / self.count - np.outer(self.mean, self.mean)
        return found

    def regression(self) -> tuple[Doubles, Doubles]:
        """Return weight (K, C) and bias (K,) of the best linear guess of y from x, by ridge."""
        covariance = self.covariance
        shift = RIDGE * max(float(np.trace(covariance)) / len(covariance), 1e-300)
        both = self.xy / self.count - np.outer(self.mean, self.sum_y / self.count)
        solved = np.linalg.solve(covariance + shift * np.eye(len(covariance)), both)
        weight = solved.T.astype(np.float64, copy=False)
        return weight, self.sum_y / self.count - weight @ self.mean
