"""The weights of directions: what each reads off the units of a layer, at one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app.corpus.weights.incoming import Incoming, Inputs, UnitWeights
from deepvis_app.corpus.weights.spread import MOST, LayerWeights

if TYPE_CHECKING:
    from torch import Tensor

    from deepvis_app.nets import Directions, Network, Unit


@dataclass(frozen=True, slots=True, eq=False)
class ReadOut(Incoming):
    """What a direction reads: every unit of its layer, where it is itself."""

    network: Network | None = None  # always given

    def see(self, x: Tensor, place: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        assert self.network is not None
        self.check_size(x)
        maps = self.network.maps(self.inputs.layers[0], x)[0].flatten(1)
        return np.asarray(maps[:, place, None, None].float().cpu().numpy(), np.float32)


def read_out(
    network: Network, unit: Unit, directions: Directions, shape: torch.Size
) -> UnitWeights:
    """Return the weights of a direction; `shape` is that of its layer's own value."""
    base, width = network.base_layer(unit.layer), directions.width
    kernels = directions.weight[unit.index].numpy().reshape(width, 1, 1).copy()
    kernels.setflags(write=False)
    inputs = Inputs((base,), np.zeros(width, int), np.arange(width))
    bias = 0.0 if directions.bias is None else float(directions.bias[unit.index])
    places = np.arange(0)  # places are the layer's own
    title = directions.activation.title
    incoming = ReadOut(
        None, kernels, inputs, bias, network.site(base), shape, places, network=network
    )

    def activate(value: float, _place: int) -> float:
        return _alone(directions, unit.index, value)

    return UnitWeights(unit, (incoming,), (title,) if title else (), activate)


def _alone(directions: Directions, index: int, value: float) -> float:
    """Return what the activation makes of a direction's sum where the others leave it."""
    sums = torch.full((1, directions.count, 1, 1), -torch.inf)
    sums[0, index] = value
    return float(directions.activation(sums)[0, index])


def spread_of(directions: Directions) -> LayerWeights:
    """Return how the weights of directions are spread."""
    step = -(-directions.weight.numel() // MOST)
    values = directions.weight[::step].flatten().numpy().copy()
    norms = directions.weight.norm(dim=1).numpy()
    bias = np.zeros(directions.count) if directions.bias is None else directions.bias.numpy()
    found = LayerWeights(values, norms, np.array(bias, np.float32), len(directions.weight[::step]))
    for array in (found.values, found.norms, found.biases):
        array.setflags(write=False)
    return found
