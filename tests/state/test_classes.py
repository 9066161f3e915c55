from __future__ import annotations

import torch
from torch import Tensor, nn

from deepvis_app.nets import Network, Unit
from deepvis_app.state.classes import class_unit, no_class_unit


class Scaled(nn.Module):
    """Its scores are made by no module: behind the last layer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.last = nn.Linear(4, 6)

    def forward(self, x: Tensor) -> Tensor:
        values = self.last(self.conv(x).mean((2, 3)))
        return torch.stack([values[:, 0] - values[:, 1], values[:, 2] * values[:, 3]], 1)


def make(module: nn.Module, layer_names: list[str] | None = None) -> Network:
    return Network(module.eval(), (3, 16, 16), layer_names=layer_names)


def plain() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5))


def test_a_class_is_a_unit_of_the_last_layer() -> None:
    network = make(plain())
    assert class_unit(network, 3) == Unit("3", 3)
    assert class_unit(network, 5) is None
    assert no_class_unit(network) == ""


def test_scores_behind_the_last_module_are_units_too() -> None:
    assert class_unit(make(Scaled()), 1) == Unit("output", 1)


def test_a_network_without_scores_says_so() -> None:
    network = make(nn.Sequential(nn.Conv2d(3, 4, 3)))
    assert network.output_layer is None
    assert class_unit(network, 0) is None
    assert "No layer" in no_class_unit(network)


def test_a_class_of_a_layer_that_is_not_listed_says_so() -> None:
    network = make(plain(), ["0", "1"])
    assert class_unit(network, 0) is None
    assert "The layer 3" in no_class_unit(network)
