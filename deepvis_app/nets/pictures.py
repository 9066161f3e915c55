"""How the output of a layer becomes one map a unit, whatever its rank and order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from deepvis_app.nets.layers import Layout

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Picture:
    """The way from a layer's output (N, ...) to maps (N, C, h, w).

    `spatial` are the dimensions that become a map: two for rows and columns, one for tokens,
    none for a vector. All others but the first become units, in their order. Of tokens, the
    `leading` ones are class tokens; `is_class` pictures show them, others leave them out.
    """

    layout: Layout
    shape: tuple[int, int, int]  # (C, h, w) at the network's own input size
    spatial: tuple[int, ...] = ()
    leading: int = 0
    is_class: bool = False

    def class_tokens(self) -> Picture:
        """Return the picture of the class tokens that this one leaves out: (C, 1, leading)."""
        shape = (self.shape[0], 1, self.leading)
        return replace(self, layout=Layout.CLASS_TOKEN, shape=shape, is_class=True)

    def maps(self, output: Tensor, aspect: float = 1.0) -> Tensor:
        """Return (N, C, h, w), as a view where memory allows.

        `aspect` is the input's height over its width; it shapes the token grid of an input whose
        size is not the network's own.
        """
        if not self.spatial:
            return output.flatten(1)[..., None, None]
        if self.spatial == (2, 3) and output.ndim == 4:
            return output
        units = [d for d in range(1, output.ndim) if d not in self.spatial]
        ordered = output.permute(0, *units, *self.spatial)
        maps = ordered.flatten(1, len(units)) if units else ordered.unsqueeze(1)
        if len(self.spatial) == 2:
            return maps
        if self.is_class:
            return maps[:, :, None, : self.leading]
        maps = maps[..., self.leading :]
        return maps.reshape(*maps.shape[:2], *self._grid(maps.shape[-1], aspect))

    def _grid(self, count: int, aspect: float) -> tuple[int, int]:
        if count == self.shape[1] * self.shape[2]:
            return self.shape[1:]
        return token_grid(count, aspect)


def token_grid(count: int, aspect: float) -> tuple[int, int]:
    """Return (rows, columns) with rows * columns == count and a ratio nearest to `aspect`."""
    rows = [n for n in range(1, count + 1) if count % n == 0]
    best = min(
        rows, key=lambda n: abs(n * n / count / aspect - 1) + abs(count * aspect / n / n - 1)
    )
    return best, count // best


def shaped(output: Tensor, spatial: tuple[int, ...], layout: Layout) -> Picture:
    """Return the picture of an output whose `spatial` dimensions are rows and columns."""
    units = 1
    for d in range(1, output.ndim):
        units *= 1 if d in spatial else output.shape[d]
    size = [output.shape[d] for d in spatial] or [1, 1]
    return Picture(layout, (units, size[0], size[1]), spatial)


def is_attention(output: Tensor) -> bool:
    """Tell whether each token gives weights to all tokens: (..., T, T), rows that sum to one."""
    if output.shape[-1] != output.shape[-2] or output.shape[-1] == 1:
        return False
    sums = output.sum(-1)
    return bool(output.amin() >= 0) and torch.allclose(sums, torch.ones_like(sums), atol=1e-3)


def guess(output: Tensor, aspect: float) -> Picture | None:
    """Return a picture for an output by its rank alone, None for what has none."""
    if output.ndim < 2 or output.shape[0] != 1 or not output.numel():
        return None
    if output.ndim == 2:
        return shaped(output, (), Layout.VECTOR)
    if is_attention(output):
        return shaped(output, (output.ndim - 2, output.ndim - 1), Layout.HEADS)
    if output.ndim == 3:
        rows, columns = token_grid(output.shape[1], aspect)
        return Picture(Layout.TOKENS, (output.shape[2], rows, columns), (1,))
    if output.ndim == 4 and output.shape[2] == output.shape[3]:
        return shaped(output, (2, 3), Layout.MAPS)
    if output.ndim == 4 and output.shape[1] == output.shape[2]:
        return shaped(output, (1, 2), Layout.MAPS_LAST)
    return shaped(output, (output.ndim - 2, output.ndim - 1), Layout.MAPS)
