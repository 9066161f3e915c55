"""States as they are kept.

Few bins are ever met, products are symmetric, and a class has as many pictures for every unit
unless some gave no number.
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
    found["in_classes"] = np.ascontiguousarray(counts[:, :1]) if alike else counts
    return found


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
    if counts.ndim == 2 and counts.shape[1] == 1:
        counts = np.repeat(counts, count, 1)
    found["classes.count"] = counts
    upper = found.pop("upper_products", None)
    if upper is not None:
        products = np.zeros((count, count))
        products[np.triu_indices(count)] = upper
        found["products"] = products + np.triu(products, 1).T
    return found
