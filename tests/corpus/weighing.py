"""Nets made by hand, and what plain hooks and bare PyTorch say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from deepvis_app.nets import Network

if TYPE_CHECKING:
    from deepvis_app.corpus.weights import UnitWeights, Weighed


class ByHand(nn.Module):
    """Groups, stride, dilation, padding modes, batch norm, in-place ReLU, concat, a sum."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 5, stride=2, padding=2)
        self.norm = nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace=True)
        self.left = nn.Conv2d(8, 6, 3, padding=2, dilation=2, groups=2)
        self.right = nn.Conv2d(8, 4, (1, 3), padding="same", padding_mode="reflect", bias=False)
        self.join = Joined(self.left, self.right)
        self.round = nn.Conv2d(10, 10, 3, padding=1, padding_mode="circular")
        self.block = Block(10)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(10, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.norm(self.first(x)))
        x = self.join(x)
        x = self.block(functional.relu(self.round(x)))
        return self.head(torch.flatten(self.pool(x), 1))


class Joined(nn.Module):
    def __init__(self, left: nn.Module, right: nn.Module) -> None:
        super().__init__()
        self.left, self.right = left, right

    def forward(self, x: Tensor) -> Tensor:
        return functional.leaky_relu(torch.cat([self.left(x), self.right(x)], 1), 0.1)


class Block(nn.Module):
    """What a residual network is made of."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.norm(self.conv(x)) + x)


def settled(module: nn.Module, seed: int = 0) -> nn.Module:
    """Return the module in evaluation mode, with batch norms that have seen something."""
    generator = torch.Generator().manual_seed(seed)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            for tensor, low, high in (
                (part.running_mean, -0.3, 0.3),
                (part.running_var, 0.5, 2.0),
                (part.weight.data, -1.5, 1.5),
                (part.bias.data, -0.3, 0.3),
            ):
                assert tensor is not None
                tensor.copy_(low + (high - low) * torch.rand(tensor.shape, generator=generator))
    return module.eval()


def by_hand(seed: int = 0) -> Network:
    torch.manual_seed(seed)
    return Network(settled(ByHand(), seed), (3, 20, 24), labels=list("abcde"))


def picture(network: Network, seed: int = 1) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, *network.input_shape, generator=generator)


def hooked(network: Network, path: str, x: Tensor) -> Tensor:
    """Return what a module gives, by a plain hook: a copy, made before anything is overwritten."""
    found: list[Tensor] = []
    part = network.module.get_submodule(path)
    handle = part.register_forward_hook(lambda *given: found.append(given[2].clone()))
    with torch.no_grad():
        network.module(x)
    handle.remove()
    return found[0]


def weighed(network: Network, weights: UnitWeights, x: Tensor, place: int) -> Weighed:
    assert weights.sites is not None
    with torch.no_grad():
        forward = network.forward(x, sites=weights.sites)
    return weights.weigh(forward.at, place)


def size(found: Weighed) -> float:
    """Return how much was added up, whatever the signs."""
    return float(sum(np.abs(part).sum() for part in found.parts)) + abs(found.bias) + 1e-6
