"""Exact averaging by area: each pixel is the mean of what lies under it, parts of pixels too."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor

    Size = tuple[int, int]


class _Cover(NamedTuple):
    """Which places of a map lie under each of the wanted pixels, and by how much.

    `places` and `shares` (n,) run pixel by pixel, the first of each at `starts`; the shares of a
    pixel sum to one.
    """

    places: Tensor
    shares: Tensor
    starts: Tensor


def averaged(maps: Tensor, size: Size) -> Tensor:
    """Average maps (N, C, h, w) by area to a `size` (rows, columns) that is not larger.

    The result is float32, channels innermost in memory, with memory of its own. A value that is
    not finite spoils the pixels above it and no others.
    """
    count, channels, height, width = maps.shape
    cover = _cover((height, width), size, count, maps.device)
    rows = maps.permute(0, 2, 3, 1).reshape(-1, channels).float()
    means = functional.embedding_bag(
        cover.places, rows, cover.starts, mode="sum", per_sample_weights=cover.shares
    )
    return means.view(count, *size, channels).permute(0, 3, 1, 2)


@lru_cache(maxsize=64)  # up to a megabyte each; a window that is resized asks for new ones
def _cover(size: Size, wanted: Size, count: int, device: torch.device) -> _Cover:
    (rows, row_shares), (columns, column_shares) = map(_overlaps, size, wanted)
    under = row_shares[:, None, :, None] * column_shares[None, :, None, :]
    places = rows[:, None, :, None] * size[1] + columns[None, :, None, :]
    places = places.expand_as(under).flatten(2)
    under = under.flatten(2)
    covered = under > 0  # no share of a pixel beside: zero times infinity is not zero
    counts = covered.sum(2).flatten()
    starts = counts.cumsum(0) - counts
    of_one, shares = places[covered], under[covered]
    maps = torch.arange(count)[:, None]
    return _Cover(
        (of_one + maps * (size[0] * size[1])).flatten().to(device),
        shares.float().repeat(count).to(device),
        (starts + maps * len(shares)).flatten().to(device),
    )


def _overlaps(size: int, wanted: int) -> tuple[Tensor, Tensor]:
    """Return for each of `wanted` pixels the places of `size` near it, and their shares in it.

    Both (wanted, most places a pixel). In units of 1 / wanted of a place all ends are whole
    numbers: shares are exact but for one division.
    """
    first = torch.arange(wanted) * size
    places = first[:, None] // wanted + torch.arange(-(-size // wanted) + 1)
    starts, ends = places * wanted, (places + 1) * wanted
    overlap = torch.minimum(ends, first[:, None] + size) - torch.maximum(starts, first[:, None])
    return places.clamp(max=size - 1), overlap.clamp(min=0).double() / size
