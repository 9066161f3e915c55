"""What a picture is drawn towards: the places of another that are most like its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch

from deepvis_app.synth.reads import Held, Reads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from deepvis_app.nets import Network

_AT_ONCE = 1 << 22  # dot products


@dataclass(frozen=True, slots=True)
class GuideObjective(Reads):
    """The mean over all places of a layer of the largest dot product with a place of a guide.

    Its gradient at a place is the guide's code that matches best, as in the notebook of Mordvintsev
    et al., "Inceptionism" (2015).
    """

    kind: ClassVar[str] = "guide"

    layer: str
    codes: Held  # (C, places) of the guide

    @classmethod
    def of(cls, layer: str, maps: Tensor) -> GuideObjective:
        """Be guided by a layer's maps (1, C, h, w)."""
        return cls(layer, Held.of(maps.flatten(2)[0]))

    def layers(self, network: Network) -> tuple[str, ...]:
        return (network.layer(self.layer).name,)

    def read(self, seen: Mapping[str, Tensor]) -> Tensor:
        own, codes = seen[self.layer].flatten(2).mean(0), self.codes.values
        best = codes[:, self._best(own.detach())]
        return (own * best).sum(0).mean()

    def _best(self, own: Tensor) -> Tensor:
        """Return for each place of (C, n) which place of the guide matches it best, (n,)."""
        parts = own.split(max(_AT_ONCE // self.codes.values.shape[1], 1), 1)
        return torch.cat([(part.T @ self.codes.values).argmax(1) for part in parts])
