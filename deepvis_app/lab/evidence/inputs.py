"""The scale of what a network is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

NORMS = (
    nn.modules.batchnorm._BatchNorm,  # noqa: SLF001 - the class that all of them share
    nn.LayerNorm, nn.GroupNorm, nn.modules.instancenorm._InstanceNorm,  # noqa: SLF001
)  # fmt: skip
WEIGHTED = (nn.Linear, nn.modules.conv._ConvNd, nn.RNNBase)  # noqa: SLF001


def describe_input(model: Module, x: Tensor) -> dict[str, Any]:
    """Return an input's measures: of features where it is (N, F), of channels where (N, C, …).

    `largest` |x|, `rms`, `spread` the largest deviation of a feature by the middle one's, `offset`
    the middle of |mean| / deviation, `bad` values that are not finite, `kind` ("numbers", "ids",
    "one-hot") and whether the network `normalises` it first.
    """
    first = next((m for m in model.modules() if isinstance(m, (*NORMS, *WEIGHTED))), None)
    found: dict[str, Any] = {"kind": _kind(x), "normalises": isinstance(first, NORMS)}
    if not x.is_floating_point():
        return found
    values = x.detach().float()
    finite = torch.isfinite(values)
    found["bad"] = int((~finite).sum())
    values = torch.where(finite, values, torch.zeros_like(values))
    found |= {"largest": float(values.abs().max()), "rms": float(values.square().mean().sqrt())}
    features = values.transpose(0, 1).flatten(1) if values.ndim > 2 else values.T
    if len(x) > 1 and values.ndim > 1:
        deviation, mean = features.std(1), features.mean(1)
        varied = deviation > 0
        if bool(varied.any()):
            found["spread"] = float(deviation.max() / deviation[varied].median())
            found["offset"] = float((mean[varied].abs() / deviation[varied]).median())
    return found


def _kind(x: Tensor) -> str:
    if not x.is_floating_point():
        return "ids"
    ones = (x == 0) | (x == 1)
    axes = (1, -1) if x.ndim > 2 else (1,) if x.ndim == 2 else ()
    if bool(ones.all()) and any(bool((x.sum(axis) == 1).all()) for axis in axes):
        return "one-hot"
    return "numbers"
