"""One picture's loss, back to every layer and every weight, against autograd by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from deepvis_app.errors import UserError
from deepvis_app.lab.one_picture import learning_layers, lesson, unit_pictures
from deepvis_app.nets import Network


def module() -> nn.Sequential:
    torch.manual_seed(3)
    parts = {
        "conv": nn.Conv2d(3, 5, 3, padding=1),
        "norm": nn.BatchNorm2d(5),
        "relu": nn.ReLU(inplace=True),
        "pool": nn.MaxPool2d(2),
        "flatten": nn.Flatten(),
        "drop": nn.Dropout(0.5),
        "fc": nn.Linear(5 * 4 * 4, 7),
    }
    made = nn.Sequential()
    for name, part in parts.items():
        made.add_module(name, part)
    nn.init.uniform_(made.norm.running_mean, -0.2, 0.2)
    return made


def by_hand(made: nn.Sequential, x: torch.Tensor, target: int, quadratic: bool):
    """Write the pass out, keep what is asked, and go back."""
    conv = functional.conv2d(x, made.conv.weight, made.conv.bias, padding=1)
    conv.retain_grad()
    norm = functional.batch_norm(
        conv, made.norm.running_mean, made.norm.running_var, made.norm.weight, made.norm.bias
    )
    pooled = functional.max_pool2d(functional.relu(norm), 2)
    logits = functional.linear(pooled.flatten(1), made.fc.weight, made.fc.bias)
    logits.retain_grad()
    if quadratic:
        truth = torch.zeros(7)
        truth[target] = 1
        loss = 0.5 * ((torch.sigmoid(logits[0]) - truth) ** 2).sum()
    else:
        loss = logits[0].exp().sum().log() - logits[0, target]
    made.zero_grad()
    loss.backward()
    return loss, conv, logits


@pytest.mark.parametrize("scores", ["softmax", "sigmoid"])
def test_it_is_what_autograd_gives(scores: str) -> None:
    made = module()
    network = Network(made, (3, 8, 8), scores=scores, labels=list("abcdefg"))
    made.requires_grad_(False)
    x = torch.randn(1, 3, 8, 8)
    found = lesson(network, x, 2, ["conv", "relu", "fc"])
    assert not any(p.requires_grad for p in made.parameters())
    assert all(p.grad is None for p in made.parameters())
    made.requires_grad_(True)
    loss, conv, logits = by_hand(made, x, 2, scores == "sigmoid")
    assert found.loss == pytest.approx(float(loss.detach()), rel=1e-5)
    own = torch.sigmoid(logits) if scores == "sigmoid" else torch.softmax(logits, 1)
    assert found.probability == pytest.approx(float(own[0, 2].detach()), rel=1e-5)
    close = torch.testing.assert_close
    close(found.layers["conv"].activations, conv[0].detach())
    close(found.layers["conv"].gradients, conv.grad[0])
    close(found.layers["conv"].weight_gradients, made.conv.weight.grad)
    close(found.layers["conv"].weight, made.conv.weight.detach())
    close(found.layers["fc"].gradients[:, 0, 0], logits.grad[0])
    close(found.layers["fc"].weight_gradients, made.fc.weight.grad)
    assert found.layers["relu"].weight is None
    assert found.layers["relu"].weight_gradients is None
    assert learning_layers(network) == ("conv", "fc")


def test_a_network_that_ends_in_a_softmax_has_the_loss_of_what_it_was_given() -> None:
    plain = nn.Sequential(nn.Flatten(), nn.Linear(12, 4))
    ending = nn.Sequential(*plain, nn.Softmax(1))
    x = torch.randn(1, 3, 2, 2)
    one, other = (
        lesson(net, x, 1, [net.layers[0].name])
        for net in (Network(plain, (3, 2, 2)), Network(ending, (3, 2, 2)))
    )
    assert one.loss == pytest.approx(other.loss, rel=1e-5)


def test_a_class_that_is_not_there_is_named() -> None:
    network = Network(nn.Sequential(nn.Flatten(), nn.Linear(12, 4)), (3, 2, 2))
    with pytest.raises(UserError, match=r"no class 4.*0 to 3"):
        lesson(network, torch.randn(1, 3, 2, 2), 4, [])
    maps = Network(nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU()), (3, 2, 2))
    with pytest.raises(UserError, match="no class probabilities"):
        lesson(maps, torch.randn(1, 3, 2, 2), 0, [])


def test_a_units_weights_are_laid_side_by_side() -> None:
    weight = torch.arange(2 * 3 * 2 * 2.0).reshape(2, 3, 2, 2)
    laid = unit_pictures(weight)
    assert laid.shape == (2, 4, 4)
    np.testing.assert_array_equal(laid[1, :2, :2], weight[1, 0])
    np.testing.assert_array_equal(laid[1, :2, 2:], weight[1, 1])
    np.testing.assert_array_equal(laid[1, 2:, :2], weight[1, 2])
    np.testing.assert_array_equal(laid[1, 2:, 2:], 0)
    flat = torch.arange(5 * 64.0).reshape(5, 64)
    np.testing.assert_array_equal(unit_pictures(flat, (1, 8, 8))[3], flat[3].reshape(8, 8))
    assert unit_pictures(torch.zeros(10, 30)).shape == (10, 6, 5)
