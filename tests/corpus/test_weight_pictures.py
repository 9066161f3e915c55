"""Weights as pictures, and expanded weights against what they must be."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from deepvis_app.corpus.weights import (
    by_hue,
    by_norm,
    expanded_weights,
    filter_picture,
    filter_pictures,
)
from deepvis_app.errors import UserError
from deepvis_app.nets import ChannelOrder, Network, Preprocessing, Unit
from tests.corpus.weighing import settled


def _network(module: nn.Module, channels: ChannelOrder = ChannelOrder.RGB) -> Network:
    return Network(module.eval(), (3, 24, 24), Preprocessing(channels=channels))


def test_a_filter_is_a_picture_in_the_pictures_own_colours() -> None:
    kernel = np.zeros((3, 2, 2), np.float32)
    kernel[0, 0, 0], kernel[2, 1, 1] = 2.0, -1.0
    plain = filter_picture(_network(nn.Conv2d(3, 2, 3)), kernel)
    assert plain[0, 0].tolist() == [255, 128, 128]
    assert plain[1, 1].tolist() == [128, 128, 64]
    turned = filter_picture(_network(nn.Conv2d(3, 2, 3), ChannelOrder.BGR), kernel, peak=4.0)
    assert turned[0, 0].tolist() == [128, 128, 191]
    assert turned[1, 1].tolist() == [96, 128, 128]


def test_many_filters_have_each_its_own_scale_or_one_for_all() -> None:
    network = _network(nn.Conv2d(3, 2, 3))
    kernels = np.zeros((3, 3, 1, 2), np.float32)
    kernels[0, 0, 0, 0], kernels[1, 1, 0, 1] = 4.0, -1.0
    own = filter_pictures(network, kernels)
    assert own[0, 0, 0].tolist() == [255, 128, 128]
    assert own[1, 0, 1].tolist() == [128, 0, 128]
    assert (own[2] == 128).all()  # no weights at all
    shared = filter_pictures(network, kernels, 4.0)
    assert shared[1, 0, 1].tolist() == [128, 96, 128]


def test_filters_are_ordered_by_norm_and_by_hue() -> None:
    network = _network(nn.Conv2d(3, 2, 3))
    edge = np.array([[1, -1], [1, -1]], np.float32)
    colours = {"green": (0, 1, 0), "grey": (1, 1, 1), "red": (1, 0, 0), "blue": (0, 0, 1)}
    kernels = np.stack([np.multiply.outer(np.array(c, np.float32), edge) for c in colours.values()])
    kernels *= np.array([1, 4, 2, 3], np.float32)[:, None, None, None]
    assert by_norm(kernels).tolist() == [1, 3, 2, 0]
    names = [list(colours)[k] for k in by_hue(network, kernels)]
    assert names == ["blue", "red", "green", "grey"]
    turned = by_hue(_network(nn.Conv2d(3, 2, 3), ChannelOrder.BGR), kernels)
    assert [list(colours)[k] for k in turned] == ["red", "blue", "green", "grey"]


def test_linear_paths_have_exact_expanded_weights() -> None:
    """Two convolutions one after the other are one, whose kernel is their convolution."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 5, 3, bias=False))
    network = _network(settled(module))
    found = expanded_weights(network, Unit("2", 1), "0")
    assert found.is_exact
    norm = module[1]
    factor = (norm.weight / torch.sqrt(norm.running_var + norm.eps)).detach()
    wanted = module[2].weight[1].detach() * factor[:, None, None]
    np.testing.assert_allclose(found.weights, wanted.numpy(), rtol=1e-5, atol=1e-7)
    whole = functional.conv_transpose2d(wanted[None], module[0].weight.detach())
    np.testing.assert_allclose(found.picture, whole[0].numpy(), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.sums, wanted.sum((1, 2)).numpy(), rtol=1e-4, atol=1e-6)


def test_activations_are_passed_straight_and_named() -> None:
    torch.manual_seed(0)
    first, second = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 5, 3, padding=1)
    layers = (first, nn.ReLU(inplace=True), nn.MaxPool2d(2), second, nn.ReLU())
    network = _network(nn.Sequential(*layers))
    found = expanded_weights(network, Unit("4", 2), "0")
    assert not found.is_exact
    assert found.straight == ("ReLU", "max pooling")
    linear = nn.Sequential(first, nn.Identity(), nn.AvgPool2d(2), second, nn.Identity())
    bare = torch.zeros(1, 4, 24, 24, requires_grad=True)
    value = linear[3](linear[2](bare))[0, 2, 6, 6]
    (wanted,) = torch.autograd.grad(value, bare)
    top, left = found.at
    height, width = found.weights.shape[1:]
    part = wanted[0, :, top : top + height, left : left + width]
    np.testing.assert_allclose(found.weights, part.numpy(), rtol=1e-5, atol=1e-7)
    assert float(wanted.abs().sum()) == pytest.approx(float(part.abs().sum()))


def test_no_way_back_is_said() -> None:
    network = _network(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3)))
    with pytest.raises(UserError, match="No gradient leads from 0 back to 2"):
        expanded_weights(network, Unit("0", 0), "2")


def test_the_network_is_left_as_it_was() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3))
    network = _network(module)
    x = torch.randn(1, 3, 24, 24)
    with torch.no_grad():
        before = module(x)
    expanded_weights(network, Unit("2", 0), "0")
    with torch.no_grad():
        assert torch.equal(module(x), before)
    assert all(p.grad is None for p in module.parameters())
