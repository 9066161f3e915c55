"""Histograms of exponents: a shift of a number's bits is its bin, see `lab/log/bins.py`."""

from __future__ import annotations

from math import gcd, prod
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from deepvis_app.lab.log.bins import raw_to_bins
from deepvis_app.lab.log.run import Counts

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

RAW = 512  # of `(bits >> 23) & 511`; how many are exactly zero and how many NaN come behind them
WIDTH = RAW + 2
SAMPLED = 65_536  # values of a tensor that are counted on an accelerator

_LARGEST = torch.finfo(torch.float32).max
_SMALLEST = torch.finfo(torch.float32).smallest_normal / 2**23


def raw_counts(values: Tensor, missing: int = 0) -> Tensor:
    """Count the exponents of real values of any shape: (`WIDTH`,) int64, on their device.

    `missing` is how many zeros besides are not stored. Halves and bfloat16 are widened to
    float32, which holds all of them exactly (a subnormal half is a usual float32). Of float64 a
    finite number beyond float32's range is counted in its last bin on that side, and one too small
    for it with the subnormals: neither becomes infinite nor zero. On a CPU all values are counted,
    elsewhere an even sample of `SAMPLED`: adding up many on CUDA in one bin is slow.
    """
    on_cpu = values.device.type == "cpu"
    flat = _as_float32(values.reshape(-1) if on_cpu else sample(values, SAMPLED))
    bins = (flat.view(torch.int32) >> 23).bitwise_and_(511)
    found = torch.zeros(WIDTH, dtype=torch.int64, device=values.device)
    if on_cpu:
        found[:RAW] = torch.bincount(bins, minlength=RAW)
        if found[0] or found[256]:  # a pass of its own, which few tensors need
            found[RAW] = flat.numel() - flat.count_nonzero()
        if found[255] or found[511]:
            _tell_apart(flat, found)
    else:
        found.scatter_add_(0, bins.long(), torch.ones_like(bins, dtype=torch.int64))
        found[RAW] = flat.numel() - flat.count_nonzero()
        _tell_apart(flat, found)
    found[0] += missing
    found[RAW] += missing
    return found


def _tell_apart(flat: Tensor, found: Tensor) -> None:
    """Count what is NaN, and let all of it have the positive sign, as it is looked for there."""
    nans = flat.isnan().sum()
    positive = (flat == torch.inf).sum() + nans
    large = found[255] + found[511]
    found[RAW + 1], found[255], found[511] = nans, positive, large - positive


def _as_float32(flat: Tensor) -> Tensor:
    if flat.dtype != torch.float64:
        return flat.contiguous().to(torch.float32)
    narrow = flat.to(torch.float32)
    beyond = narrow.isinf() & flat.isfinite()
    below = (narrow == 0) & (flat != 0)
    narrow = torch.where(beyond, narrow.sign() * _LARGEST, narrow)
    return torch.where(below, _SMALLEST, narrow)


def sample(values: Tensor, most: int) -> Tensor:
    """Return at most `most` values, evenly from all of a tensor, all where they are no more.

    The stride has no common divisor with the sizes, so that no unit and no place is left out.
    """
    flat = _flat(values)
    stride = -(-flat.numel() // most) if flat.numel() else 1
    while stride > 1 and gcd(stride, prod(values.shape)) > 1:
        stride += 1
    return flat[::stride]


def _flat(values: Tensor) -> Tensor:
    """Return all values in one row, in the order in which they lie where that saves a copy."""
    if values.dim() == 4 and values.is_contiguous(memory_format=torch.channels_last):
        values = values.permute(0, 2, 3, 1)
    return values.reshape(-1)


def counts_of(step: int, raw: NDArray[Any]) -> Counts:
    """Turn raw counts (L, `WIDTH`) into a log's histograms of one step."""
    bins = raw_to_bins(raw[:, :RAW], raw[:, RAW], raw[:, RAW + 1])
    layers, places = np.nonzero(bins)
    ends = np.searchsorted(layers, np.arange(len(raw)), side="right")
    return Counts(step, ends.astype(np.int64), places.astype(np.int16), bins[layers, places])
