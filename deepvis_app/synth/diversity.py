"""How alike pictures are that are made for the same thing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from deepvis_app.synth.objectives import leaves, objective_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from deepvis_app.nets import Network
    from deepvis_app.synth.objectives import Objective, Sample


class Likeness:
    """Compares the samples of a batch that are siblings, by the styles of their maps.

    The cosine between the Gram matrices of a layer (Olah et al. 2017, "Diversity"): the layer of
    the objective, or the last before it that has maps. `layers` are those that it needs.
    """

    def __init__(self, network: Network, samples: Sequence[Sample]) -> None:
        groups: dict[tuple[Objective, frozenset[int]], list[int]] = {}
        for number, sample in enumerate(samples):
            family = frozenset((sample.seed, *sample.siblings))
            groups.setdefault((objective_of(sample.objective), family), []).append(number)
        self._count = len(samples)
        self._groups = [
            (_layer_with_maps(network, objective), rows)
            for (objective, _), rows in groups.items()
            if len(rows) > 1
        ]
        self.layers = tuple({layer: None for layer, _ in self._groups})

    def read(self, activations: Mapping[str, Tensor]) -> Tensor:
        """Return each sample's mean cosine to its siblings, (B,), 0 without; differentiable."""
        result: Tensor | None = None
        for layer, rows in self._groups:
            maps = activations[layer]
            if len(maps) != self._count:  # views: compare the first of each
                maps = maps[:: len(maps) // self._count]
            flat = maps[rows].flatten(2)
            styles = functional.normalize((flat @ flat.transpose(1, 2)).flatten(1), dim=1)
            cosines = styles @ styles.T
            others = (cosines.sum(1) - cosines.diagonal()) / (len(rows) - 1)
            if result is None:
                result = others.new_zeros(self._count)
            result = result.index_add(0, torch.tensor(rows, device=maps.device), others)
        return torch.zeros(self._count) if result is None else result


def _layer_with_maps(network: Network, objective: Objective) -> str:
    """Return the objective's first layer, or the last before it whose maps are not one place."""
    _, leaf = next(leaves(objective))
    unit = getattr(leaf, "unit", leaf)
    wanted = network.base_layer(getattr(unit, "layer", network.output_layer or ""))
    found = wanted
    for info in network.own_layers:
        if max(info.map_size) > 1:
            found = info.name
        if info.name == wanted:
            break
    return found if max(network.layer(wanted).map_size) == 1 else wanted
