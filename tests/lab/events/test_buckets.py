"""Foreign buckets in the lab's bins: no value is lost, and each lies as near as can be known."""

import numpy as np
import pytest
from tensorboard.compat.proto.histogram_pb2 import HistogramProto

from deepvis_app.lab.events import buckets
from deepvis_app.lab.events.wire import Malformed, Message
from deepvis_app.lab.log.bins import (
    COUNT,
    NEGATIVE_INFINITY,
    POSITIVE_INFINITY,
    SUBNORMAL,
    ZERO,
    bins_of,
)

LARGEST = np.finfo(np.float64).max


def of(*rows):
    return buckets.of_buckets(*np.array(rows, float).reshape(-1, 3).T)


def proto(**fields):
    return buckets.of_proto(Message(HistogramProto(**fields).SerializeToString()))


def filled(counts):
    return {int(place): int(counts[place]) for place in np.flatnonzero(counts)}


def test_a_bucket_within_a_power_of_two_is_in_that_bin():
    assert filled(of([1.0, 1.5, 3], [1.5, 2.0, 4])) == {127: 7}
    assert filled(of([-1.5, -1.0, 3])) == {256 + 127: 3}


def test_a_bucket_over_several_is_shared_by_length():
    assert filled(of([1.0, 8.0, 700])) == {127: 100, 128: 200, 129: 400}
    assert filled(of([-2.0, 2.0, 8])) == {127: 2, 126: 1, 125: 1, 383: 2, 382: 1, 381: 1}


@pytest.mark.parametrize("seed", range(20))
def test_no_value_is_lost_or_made(seed):
    rng = np.random.default_rng(seed)
    edges = np.sort(rng.normal(size=40) * 10.0 ** rng.integers(-50, 50, 40))
    counts = rng.integers(0, 1000, 39)
    found = buckets.of_buckets(edges[:-1], edges[1:], counts.astype(float))
    assert found.sum() == counts.sum()
    assert (found >= 0).all()
    # Below each power of two there are as many as the buckets say, but for one that it parts, and
    # for those at zero, whose sign is not told.
    at_zero = found[ZERO] + found[SUBNORMAL]
    for place in (1, 100, 127, 200):
        edge = 2.0 ** (place - 127)
        below = found[257:511].sum() + at_zero + found[1:place].sum()
        surely, possibly = counts[edges[1:] <= edge].sum(), counts[edges[:-1] < edge].sum()
        assert surely <= below <= possibly


def test_buckets_out_of_order_are_put_in_order():
    rows = [[1.0, 2.0, 3], [4.0, 8.0, 5], [2.0, 4.0, 7]]
    assert filled(of(*rows)) == {127: 3, 128: 7, 129: 5}


def test_points_and_what_is_beyond_float32():
    found = of([3.0, 3.0, 2], [np.inf, np.inf, 4], [-np.inf, -np.inf, 5], [0.0, 0.0, 6])
    assert filled(found) == {128: 2, POSITIVE_INFINITY: 4, NEGATIVE_INFINITY: 5, ZERO: 6}
    assert filled(of([1e39, 1e40, 3])) == {254: 3}
    assert of([-np.inf, np.inf, 1000]).sum() == 1000


def test_the_innermost_buckets_are_zero():
    assert filled(of([-1e-12, 0.0, 3], [0.0, 1e-12, 4])) == {ZERO: 7}
    assert ZERO not in filled(of([1e-13, 1e-12, 3]))


def test_the_outermost_buckets_end_at_the_smallest_and_largest_value():
    """As TensorFlow 1 writes them: the last limit is the largest number there is."""
    found = proto(min=1.0, max=3.9, num=6, sum=12, sum_squares=30,
                  bucket_limit=[2.0, LARGEST], bucket=[2.0, 4.0])  # fmt: skip
    assert filled_of(found) == {127: 2, 128: 4}


def test_a_histogram_of_one_value():
    found = proto(min=5.0, max=5.0, num=3, sum=15, bucket_limit=[4.9, 5.2], bucket=[0.0, 3.0])
    assert filled_of(found) == {int(bins_of(np.array([5.0]))[0]): 3}


def filled_of(found):
    return dict(zip(found.bins.tolist(), found.counts.tolist(), strict=True))


def test_a_histogram_of_nothing():
    assert filled_of(proto()) == {}
    assert filled_of(proto(bucket_limit=[1.0], bucket=[0.0])) == {}


@pytest.mark.parametrize(
    "rows",
    [
        [[1, 2, -3]], [[1, 2, np.nan]], [[1, 2, np.inf]], [[1, 2, 1e30]], [[2, 1, 3]],
        [[np.nan, 1, 3]], [[1, np.nan, 3]], [[1, 3, 3], [2, 4, 3]],
    ],
)  # fmt: skip
def test_buckets_that_cannot_be(rows):
    with pytest.raises(Malformed, match="that"):
        of(*rows)


def test_lists_that_do_not_match():
    with pytest.raises(Malformed, match="more limits"):
        proto(bucket_limit=[1.0, 2.0], bucket=[1.0])
    with pytest.raises(Malformed, match="not"):
        buckets.of_tensor(np.zeros((3, 2)))


def test_all_bins_of_usual_numbers_come_back():
    counts = np.zeros(COUNT, np.int64)
    counts[1:255] = np.arange(254)
    counts[257:511] = 3 * np.arange(254)
    counts[ZERO] = 9
    bins = np.flatnonzero(counts)
    found = buckets.of_proto(Message(b"".join(buckets.to_proto(bins, counts[bins]))))
    assert filled_of(found) == filled(counts)
