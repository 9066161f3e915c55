"""The bins of every histogram of the lab: signed powers of two, and what is no usual number.

A float32's sign and exponent are nine of its bits, so its bin is a shift. All histograms have the
same bins: they add up over layers, steps and runs, and no pass has to find a range first.
"""

from __future__ import annotations

import numpy as np

#: Bin of ±0; of subnormals of either sign; of infinities by sign; of what is not a number.
ZERO, SUBNORMAL, POSITIVE_INFINITY, NEGATIVE_INFINITY, NOT_A_NUMBER = 0, 256, 255, 511, 512
COUNT = 513
BIAS = 127

#: Bins of finite numbers that are not zero nor subnormal: e for a positive one in
#: [2^(e-127), 2^(e-126)), 256 + e for its negative.
POSITIVE, NEGATIVE = slice(1, 255), slice(257, 511)
NON_FINITE = (POSITIVE_INFINITY, NEGATIVE_INFINITY, NOT_A_NUMBER)


def bins_of(values: np.ndarray) -> np.ndarray:
    """Return each value's bin, int16 of the same shape; the values are taken as float32."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    bins = ((bits >> 23) & 511).astype(np.int16)
    mantissa = bits & 0x7FFFFF
    exponent = bins & 255
    bins[(exponent == 0) & (mantissa == 0)] = ZERO
    bins[(exponent == 0) & (mantissa != 0)] = SUBNORMAL
    bins[(exponent == 255) & (mantissa != 0)] = NOT_A_NUMBER
    return bins


def size_of(counts: np.ndarray) -> np.ndarray:
    """Fold the signs of counts (..., COUNT): (..., 254), by the power of two of the size."""
    sizes: np.ndarray = counts[..., POSITIVE] + counts[..., NEGATIVE]
    return sizes


def exponents() -> np.ndarray:
    """Return log2 of the lower edge of each of `size_of`'s bins, (254,)."""
    return np.arange(1, 255) - BIAS


def raw_to_bins(raw: np.ndarray, zeros: np.ndarray, nans: np.ndarray) -> np.ndarray:
    """Turn counts (..., 512) of `(bits >> 23) & 511` into counts (..., COUNT) of the bins.

    `zeros` and `nans` (...) count exact zeros and what is not a number: the shift cannot tell
    them from subnormals and infinities. Of the infinities' signs the positive one gets the share
    that the raw counts leave it.
    """
    counts = np.zeros((*raw.shape[:-1], COUNT), np.int64)
    counts[..., :512] = raw
    small = raw[..., 0] + raw[..., 256]
    counts[..., ZERO], counts[..., SUBNORMAL] = zeros, small - zeros
    large = raw[..., POSITIVE_INFINITY] + raw[..., NEGATIVE_INFINITY]
    infinite = large - nans
    # NaNs carry either sign; they are taken off the positive bin first, as is their usual one.
    positive = np.clip(raw[..., POSITIVE_INFINITY] - nans, 0, None)
    counts[..., POSITIVE_INFINITY] = np.minimum(positive, infinite)
    counts[..., NEGATIVE_INFINITY] = infinite - counts[..., POSITIVE_INFINITY]
    counts[..., NOT_A_NUMBER] = nans
    return counts
