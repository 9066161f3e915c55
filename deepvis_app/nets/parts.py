"""What a way of loading brings together before it becomes a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app.nets.network import Network

if TYPE_CHECKING:
    from torch import nn

    from deepvis_app.nets.preprocessing import Preprocessing
    from deepvis_app.nets.taken import TakenWeights


@dataclass(frozen=True, slots=True)
class Parts:
    """A module with what is known of it; the defaults leave the choice to `Network`."""

    module: nn.Module
    name: str
    input_shape: tuple[int, int, int] = (3, 224, 224)
    preprocessing: Preprocessing | None = None
    labels: tuple[str, ...] = ()
    layer_names: tuple[str, ...] | None = None
    scores: str | None = None  # what the class scores are, see `Network`
    taken: TakenWeights | None = None  # of a weights file

    def network(self, spec: str) -> Network:
        network = Network(
            self.module,
            self.input_shape,
            self.preprocessing,
            self.labels,
            name=self.name,
            spec=spec,
            layer_names=self.layer_names,
            scores=self.scores,
        )
        network.taken = self.taken
        return network
