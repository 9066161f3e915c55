"""The number that a whole explanation is about: one unit's score, linear in its map."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import torch

from deepvis_app.explain.seeds import SeedKind, check_unit, scores, weights

if TYPE_CHECKING:
    from torch import Tensor

    from deepvis_app.explain.seeds import Seed
    from deepvis_app.nets import Network, Unit


class Target:
    """Scores other pictures as one picture x (1, C, H, W) was scored.

    The score is linear in the unit's map: the value at the place where x has its maximum, the sum,
    the logit, or for the seed "map" all places weighted by x's own map. So methods that compare
    pictures, or that need a linear score, explain the same number on all of them.
    """

    def __init__(self, network: Network, x: Tensor, unit: Unit, seed: Seed) -> None:
        check_unit(network, unit, seed)
        self.network, self.unit, self.seed = network, unit, seed
        self._early = seed.kind is not SeedKind.LOGIT
        with torch.no_grad():
            forward = network.forward(x, [unit.layer], stop_early=self._early)
            self.score = float(scores(forward, unit, seed)[0])
        self._weights = weights(forward, unit, seed)

    def __call__(self, x: Tensor) -> Tensor:
        """Return the scores (N,) of inputs (N, C, H, W), under the caller's gradient mode."""
        forward = self.network.forward(x, [self.unit.layer], stop_early=self._early)
        if self._weights is None:
            return scores(forward, self.unit, self.seed)
        values = forward.activations[self.unit.layer][:, self.unit.index].float()
        return (values * self._weights).flatten(1).sum(1)

    def on(self, network: Network) -> Target:
        """Return the same target on a copy of the network."""
        twin = copy.copy(self)
        twin.network = network
        return twin
