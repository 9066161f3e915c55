"""States as they are kept.

Few bins are ever met, products are symmetric, and a class has as many pictures for every unit
unless some gave no number. Where classes are many, most of a shard's have one picture: the sum of
its scores is a float32, and that of their squares follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis_app.corpus.bins import BINS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


def compacted(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return the arrays of a state (`state.packed`) as they are kept."""
    found = dict(arrays)
    histogram = found.pop("histogram")
    met = np.flatnonzero(histogram)
    found["bins"], found["in_bins"] = _narrow(met), _narrow(histogram.ravel()[met])
    products = found.pop("products", None)
    if products is not None:
        found["upper_products"] = products[np.triu_indices(len(products))]
    counts = found.pop("classes.count")
    alike = counts.shape[1] > 0 and bool((counts == counts[:, :1]).all())
    counts = np.ascontiguousarray(counts[:, :1]) if alike else counts
    total, squares = found.pop("classes.total"), found.pop("classes.squares")
    lone = _lone(counts)
    found["in_classes"], found["lone_in_class"] = counts, total[lone].astype(np.float32)
    found["classes.total"], found["classes.squares"] = total[~lone], squares[~lone]
    return found


def _lone(counts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return the classes (M,) that have at most one picture, by `counts` (M, C) or (M, 1)."""
    return np.asarray((counts <= 1).all(1))


def _narrow(numbers: NDArray[np.int64]) -> NDArray[np.integer]:
    return numbers.astype(np.int32) if numbers.max(initial=0) < 1 << 31 else numbers


def whole(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return what `compacted` was given. Raises `KeyError` or `ValueError`."""
    found = dict(arrays)
    count = len(found["count"])
    histogram = np.zeros(count * BINS, np.int64)
    bins = found.pop("bins")
    if bins.min(initial=0) < 0 or bins.max(initial=0) >= len(histogram):
        raise ValueError("it has bins that there are not")
    histogram[bins] = found.pop("in_bins")
    found["histogram"] = histogram.reshape(count, BINS)
    counts = found.pop("in_classes")
    if counts.ndim != 2:
        raise ValueError("it has no counts of classes")
    lone, alone = _lone(counts), found.pop("lone_in_class").astype(np.float64)
    for name, own in (("classes.total", alone), ("classes.squares", alone * alone)):
        found[name] = _joined(lone, own, found[name])
    found["classes.count"] = np.repeat(counts, count, 1) if counts.shape[1] == 1 else counts
    upper = found.pop("upper_products", None)
    if upper is not None:
        products = np.zeros((count, count))
        products[np.triu_indices(count)] = upper
        found["products"] = products + np.triu(products, 1).T
    return found


def _joined(
    lone: NDArray[np.bool_], own: NDArray[np.float64], others: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the sums (M, C) of all classes; raises `ValueError` where these do not fit."""
    if own.shape[1:] != others.shape[1:]:
        raise ValueError("its classes have other units")
    found = np.empty((len(lone), *own.shape[1:]))
    if len(own) + len(others) != len(found):
        raise ValueError("it has sums of other classes")
    found[lone], found[~lone] = own, others
    return found
