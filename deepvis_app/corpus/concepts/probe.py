"""The linear probe: Fisher's discriminant of codes, with a ridge, in closed form.

`w = (S + ρ I)⁻¹ (μ₊ - μ₋)` with the total covariance S of the codes; the bias puts the means of the
two sides as far above zero as below. It is what ridge regression on the side gives (Hoerl and
Kennard 1970), and linear discriminant analysis with shrinkage but for the length of w.

Of few pictures of many units, all that is asked for follows from the codes' inner products. So
one decomposition of a matrix (n, n) serves all ridges and all labels, also shuffled ones.

Codes are centred and divided by one number, the spread of all units together. Standardising each
unit by its own was tried: on 20 and 20 of 500 photographs, with SqueezeNet's layers from `fire7`
on, it is right as often in the middle and 1 to 3 of 100 less often towards the end, where rare
units then count for as much as others. Logistic regression, its penalty chosen by
cross-validation, is right as often as this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Labels = NDArray[np.bool_]

USUAL = 1.0  # of the ridges
RIDGES = (0.01, 0.03, 0.1, 0.3, USUAL, 3.0)  # times the mean variance along the axes there are
_TINY = 1e-300
_ROUNDING = 1e-12  # of the largest half there can be: what the sums' rounding makes of none


@dataclass(frozen=True, slots=True, eq=False)
class Standard:
    """Codes as they are compared: (x - mean) / spread, with one spread for all units."""

    mean: Floats  # (C,)
    spread: float

    @classmethod
    def of(cls, codes: NDArray[np.floating]) -> Standard:
        wide = codes.astype(np.float64)
        mean = wide.mean(0)
        return cls(mean, float(np.sqrt(np.square(wide - mean).mean())) or 1.0)

    def __call__(self, codes: NDArray[np.floating]) -> Floats:
        found: Floats = (codes.astype(np.float64) - self.mean) / self.spread
        return found

    def folded(self, weight: Floats, bias: float) -> tuple[Floats, float]:
        """Return weight and bias that give on raw codes what these give on standardised ones."""
        own = weight / self.spread
        return own, bias - float(own @ self.mean)


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """Probes of n codes for S ridges and R labellings, by their inner products.

    Where both sides' means are the same, all coefficients are zero, and so is any score. A probe's
    weight is `codes.T @ coefficients[s, :, r]`, of codes that were centred on their mean.
    """

    coefficients: Floats  # (S, n, R)
    middle: Floats  # (S, R): the sum `w · (x - mean)` half way between the sides
    half: Floats  # (S, R): from there to the mean of either side


def solved(gram: Floats, width: int, labels: Labels, ridges: Floats) -> Solved:
    """Solve for inner products (n, n) of centred codes of C = `width` units, labels (n, R).

    Each labelling has both sides.
    """
    count = len(gram)
    values, vectors = np.linalg.eigh(gram / count)
    ridge = ridges * max(float(values.sum()), _TINY) / min(count - 1, width)
    contrast = labels / labels.sum(0) - ~labels / (~labels).sum(0)  # (n, R)
    weights = 1 / (np.maximum(values, 0) + ridge[:, None])  # (S, n)
    along = vectors.T @ contrast
    coefficients = vectors @ (weights[:, :, None] * along)
    scores = gram @ coefficients  # (S, n, R)
    half = (scores * contrast).sum(1) / 2
    middle = (scores * np.abs(contrast)).sum(1) / 2
    is_told = half > _ROUNDING * max(float(values.sum()), _TINY) / ridge[:, None]
    return Solved(
        np.where(is_told[:, None], coefficients, 0.0),
        np.where(is_told, middle, 0.0),
        np.where(is_told, half, 1.0),
    )


def centred(gram: Floats, rows: NDArray[np.intp]) -> Floats:
    """Return the inner products of some of the codes, centred on their own mean."""
    own = gram[np.ix_(rows, rows)]
    means = own.mean(0)
    found: Floats = own - means - means[:, None] + means.mean()
    return found


def scored(gram: Floats, rows: NDArray[np.intp], others: NDArray[np.intp], of: Solved) -> Floats:
    """Return scores (S, m, R) of other codes by probes of some: +1 and -1 at the sides' means."""
    own = gram[np.ix_(rows, rows)]
    across = gram[np.ix_(others, rows)]
    means = own.mean(0)
    about = across - across.mean(1)[:, None] - means + means.mean()
    found: Floats = (about @ of.coefficients - of.middle[:, None]) / of.half[:, None]
    return found


def probe(standard: Floats, labels: Labels, ridge: float) -> tuple[Floats, float]:
    """Return weight (C,) and bias of the probe of standardised codes (n, C) with labels (n,).

    On average it gives +1 on the codes of one side and -1 on those of the other. The weight is zero
    where both are the same on average.
    """
    mean = standard.mean(0)
    about = standard - mean
    found = solved(about @ about.T, standard.shape[1], labels[:, None], np.array([ridge]))
    half = found.half[0, 0]
    weight: Floats = about.T @ found.coefficients[0, :, 0] / half
    return weight, float(-found.middle[0, 0] / half - weight @ mean)
