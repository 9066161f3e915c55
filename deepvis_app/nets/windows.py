"""Which input positions an output position of a sliding operation reads, along one axis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """`index` (n, k): what each of n outputs reads; may point beyond the input, into padding.

    `used` (n, k) masks entries that are not read; None: all are.
    """

    index: Tensor
    used: Tensor | None = None

    @property
    def centre(self) -> Tensor:
        """Return one position (n, 1) an output, in order along the axis."""
        return self.index.narrow(1, self.index.shape[1] // 2, 1)


@lru_cache(256)
def sliding(count: int, kernel: int, stride: int, padding: int, dilation: int) -> Window | None:
    """Convolution and pooling; None where every output reads just the input at its own place."""
    if (kernel, stride, padding) == (1, 1, 0):
        return None
    starts = torch.arange(count) * stride - padding
    return Window(starts[:, None] + torch.arange(kernel) * dilation)


@lru_cache(256)
def transposed(count: int, kernel: int, stride: int, padding: int, dilation: int) -> Window:
    """Transposed convolution: p reads i where p = i * stride - padding + k * dilation."""
    reach = torch.arange(count)[:, None] + padding - torch.arange(kernel) * dilation
    return Window(reach.div(stride, rounding_mode="floor"), reach % stride == 0)


@lru_cache(256)
def adaptive(size: int, count: int) -> Window:
    """Adaptive pooling: output p reads from floor(p n / m) up to ceil((p + 1) n / m)."""
    places = torch.arange(count)
    first, last = places * size // count, -((places + 1) * -size // count)
    index = first[:, None] + torch.arange(int((last - first).max()))
    return Window(index, index < last[:, None])


def padded(count: int, left: int) -> Window:
    """Zero padding or, with negative `left`, cropping."""
    return Window((torch.arange(count) - left)[:, None])


def nearest(count: int, step: float, *, exact: bool) -> Window:
    """Nearest-neighbour resizing; `step` is input positions per output position."""
    places = (torch.arange(count, dtype=torch.float64) + (0.5 if exact else 0.0)) * step
    return Window(places.floor().long()[:, None])


def linear(size: int, count: int, step: float, *, corners: bool, reach: int = 1) -> Window:
    """Linear (`reach` 1) and cubic (2) resizing: the neighbours with a weight of their own."""
    places = torch.arange(count, dtype=torch.float64)
    corner_step = (size - 1) / max(count - 1, 1)
    source = places * corner_step if corners else (places + 0.5) * step - 0.5
    if reach == 1:
        source = source.clamp(0, size - 1)
    first = source.floor().long()[:, None]
    index = first + torch.arange(1 - reach, reach + 1)
    on_grid = (source - source.floor()).abs()[:, None] < 1e-9
    index = index.clamp(0, size - 1)
    return Window(index, ~on_grid | (index == first.clamp(0, size - 1)))


def antialiased(size: int, count: int, step: float, reach: int) -> Window:
    """Antialiased resizing: all neighbours within `reach` output positions."""
    support = reach * max(step, 1.0)
    centres = (torch.arange(count, dtype=torch.float64) + 0.5) * step
    first = (centres - support + 0.5).floor().long().clamp(min=0)[:, None]
    last = (centres + support + 0.5).floor().long().clamp(max=size)[:, None]
    index = first + torch.arange(math.ceil(2 * support) + 1)
    has_weight = (index + 0.5 - centres[:, None]).abs() < support - 1e-9
    return Window(index, (index < last) & has_weight)
