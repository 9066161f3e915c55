"""How the output of a layer becomes one map a unit, whatever its rank and order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import torch

from deepvis_app.errors import UserError
from deepvis_app.nets.layers import Layout

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """Which of a layer's positions become the map, row by row: `placed`; and which do not."""

    placed: tuple[int, ...]
    apart: tuple[int, ...] = ()
    _on: dict[object, Tensor] = field(default_factory=dict, repr=False)

    def take(self, positions: Tensor, *, apart: bool = False) -> Tensor:
        """Return positions (..., P) in the map's order, or those apart. Raises `UserError`."""
        if positions.shape[-1] != len(self.placed) + len(self.apart):
            raise UserError(
                "The windows of this layer are known for the network's own input size only",
                "Choose a layer outside of them, or the own size",
            )
        key = apart, positions.device
        if key not in self._on:
            chosen = self.apart if apart else self.placed
            self._on[key] = torch.tensor(chosen, device=positions.device)
        return positions.index_select(-1, self._on[key])


@dataclass(frozen=True, slots=True)
class Picture:
    """The way from a layer's output (N, ...) to maps (N, C, h, w).

    `spatial` are the dimensions that become a map: two for rows and columns, one for tokens or a
    sequence, several with an `order` for windows, none for a vector. All others but the pictures'
    become units, in their order. Of tokens, `leading` and `trailing` ones are class tokens and the
    like, which have no place; `is_class` pictures show them, others leave them out.

    Pictures are along dimension `batch`; with `fold`, that many positions of each picture are along
    it too, as in (N · windows, places, C). `spatial` counts dimensions (N, fold, ...) then.
    """

    layout: Layout
    shape: tuple[int, int, int]  # (C, h, w) at the network's own input size
    spatial: tuple[int, ...] = ()
    leading: int = 0
    is_class: bool = False
    trailing: int = 0
    order: Order | None = None
    batch: int = 0
    fold: int = 0

    @property
    def apart(self) -> int:
        """Return how many tokens have no place."""
        return len(self.order.apart) if self.order else self.leading + self.trailing

    def class_tokens(self) -> Picture:
        """Return the picture of the tokens that this one leaves out: (C, 1, apart)."""
        shape = (self.shape[0], 1, self.apart)
        return replace(self, layout=Layout.CLASS_TOKEN, shape=shape, is_class=True)

    def by_picture(self, output: Tensor) -> Tensor:
        """Return the output with its pictures first, and nothing else along that dimension."""
        if self.batch:
            output = output.movedim(self.batch, 0)
        return output.unflatten(0, (-1, self.fold)) if self.fold else output

    def maps(self, output: Tensor, aspect: float = 1.0) -> Tensor:
        """Return (N, C, h, w), as a view where memory allows.

        `aspect` is the input's height over its width; it shapes the token grid of an input whose
        size is not the network's own.
        """
        output = self.by_picture(output)
        if not self.spatial:
            return output.flatten(1)[..., None, None]
        if self.spatial == (2, 3) and output.ndim == 4 and self.order is None:
            return output
        units = [d for d in range(1, output.ndim) if d not in self.spatial]
        ordered = output.permute(0, *units, *self.spatial)
        maps = ordered.flatten(1, len(units)) if units else ordered.unsqueeze(1)
        if len(self.spatial) == 2 and self.order is None:
            return maps
        positions = self._positions(maps.flatten(2))
        if self.is_class:
            return positions[:, :, None]
        return positions.reshape(*positions.shape[:2], *self._grid(positions.shape[-1], aspect))

    def gradients(self, gradient: Tensor, aspect: float = 1.0) -> Tensor:
        """Return a gradient of the output's shape by unit and place, (N, C, h, w)."""
        return self.maps(gradient, aspect)

    def _positions(self, all_of_them: Tensor) -> Tensor:
        if self.order is not None:
            return self.order.take(all_of_them, apart=self.is_class)
        last = all_of_them.shape[-1] - self.trailing
        if not self.is_class:
            return all_of_them[..., self.leading : last]
        if not self.trailing:
            return all_of_them[..., : self.leading]
        return torch.cat([all_of_them[..., : self.leading], all_of_them[..., last:]], -1)

    def _grid(self, count: int, aspect: float) -> tuple[int, int]:
        if count == self.shape[1] * self.shape[2]:
            return self.shape[1:]
        if self.layout is Layout.SEQUENCE:
            return (1, count) if self.shape[1] == 1 else (count, 1)
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


_CHANNELS_FIRST = ("1d",)  # Conv1d, BatchNorm1d, MaxPool1d, …
_RECURRENT = ("RNN", "LSTM", "GRU")


def guess(output: Tensor, aspect: float, kind: str = "") -> Picture | None:
    """Return a picture for an output by its module's kind and its rank, None for what has none."""
    if output.ndim < 2 or output.shape[0] != 1 or not output.numel():
        return None
    if output.ndim == 2:
        return shaped(output, (), Layout.VECTOR)
    if is_attention(output):
        return shaped(output, (output.ndim - 2, output.ndim - 1), Layout.HEADS)
    if output.ndim == 3 and kind.endswith(_CHANNELS_FIRST):
        return Picture(Layout.SEQUENCE, (output.shape[1], 1, output.shape[2]), (2,))
    if output.ndim == 3 and kind in _RECURRENT:
        return Picture(Layout.SEQUENCE, (output.shape[2], 1, output.shape[1]), (1,))
    if output.ndim == 3:
        rows, columns = token_grid(output.shape[1], aspect)
        return Picture(Layout.TOKENS, (output.shape[2], rows, columns), (1,))
    if output.ndim == 4 and output.shape[2] == output.shape[3]:
        return shaped(output, (2, 3), Layout.MAPS)
    if output.ndim == 4 and output.shape[1] == output.shape[2]:
        return shaped(output, (1, 2), Layout.MAPS_LAST)
    return shaped(output, (output.ndim - 2, output.ndim - 1), Layout.MAPS)
