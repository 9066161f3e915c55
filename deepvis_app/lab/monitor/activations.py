"""What a layer gives on the probe: its statistics, in a row of numbers that stay on the device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn import functional

from deepvis_app.lab.monitor.exponents import sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

QUANTITIES = ("mean", "std", "largest", "dead", "zero", "saturated", "bad")
MEASURED = 262_144  # values of a layer that mean, spread and shares are taken from; extremes: all

# What only hands on, or is nothing where the network is evaluated.
SILENT = (nn.Identity, nn.Flatten, nn.Unflatten, nn.modules.dropout._DropoutNd, nn.AlphaDropout)  # noqa: SLF001
FUNCTIONS: dict[Callable[..., Any], str] = {
    **dict.fromkeys((functional.relu, torch.relu, torch.relu_, torch.Tensor.relu), "ReLU"),
    **dict.fromkeys((functional.relu_, torch.Tensor.relu_, functional.relu6), "ReLU"),
    **dict.fromkeys((torch.tanh, torch.Tensor.tanh, functional.tanh), "Tanh"),
    **dict.fromkeys((torch.sigmoid, torch.Tensor.sigmoid, functional.sigmoid), "Sigmoid"),
}
RECTIFYING = {"ReLU", "ReLU6", "Threshold"}
_LIMITS = {"Tanh": (-0.97, 0.97), "Sigmoid": (0.03, 0.97)}
_LAST = ("Linear", "LayerNorm", "RMSNorm", "Embedding", "MultiheadAttention", "LSTM", "GRU", "RNN")
_SECOND = ("Conv", "BatchNorm", "InstanceNorm", "GroupNorm", "Pool")


class Axis:
    """Which axis of what layers give is that of their units.

    The second one of pictures and vectors; of sequences it is told by the last layer that knows.
    """

    def __init__(self) -> None:
        self._is_last = True

    def of(self, kind: str, values: Tensor) -> int:
        """Return the axis for a layer of a class, in the order of the pass."""
        if kind in _LAST or kind.endswith("Linear"):
            self._is_last = True
        elif any(word in kind for word in _SECOND):
            self._is_last = False
        if values.dim() < 3:
            return values.dim() - 1
        return values.dim() - 1 if self._is_last else 1


@torch.no_grad()
def measured(values: Tensor, axis: int, kind: str, *, is_gate: bool = False) -> Tensor:
    """Return `QUANTITIES` of what a layer of a class gives, float32 (7,), NaN where one has none.

    `dead` is the share of units that are above 0 for no example at no place, of rectifiers only;
    `saturated` the share of values beyond 0.97 of a tanh's range or 0.94 of a sigmoid's, unless it
    is a gate, which is meant to. `bad` counts NaN and infinities.
    """
    nan = values.new_full((), float("nan"), dtype=torch.float32)
    others = [place for place in range(values.dim()) if place != axis]
    top, bottom = (
        extreme(values, others) if others else values for extreme in (torch.amax, torch.amin)
    )
    largest = torch.maximum(top.max().abs(), bottom.min().abs()).float()
    few = sample(values, MEASURED).float().contiguous()
    mean = few.mean()
    std = (
        torch.linalg.vector_norm(few - mean) / few.numel() ** 0.5
    )  # std_mean takes 15 times as long
    dead = (top <= 0).float().mean() if kind in RECTIFYING else nan
    low, high = _LIMITS.get(kind, (0.0, 0.0))
    saturated = nan
    if kind in _LIMITS and not is_gate:
        saturated = ((few < low) | (few > high)).float().mean()
    zero = 1 - few.count_nonzero() / few.numel()
    if values.device.type == "cpu" and torch.isfinite(largest):
        bad = torch.zeros(())
    else:
        bad = (~values.isfinite()).sum().float()
    return torch.stack([mean, std, largest, dead, zero, saturated, bad])
