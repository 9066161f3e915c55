"""Small networks that call their ReLUs in every way there is, on the same weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from deepvis_app.nets import Network

if TYPE_CHECKING:
    from collections.abc import Callable

SHAPE = (3, 12, 10)


class Small(nn.Module):
    """Two convolutions, a sum across, two linear layers; `relus` are its three ReLUs."""

    def __init__(self, relus: list[Callable[[Tensor], Tensor]]) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.first = nn.Conv2d(3, 6, 3, padding=1)
        self.second = nn.Conv2d(6, 6, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.hidden = nn.Linear(6 * 6 * 5, 12)
        self.head = nn.Linear(12, 5)
        self.relus = relus
        if all(isinstance(relu, nn.Module) for relu in relus):
            self.relus = nn.ModuleList(relus)
        self.requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        one, two, three = self.relus
        x = one(self.first(x))
        x = self.pool(two(self.second(x)))
        return self.head(three(self.hidden(x.flatten(1))))


def in_place(x: Tensor) -> Tensor:
    return F.relu(x, inplace=True)


def written(x: Tensor) -> Tensor:
    x.relu_()
    return x


shared = nn.ReLU()
KINDS: dict[str, list[Callable[[Tensor], Tensor]]] = {
    "modules": [nn.ReLU(), nn.ReLU(), nn.ReLU()],
    "modules in place": [nn.ReLU(True), nn.ReLU(True), nn.ReLU(True)],
    "one module": [shared, shared, shared],
    "functions": [F.relu, torch.relu, Tensor.relu],
    "functions in place": [in_place, torch.relu_, Tensor.relu_],
    "written": [written, F.relu_, written],
}


def reference() -> Small:
    """The network that captum sees right: every ReLU a module of its own, not in place."""
    return Small([nn.ReLU(), nn.ReLU(), nn.ReLU()]).eval()


@pytest.fixture(params=KINDS)
def network(request: pytest.FixtureRequest) -> Network:
    """The small network with its ReLUs called in one of many ways."""
    return Network(Small(KINDS[request.param]), SHAPE, name="Small")


@pytest.fixture
def plain() -> Network:
    """The small network with modules."""
    return Network(reference(), SHAPE, name="Small")


@pytest.fixture(name="reference")
def _reference() -> Small:
    return reference()


@pytest.fixture
def x() -> Tensor:
    """Two inputs."""
    return torch.randn(2, *SHAPE, generator=torch.Generator().manual_seed(7))
