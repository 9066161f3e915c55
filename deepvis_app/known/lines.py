"""A scalar of a run as it is drawn: its values, their running mean, and which points tell."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.tiles.thinned import telling

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.lab.log.run import Series

    Floats = NDArray[np.float64]

POINTS = 4000  # of a curve that is seen whole: more than there are pixels
SHARE = 50  # a mean of the usual width is over a fiftieth of the values


@dataclass(frozen=True, slots=True)
class Extent:
    """Between which values a scalar lies, of what is finite; `low` and `high` are NaN for none.

    `low` and `high` leave out a fiftieth below and a twentieth above. `least` is the least value
    above zero, NaN for none. `peak` and `broken` are the places of the highest value and of the
    first that is not finite, -1 for none.
    """

    first: float = nan
    low: float = nan
    high: float = nan
    top: float = nan
    least: float = nan
    peak: int = -1
    broken: int = -1


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """`smooth[k]` is the mean of the `window` values up to `values[k]`; window 1: it is the same.

    `raw_kept` and `smooth_kept` are the places of the points that are drawn of a whole curve.
    """

    series: Series
    smooth: Floats
    window: int
    raw_kept: NDArray[np.int64]
    smooth_kept: NDArray[np.int64]
    extent: Extent


def line_of(series: Series, smooth: int = 0) -> Line:
    """Return what is drawn of a scalar; `smooth` values make a mean, 0: a fiftieth of all."""
    count = len(series.values)
    window = min(smooth or max(count // SHARE, 1), max(count, 1))
    means = series.values if window == 1 else running_mean(series.values, window)
    kept = telling(series.values, POINTS), telling(means, POINTS)
    return Line(series, means, window, *kept, extent_of(series.values))


def extent_of(values: Floats) -> Extent:
    """Return between which values (n,) lie."""
    finite = np.isfinite(values)
    broken = -1 if finite.all() else int((~finite).argmax())
    known = values[finite]
    if not len(known):
        return Extent(broken=broken)
    low, high = np.quantile(known, (0.02, 0.95))
    above = known[known > 0]
    return Extent(
        first=float(known[0]), low=float(low), high=float(high), top=float(known.max()),
        least=float(above.min()) if len(above) else nan,
        peak=int(np.where(finite, values, -np.inf).argmax()), broken=broken,
    )  # fmt: skip


def running_mean(values: Floats, window: int) -> Floats:
    """Return the mean of the last `window` values (fewer at the start) at each, float64 (n,).

    What is not finite counts in no mean and is a gap itself.
    """
    known = np.isfinite(values)
    plain = np.where(known, values, 0.0)
    total, count = _last(plain, window), _last(known.astype(np.float64), window)
    means = np.full(len(values), np.nan)
    np.divide(total, count, out=means, where=known & (count > 0))
    return means


def _last(values: Floats, window: int) -> Floats:
    """Return the sum of the last `window` values at each."""
    out = np.convolve(values, np.ones(window))[: len(values)] if window <= 64 else None
    if out is not None:
        return out
    sums = np.cumsum(values)
    sums[window:] -= sums[:-window].copy()
    return sums
