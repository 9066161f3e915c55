"""Histograms of event files and those of the lab, turned into each other.

The lab's bins are signed powers of two. A foreign bucket that spans several of them is taken as
evenly filled, and the running sum of counts is rounded at each power of two, so that their sum
stays. What such a log cannot tell is not known: exact zeros lie in TensorBoard's innermost buckets,
of 1e-12 and less, and what is in those is counted as zero. Values that are no numbers were left out
of the buckets, but counted: they come back as such.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from deepvis_app.lab.events import wire
from deepvis_app.lab.events.wire import Malformed, Message
from deepvis_app.lab.log.bins import (
    BIAS,
    COUNT,
    NEGATIVE,
    NON_FINITE,
    NOT_A_NUMBER,
    POSITIVE,
    SUBNORMAL,
    ZERO,
    bins_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

INNERMOST = 1.5e-12  # TensorBoard's first bucket ends at 1e-12
MOST_COUNT = 2.0**62  # of values in a histogram, that their sum is a whole number

# Of the lab's bins of usual numbers: their edges, rising, and which bins are between.
_POWERS = np.ldexp(1.0, np.arange(1, 256) - BIAS)  # 2^-126 … 2^128
_EDGES = np.concatenate([-_POWERS[::-1], [0.0], _POWERS])
_BETWEEN = np.concatenate(
    [np.arange(NEGATIVE.start, NEGATIVE.stop)[::-1], [SUBNORMAL] * 2,
     np.arange(POSITIVE.start, POSITIVE.stop)]
)  # fmt: skip
_LARGEST = float(np.finfo(np.float32).max)


class Filled(NamedTuple):
    """The bins of a histogram that are not empty."""

    bins: NDArray[np.int16]
    counts: Ints

    @classmethod
    def of(cls, counts: Ints) -> Filled:
        """Keep what is not empty of all bins (COUNT,)."""
        bins = np.flatnonzero(counts)
        return cls(bins.astype(np.int16), counts[bins])


# Reading


def of_proto(histogram: Message) -> Filled:
    """Return a HistogramProto's counts. Raises `Malformed`."""
    limits = histogram.array(6, np.dtype("<f8")).astype(np.float64)
    counts = histogram.array(7, np.dtype("<f8")).astype(np.float64)
    if len(limits) != len(counts):
        raise Malformed("a histogram has more limits than counts")
    least, most = histogram.double(1), histogram.double(2)
    named, total = histogram.double(3) or 0.0, histogram.double(4) or 0.0
    used = np.flatnonzero(counts)
    found = np.zeros(COUNT, np.int64)
    if len(used):
        first, last = used[0], used[-1]
        lefts = np.concatenate([limits[:1], limits[:-1]])[first : last + 1].copy()
        rights = limits[first : last + 1].copy()
        # The outermost limits may be those of all numbers; smallest and largest are known.
        if least is not None and np.isfinite(least) and (first == 0 or least > lefts[0]):
            lefts[0] = min(least, rights[0])
        if most is not None and np.isfinite(most):
            rights[-1] = max(min(most, rights[-1]), lefts[-1])
        found = of_buckets(lefts, rights, counts[first : last + 1])
    left_out = named - counts.sum()
    if not np.isfinite([least or 0.0, most or 0.0, total]).all() and 1 <= left_out < MOST_COUNT:
        found[NOT_A_NUMBER] += round(left_out)
    return Filled.of(found)


def of_tensor(rows: Floats) -> Filled:
    """Return the counts of a histogram of TensorFlow 2, (n, 3) left, right, count."""
    if rows.ndim != 2 or rows.shape[1] != 3:
        raise Malformed("a histogram is not (n, 3)")
    return Filled.of(of_buckets(*rows.T))


