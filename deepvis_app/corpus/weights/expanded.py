"""Weights between layers that are far apart: the linear path (Voss et al. 2021)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

from deepvis_app.errors import UserError
from deepvis_app.nets.calls import Calls

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from deepvis_app.nets import Network, Unit

    Floats = NDArray[np.float32]

_ACTIVATIONS = {
    "relu": "ReLU", "relu6": "ReLU6", "hardtanh": "Hardtanh", "leaky_relu": "LeakyReLU",
    "elu": "ELU", "selu": "SELU", "celu": "CELU", "gelu": "GELU", "silu": "SiLU", "mish": "Mish",
    "hardswish": "Hardswish", "prelu": "PReLU", "tanh": "Tanh", "softplus": "Softplus",
}  # fmt: skip
_AVERAGES = {
    "max_pool1d": functional.avg_pool1d,
    "max_pool2d": functional.avg_pool2d,
}


@dataclass(frozen=True, slots=True, eq=False)
class Expanded:
    """How a unit's middle depends on an earlier layer along the linear path.

    `weights` (C, rows, columns) are of the earlier layer's maps, cut to where any is not zero;
    `at` is where that cut begins; `picture` (C, rows, columns) are the same for the network's own
    input. `straight` are the functions on the whole way that were passed straight, by name: where
    there are none, the weights are exact.
    """

    layer: str
    weights: Floats
    at: tuple[int, int]
    picture: Floats
    straight: tuple[str, ...]

    @property
    def is_exact(self) -> bool:
        return not self.straight

    @property
    def norms(self) -> Floats:
        """The L2 norm of each earlier unit's weights."""
        flat = self.weights.reshape(len(self.weights), -1)
        return np.asarray(np.linalg.norm(flat, axis=1), np.float32)

    @property
    def sums(self) -> Floats:
        """The sum of each earlier unit's weights: what an even map of it gives."""
        return np.asarray(self.weights.sum((1, 2), dtype=np.float64), np.float32)


def expanded_weights(network: Network, unit: Unit, layer: str) -> Expanded:
    """Return the gradient of the middle of a unit's map with respect to an earlier layer.

    At a zero input, with activations passed straight and the largest of a pooling window taken as
    its mean; batch norm is linear and takes part. Exact where the path has no such function, an
    approximation elsewhere. Raises `UserError` where no gradient leads from one to the other.
    """
    straight = _Straight()
    x = torch.zeros(1, *network.input_shape, device=network.device, dtype=network.dtype)
    with torch.inference_mode(False), torch.enable_grad():
        x = x.requires_grad_()
        with straight:
            found = network.forward(x, (layer, unit.layer), stop_early=True)
            maps = found.activations[unit.layer]
            middle = maps[0, unit.index, maps.shape[2] // 2, maps.shape[3] // 2]
            if not middle.requires_grad:
                raise _no_way(unit, layer)
            early = found.raw[layer]
            gradients = torch.autograd.grad(middle, (early, x), allow_unused=True)
    if gradients[0] is None:
        raise _no_way(unit, layer)
    whole = network.gradients(layer, gradients[0])[0].float().cpu().numpy()
    weights, at = _cut(whole)
    own = gradients[1]
    pixels = np.zeros(network.input_shape, np.float32) if own is None else own[0].float().cpu()
    return Expanded(layer, weights, at, _cut(np.asarray(pixels))[0], tuple(straight.met))


def _no_way(unit: Unit, layer: str) -> UserError:
    return UserError(f"No gradient leads from {unit.layer} back to {layer}", "Choose another layer")


def _cut(maps: Floats) -> tuple[Floats, tuple[int, int]]:
    """Cut maps (C, h, w) to the rows and columns where any is not zero; say where that is."""
    strong = np.abs(maps).max(0)
    rows, columns = np.flatnonzero(strong.any(1)), np.flatnonzero(strong.any(0))
    if not len(rows):
        return np.zeros((len(maps), 1, 1), np.float32), (0, 0)
    part = maps[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    cut = np.ascontiguousarray(part, np.float32)
    cut.setflags(write=False)
    return cut, (int(rows[0]), int(columns[0]))


class _Straight(Calls):
    """While entered, activations give what they get, and max pooling the mean of its window."""

    def __init__(self) -> None:
        super().__init__()
        self.met: dict[str, None] = {}

    def called(
        self, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        name = getattr(func, "__name__", "").split(".")[0].strip("_")
        if name in _ACTIVATIONS:
            self.met[_ACTIVATIONS[name]] = None
            return args[0] if args else kwargs["input"]
        if name in _AVERAGES:
            self.met["max pooling"] = None
            return _average(name, *args, **kwargs)
        if name == "adaptive_max_pool2d":
            self.met["max pooling"] = None
            return functional.adaptive_avg_pool2d(args[0], args[1])
        return func(*args, **kwargs)


def _average(
    name: str,
    input: torch.Tensor,  # noqa: A002 - as torch calls it
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> torch.Tensor:
    """Return the mean of each window of a max pooling. Raises `UserError` for gaps in windows."""
    gaps = dilation if isinstance(dilation, int) else max(dilation, default=1)
    if gaps != 1 or return_indices:
        raise UserError("This max pooling has no mean in its place", "Choose a layer before it")
    pool = _AVERAGES[name]
    stride = stride or kernel_size
    result: torch.Tensor = pool(
        input, kernel_size, stride, padding, ceil_mode, count_include_pad=False
    )
    return result
