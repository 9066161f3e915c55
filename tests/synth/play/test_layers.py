"""Which layers are offered of networks of several kinds."""

from __future__ import annotations

import pytest
import torch
import torchvision
from torch import nn

from deepvis_app.errors import UserError
from deepvis_app.nets import Network, load_network
from deepvis_app.synth.play import chosen_layer, default_layer, stages
from tests.synth.play.toys import chain, tokens


def test_of_a_chain_the_ends_of_its_stages() -> None:
    net = chain()
    assert stages(net) == ("1", "4", "7")  # neither pools nor what a ReLU comes after
    assert stages(net, 2) == ("1", "7")
    assert stages(net, 1) == ("1",)
    assert default_layer(net) == "1"


def test_of_squeezenet_its_first_layer_modules_and_scores() -> None:
    module = torchvision.models.squeezenet1_0(num_classes=10).eval()
    net = Network(module, (3, 64, 64))
    fires = [f"features.{k}" for k in (3, 5, 7, 8, 9, 12)]
    assert stages(net) == ("features.1", *fires, "classifier.3")
    assert default_layer(net) == "features.7"


def test_of_the_bundled_network() -> None:
    net = load_network("pocket")
    assert stages(net)[0] == "relu1"
    assert stages(net)[-1] == "logits"
    assert len(stages(net)) == 8
    assert chosen_layer(net, "") == default_layer(net) == "relu3a"
    assert chosen_layer(net, "conv4") == "conv4"
    with pytest.raises(UserError, match="no layer"):
        chosen_layer(net, "conv44")


def test_of_residual_blocks_their_ends() -> None:
    net = Network(torchvision.models.resnet18(num_classes=5).eval(), (3, 64, 64))
    blocks = [f"layer{k}.{j}" for k in range(1, 5) for j in range(2)]
    assert stages(net, 20) == ("relu", *blocks, "fc")
    assert len(stages(net)) == 8


def test_of_tokens_both_calls_of_a_shared_block() -> None:
    assert stages(tokens())[-1] == tokens().output_layer
    assert default_layer(tokens()) in [info.name for info in tokens().layers]
    assert len(stages(tokens())) >= 3


class Cut(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.two(self.one(x).detach()).mean((2, 3))


class AllCut(Cut):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.detach())


def test_layers_without_gradient_are_not_offered() -> None:
    net = Network(Cut().eval(), (3, 12, 12), name="cut")
    assert stages(net) == ("one",)
    with pytest.raises(UserError, match="no layer that passes gradients"):
        default_layer(Network(AllCut().eval(), (3, 12, 12), name="all cut"))
