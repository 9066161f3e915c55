from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torchvision import models

from deepvis_app.corpus.weights import WeightBook
from deepvis_app.engine.device.packing import pack_convolutions
from deepvis_app.nets import Unit
from deepvis_app.nets.network import Network
from deepvis_app.synth import PRESETS, synthesize

pytestmark = pytest.mark.skipif(
    not torch.backends.mkldnn.is_available(), reason="this PyTorch has no oneDNN"
)


class Convolutions(nn.Module):
    """One of each kind that must come out right."""

    def __init__(self) -> None:
        super().__init__()
        self.plain = nn.Conv2d(3, 16, 3, padding=1)
        self.strided = nn.Conv2d(16, 16, 5, stride=2, padding=(2, 1), bias=False)
        self.grouped = nn.Conv2d(16, 32, 3, groups=4, dilation=2)
        self.depthwise = nn.Conv2d(32, 32, 3, groups=32)
        self.circular = nn.Conv2d(32, 8, 3, padding=1, padding_mode="circular")
        self.named = nn.Conv2d(8, 8, 3, padding="same")
        self.normed = nn.utils.parametrizations.weight_norm(nn.Conv2d(8, 8, 1))
        self.twice = nn.Conv2d(8, 8, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.depthwise(self.grouped(self.strided(self.plain(x))))
        x = self.normed(self.named(self.circular(x)))
        return self.twice(self.twice(x)).mean((2, 3))


@pytest.mark.parametrize("batch", [1, 3])
def test_packed_convolutions_give_the_same(batch: int) -> None:
    network = Network(Convolutions(), (3, 40, 56))
    replica = network.replica("cpu")
    assert pack_convolutions(replica) == 5
    x = torch.randn(batch, 3, 40, 56)
    names = [info.name for info in network.layers]
    mine, truth = replica.activations(x, names), network.activations(x, names)
    for name in names:
        torch.testing.assert_close(mine[name], truth[name], rtol=1e-4, atol=1e-5)
    assert all(not module._forward_hooks for module in replica.module.modules())


def test_weights_that_learn_get_their_gradients() -> None:
    network = Network(Convolutions(), (3, 40, 56))
    replica = network.replica("cpu")
    pack_convolutions(replica)
    for one in (network, replica):
        one.forward(torch.ones(1, 3, 40, 56, requires_grad=True)).logits.sum().backward()
    truth = dict(network.module.named_parameters())
    for name, weight in replica.module.named_parameters():
        torch.testing.assert_close(weight.grad, truth[name].grad, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "settings",
    [
        {"kernel_size": 7, "stride": 2},
        {"kernel_size": 7, "stride": 2, "padding": 3, "bias": False},
        {"kernel_size": 11, "stride": 4, "padding": 2},
        {"kernel_size": 3, "stride": 2, "padding": 1},
        {"kernel_size": 2, "stride": 5},
        {"kernel_size": (3, 5), "stride": (3, 2), "padding": (0, 4)},
        {"kernel_size": 4, "stride": (1, 4)},
    ],
)
@pytest.mark.parametrize("size", [(31, 44), (32, 37), (60, 41)])
def test_wide_steps_go_back_to_the_picture(settings, size) -> None:
    conv = nn.Conv2d(3, 24, **settings)
    check_way_back(nn.Sequential(conv, nn.ReLU()), size, settings)


@pytest.mark.parametrize("padding", [0, 1, 2])
def test_many_weights_go_back(padding) -> None:
    settings = {"kernel_size": 3, "padding": padding}
    conv = nn.Conv2d(3, 128, 1), nn.Conv2d(128, 128, **settings), nn.ReLU()
    check_way_back(nn.Sequential(*conv), (20, 13), settings)


def check_way_back(module: nn.Module, size: tuple[int, int], settings) -> None:
    """Compare gradients with PyTorch's in float64: two batches, the second of another size."""
    replica = Network(module.eval(), (3, *size)).replica("cpu")
    replica.module.requires_grad_(False)
    truth = copy.deepcopy(replica.module).double()
    assert pack_convolutions(replica) > 0
    for shape in [(1, 3, *size), (2, 3, size[0] + 9, size[1] - 5)]:
        x = torch.randn(shape, requires_grad=True)
        y = replica.module(x)
        assert "_Both" in str(y.grad_fn.next_functions), settings
        start = torch.randn(y.shape)
        twin = x.detach().double().requires_grad_()
        (expected,) = torch.autograd.grad(truth(twin), twin, start.double())
        (found,) = torch.autograd.grad(y, x, start)
        torch.testing.assert_close(found, expected.float(), rtol=1e-4, atol=1e-5)


def test_other_input_sizes_still_work() -> None:
    network = Network(Convolutions(), (3, 40, 56))
    replica = network.replica("cpu")
    pack_convolutions(replica)
    x = torch.randn(1, 3, 64, 33)
    torch.testing.assert_close(
        replica.activations(x, ["twice"])["twice"],
        network.activations(x, ["twice"])["twice"],
        rtol=1e-4,
        atol=1e-5,
    )


def test_the_original_is_left_alone() -> None:
    network = Network(Convolutions(), (3, 40, 56))
    pack_convolutions(network.replica("cpu"))
    assert all("forward" not in vars(module) for module in network.module.modules())


def test_without_the_operators_nothing_is_packed(monkeypatch) -> None:
    def missing(*_: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr(torch.ops.mkldnn, "_reorder_convolution_weight", missing)
    replica = Network(Convolutions(), (3, 40, 56)).replica("cpu")
    assert pack_convolutions(replica) == 0


def test_a_different_result_is_taken_back(monkeypatch) -> None:
    monkeypatch.setattr(
        torch.ops.mkldnn, "_convolution_pointwise", lambda x, w, b, *_: torch.zeros(1, 16, 40, 56)
    )
    network = Network(nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.Flatten()), (3, 40, 56))
    replica = network.replica("cpu")
    assert pack_convolutions(replica) == 0
    x = torch.randn(1, 3, 40, 56)
    torch.testing.assert_close(replica.activations(x), network.activations(x))


@pytest.mark.parametrize("name", ["squeezenet1_0", "resnet18", "mobilenet_v3_small"])
def test_real_networks_give_the_same(name: str) -> None:
    network = Network(getattr(models, name)().eval(), (3, 64, 64))
    replica = network.replica("cpu")
    assert pack_convolutions(replica) > 10
    x = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(
            replica.forward(x).logits, network.forward(x).logits, rtol=1e-3, atol=1e-5
        )


def test_a_picture_says_whether_convolutions_were_packed() -> None:
    network = Network(Convolutions(), (3, 40, 56))
    replica = network.replica("cpu")
    pack_convolutions(replica)
    recipe = PRESETS["yosinski-3"].model_copy(update={"steps": 1})
    for one, packed in ((network, False), (replica, True)):
        made = synthesize(one, Unit(network.layers[0].name, 1), recipe)
        assert ("packed convolutions" in made.computed) is packed


def test_weights_are_read_off_packed_convolutions_too() -> None:
    network = Network(Convolutions(), (3, 40, 56))
    replica = network.replica("cpu")
    assert pack_convolutions(replica)
    book = WeightBook(replica)
    (incoming,) = book.unit(Unit("grouped", 9)).incoming
    weight = network.module.get_submodule("grouped").weight[9].detach().numpy()
    np.testing.assert_allclose(incoming.kernels, weight)
    assert incoming.inputs.units.tolist() == [4, 5, 6, 7]