def of_buckets(lefts: Floats, rights: Floats, counts: Floats) -> Ints:
    """Return the lab's counts (COUNT,) of values that lie in buckets (n,). Raises `Malformed`."""
    if len(counts) and not (counts.min() >= 0 and counts.sum() <= MOST_COUNT):  # nor NaN
        raise Malformed("a histogram has counts that cannot be")
    if not (rights >= lefts).all():
        raise Malformed("a histogram has buckets that cannot be")
    found = np.zeros(COUNT, np.int64)
    wide = (counts > 0) & (lefts < rights)
    for place in np.flatnonzero((lefts <= 0) & (rights >= 0) & (counts > 0)):
        if lefts[place] >= -INNERMOST and rights[place] <= INNERMOST:
            found[ZERO] += round(counts[place])
            wide[place] = False
    single = (lefts == rights) & (lefts != 0) & (counts > 0)
    if single.any():
        at = lefts[single]
        bins = bins_of(np.where(np.isinf(at), at, _in_range(at)))
        np.add.at(found, bins, np.rint(counts[single]).astype(np.int64))
    if wide.any():
        _spread(lefts[wide], rights[wide], counts[wide], found)
    return found


def _spread(lefts: Floats, rights: Floats, counts: Floats, found: Ints) -> None:
    """Add the values of evenly filled buckets to the bins that they reach into."""
    if (lefts[1:] < rights[:-1]).any():  # they are in order as a rule
        order = np.argsort(lefts, kind="stable")
        lefts, rights, counts = lefts[order], rights[order], counts[order]
        if (lefts[1:] < rights[:-1]).any():
            raise Malformed("a histogram has buckets that overlap")
    places, sums = np.empty(2 * len(counts)), np.empty(2 * len(counts))
    places[0::2], places[1::2] = _in_range(lefts), _in_range(rights)
    sums[1::2] = np.cumsum(counts)
    sums[0], sums[2::2] = 0.0, sums[1:-1:2]  # not by a difference, which may round
    first = int(np.searchsorted(_EDGES, places[0], "right")) - 1
    end = int(np.searchsorted(_EDGES, places[-1], "left")) + 1
    reached = np.rint(np.interp(_EDGES[first:end], places, sums))
    # At once would not do: subnormals of either sign have one bin.
    np.add.at(found, _BETWEEN[first : end - 1], (reached[1:] - reached[:-1]).astype(np.int64))


def _in_range(values: Floats) -> Floats:
    return np.minimum(np.maximum(values, -_LARGEST), _LARGEST)


# Writing


def to_proto(bins: NDArray[np.integer], counts: Ints) -> list[bytes]:
    """Return the fields of a HistogramProto of the finite values; bins as in `lab.log.bins`.

    Its limits are powers of two and exact; smallest, largest, sum and sum of squares are those of
    values in the middle of their bins.
    """
    dense = np.zeros(COUNT, np.int64)
    np.add.at(dense, bins, counts)
    dense[list(NON_FINITE)] = 0
    between = dense[_BETWEEN]
    middle = len(_BETWEEN) // 2  # subnormals of either sign are one bin, as good as zero
    between[middle - 1], between[middle] = 0, dense[ZERO] + dense[SUBNORMAL]
    used = np.flatnonzero(between)
    if not len(used):
        return [wire.doubles(6, [0.0]), wire.doubles(7, [0.0])]
    first, last = used[0], used[-1] + 1
    limits = _EDGES[first : last + 1]
    filled = np.concatenate(
        [[0], between[first:last]]
    )  # an empty one, whose limit is the left edge
    middles = (_EDGES[first:last] + _EDGES[first + 1 : last + 1]) / 2
    middles[np.arange(first, last) == middle] = 0.0
    values = between[first:last].astype(np.float64)
    return [
        wire.double(1, limits[0]), wire.double(2, limits[-1]), wire.double(3, float(values.sum())),
        wire.double(4, float(values @ middles)), wire.double(5, float(values @ middles**2)),
        wire.doubles(6, limits), wire.doubles(7, filled.astype(np.float64)),
    ]  # fmt: skip
