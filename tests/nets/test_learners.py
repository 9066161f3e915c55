"""Small networks that a person trains: their layers, and that a profile may name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn

from deepvis_app.errors import UserError
from deepvis_app.nets import load_network
from deepvis_app.nets.free_factories import free_builder
from deepvis_app.nets.learners import ACTIVATIONS, convnet, fully_connected, pocket

if TYPE_CHECKING:
    from pathlib import Path


def names(module: nn.Module) -> list[str]:
    return [name for name, _ in module.named_children()]


def test_a_perceptron_computes_what_its_formula_says() -> None:
    network = fully_connected((1, 2, 2), (3,), 2, "sigmoid")
    x = torch.randn(5, 1, 2, 2)
    first, last = network.get_submodule("fc1"), network.get_submodule("fc2")
    assert isinstance(first, nn.Linear)
    assert isinstance(last, nn.Linear)
    hidden = 1 / (1 + torch.exp(-(x.reshape(5, 4) @ first.weight.T + first.bias)))
    assert torch.allclose(network(x), hidden @ last.weight.T + last.bias, atol=1e-6)
    assert names(network) == ["flatten", "fc1", "sigmoid1", "fc2"]


def test_the_posters_network_has_784_30_10_units() -> None:
    weights = [p.shape for p in fully_connected().parameters() if p.ndim > 1]
    assert weights == [(30, 784), (10, 30)]


def test_without_hidden_layers_or_activation_it_is_linear() -> None:
    x, y = torch.randn(2, 4, 1, 3, 3)
    for network in (fully_connected((1, 3, 3), (), 2), fully_connected((1, 3, 3), (4,), 2, "none")):
        zero = network(torch.zeros_like(x))
        assert torch.allclose(network(x + y) - zero, network(x) + network(y) - 2 * zero, atol=1e-5)


def test_convolutions_are_named_and_halved_while_there_is_room() -> None:
    network = convnet((3, 52, 52), (24, 48), 8)
    assert names(network) == ["conv1", "relu1", "pool1", "conv2", "relu2", "pool", "flatten", "fc"]
    first = network.get_submodule("conv1")
    assert isinstance(first, nn.Conv2d)
    assert first.kernel_size == (7, 7)
    assert first(torch.zeros(1, 3, 52, 52)).shape == (1, 24, 26, 26)
    assert network(torch.zeros(2, 3, 52, 52)).shape == (2, 8)


@pytest.mark.parametrize("side", [4, 5, 8, 23, 24, 28, 47, 48, 64])
def test_every_size_of_picture_has_a_network(side: int) -> None:
    network = convnet((1, side, side + 1), (4, 4, 4, 4, 4), 3, batch_norm=True, dropout=0.5)
    assert network(torch.zeros(2, 1, side, side + 1)).shape == (2, 3)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations_lie_behind_every_hidden_layer(activation: str) -> None:
    expected = [] if activation == "none" else [f"{activation}1", f"{activation}2"]
    network = fully_connected((2, 1, 1), (4, 4), 2, activation, batch_norm=True, dropout=0.1)
    found = [name for name in names(network) if name.rstrip("12") == activation]
    assert found == expected
    assert "norm2" in names(network)
    assert "dropout2" in names(network)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"inputs": (1, 8)}, "no shape"),
        ({"inputs": (1, 0, 8)}, "inputs = 0"),
        ({"hidden": (0,)}, "units = 0"),
        ({"hidden": (2,) * 51}, "51 layers"),
        ({"hidden": (True,)}, "units = True"),
        ({"classes": 0}, "classes = 0"),
        ({"activation": "swish"}, "no activation 'swish'"),
        ({"dropout": 1}, "dropout = 1"),
    ],
)
def test_what_no_network_can_have_is_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        fully_connected(**arguments)


def test_points_cannot_be_convolved() -> None:
    with pytest.raises(UserError, match="1 × 1"):
        convnet((2, 1, 1), (4,), 2)
    with pytest.raises(UserError, match="no convolution"):
        convnet((1, 8, 8), (), 2)


def test_a_profile_may_name_them_without_being_trusted(tmp_path: Path) -> None:
    profile = tmp_path / "mine.toml"
    profile.write_text(
        'factory = "deepvis_app.nets.learners:convnet"\n'
        'arguments = { inputs = [1, 8, 8], channels = [4, 6], classes = 2, activation = "tanh" }\n'
        'labels = ["no", "yes"]\n[input]\nsize = 8\nchannels = 1\n'
    )
    network = load_network(profile)
    assert [layer.name for layer in network.layers][:3] == ["conv1", "tanh1", "pool1"]
    assert network.layer("conv2").shape == (6, 4, 4)
    assert free_builder("deepvis_app.nets.learners:pocket", {"classes": 3}) is pocket
    assert free_builder("deepvis_app.nets.learners:nn", {}) is None
    assert free_builder("deepvis_app.nets.learners:convnet", {"activation": "/etc/x"}) is None
