"""What a line drawn around points encloses, and what the pictures in it share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from deepvis_app.corpus.codes import Codes

SHOWN = 12


@dataclass(frozen=True, slots=True)
class Shared:
    """A unit that pictures share: their mean is `deviations` of the corpus' above the mean."""

    unit: int
    deviations: float
    mean: float  # of the pictures


def inside(
    points: NDArray[np.floating], outline: Sequence[tuple[float, float]]
) -> NDArray[np.bool_]:
    """Return which of N points (N, 2) lie in a polygon, (N,); it closes itself.

    A point is in where a ray from it crosses the outline an odd number of times. An outline of
    fewer than three corners encloses nothing.
    """
    x, y = points[:, 0].astype(np.float64), points[:, 1].astype(np.float64)
    found = np.zeros(len(points), bool)
    if len(outline) < 3:
        return found
    corners = np.asarray(outline, np.float64)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, 0), strict=True):
        if y0 != y1:
            crosses = (y0 <= y) != (y1 <= y)
            found ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return found


def shared_units(codes: Codes, places: NDArray[np.int64], count: int = SHOWN) -> tuple[Shared, ...]:
    """Return the units in which pictures differ most from all, upwards, the strongest first.

    `places` are theirs in `codes`. The difference is in standard deviations over the corpus; a unit
    that never changes has none.
    """
    if not len(places) or len(places) == len(codes):
        return ()
    values = codes.values.astype(np.float64)
    mean, spread = values.mean(0), values.std(0)
    own = values[places].mean(0)
    changes = spread > 1e-6 * np.maximum(np.abs(values).max(0), 1e-30)
    with np.errstate(divide="ignore", invalid="ignore"):
        deviations = np.where(changes, (own - mean) / spread, -np.inf)
    order = np.argsort(-deviations, kind="stable")[:count]
    return tuple(
        Shared(int(unit), float(deviations[unit]), float(own[unit]))
        for unit in order
        if deviations[unit] > 0
    )


def class_counts(codes: Codes, places: NDArray[np.int64]) -> tuple[tuple[str, int], ...]:
    """Return the classes of pictures with how many there are, the most frequent first."""
    labels = codes.labels[places]
    counts = np.bincount(labels[labels >= 0], minlength=len(codes.classes))
    order = np.argsort(-counts, kind="stable")
    return tuple((codes.classes[number], int(counts[number])) for number in order if counts[number])
