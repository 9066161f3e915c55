"""Networks that end in a softmax or a sigmoid: their logit is what goes into it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from deepvis_app.explain import (
    CATALOGUE,
    SeedKind,
    attribute,
    deletion_insertion_steps,
    explain_pass,
    needed_layers,
    occlusion_steps,
    seed_sentence,
)
from deepvis_app.nets import Network, Unit
from tests.explain.steps import finished

if TYPE_CHECKING:
    from collections.abc import Callable

    End = Callable[["Ended", Tensor], object]

SHAPE = (3, 16, 16)


class Ended(nn.Module):
    """Scores of a size that softmax nearly saturates; `end` is what is done to them."""

    def __init__(self, end: End, factor: float = 30.0) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 8, 3)
        self.head = nn.Linear(8, 5)
        self.head.weight.data.mul_(factor)
        self.softmax = nn.Softmax(1)
        self.end = end
        self.requires_grad_(False)

    def scores(self, x: Tensor) -> Tensor:
        found: Tensor = self.head(self.conv(x).relu().mean((2, 3)))
        return found

    def forward(self, x: Tensor) -> object:
        return self.end(self, self.scores(x))


def in_place(_net: Ended, z: Tensor) -> Tensor:
    return z.sigmoid_()


ENDS: dict[str, tuple[End, str]] = {
    "module": (lambda net, z: net.softmax(z), "softmax"),
    "function": (lambda _, z: F.softmax(z, 1), "softmax"),
    "method": (lambda _, z: z.softmax(-1), "softmax"),
    "log": (lambda _, z: F.log_softmax(z, dim=1), "log softmax"),
    "sigmoid": (lambda _, z: torch.sigmoid(z), "sigmoid"),
    "sigmoid in place": (in_place, "sigmoid"),
    "log sigmoid": (lambda _, z: F.logsigmoid(z), "log sigmoid"),
    "among others": (lambda _, z: {"aux": z.sigmoid(), "probs": z.softmax(1)}, "softmax"),
    "copied": (lambda _, z: z.softmax(1).clone().reshape(-1, 5), "softmax"),
    "doubled": (lambda _, z: (2 * z / 2).softmax(1), "softmax"),
}


@pytest.fixture
def x() -> Tensor:
    return torch.randn(*SHAPE, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize(("end", "kind"), ENDS.values(), ids=ENDS)
def test_the_logit_is_what_goes_into_the_ending(end: End, kind: str, x: Tensor) -> None:
    module = Ended(end)
    truth = copy.deepcopy(module).eval()
    network = Network(module, SHAPE)
    assert network.ending == kind
    assert seed_sentence(network, SeedKind.LOGIT) == (
        f"The score of the class, before the network's own {kind}."
    )
    unit = Unit(network.output_layer or "", 3)
    leaf = x[None].clone().requires_grad_()
    score = truth.scores(leaf)[0, 3]
    (right,) = torch.autograd.grad(score, leaf)
    wanted = float(score.detach())
    torch.testing.assert_close(attribute(network, x, unit, "gradient", "logit"), right[0])
    leaf = x[None].clone().requires_grad_()
    forward = network.forward(leaf, needed_layers(network, unit, "gradient"))
    assert explain_pass(network, leaf, forward, unit, "gradient", "logit").score == wanted
    _, found = finished(CATALOGUE["ablation"].steps(network, x, unit, "logit", cells=2))
    assert found.score == pytest.approx(wanted, rel=1e-6)


def test_other_seeds_and_curves_are_of_what_the_network_returns(x: Tensor) -> None:
    network = Network(Ended(ENDS["module"][0]), SHAPE)
    unit = Unit("softmax", 3)
    probability = float(network.module(x[None])[0, 3])
    _, found = finished(occlusion_steps(network, x, unit, patch=8, stride=8, seed="max"))
    assert found.score == pytest.approx(probability)
    map_ = np.ones((1, 16, 16), np.float32)
    _, curves = finished(deletion_insertion_steps(network, x, unit, map_, steps=2, seed="logit"))
    assert curves.deletion[0] == pytest.approx(probability)


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (lambda _, z: z, "as the network returns it, before softmax"),
        (lambda _, z: z.softmax(1) * 0.5 + 0.1, "probability of the class as the network returns"),
        (lambda _, z: (z.softmax(1) + 1e-6).log(), "as the network returns it, before softmax"),
        (lambda _, z: z[:, :1], "The number that the network returns."),
    ],
)
def test_without_a_known_ending_the_sentence_says_what_it_is(
    end: End, words: str, x: Tensor
) -> None:
    network = Network(Ended(end, 1.0), SHAPE)
    assert network.ending is None
    assert words in seed_sentence(network, SeedKind.LOGIT)
    leaf = x[None].clone().requires_grad_()
    output = network.module(leaf)
    (right,) = torch.autograd.grad(output[0, 0], leaf)  # what it returns, as the sentence says
    unit = Unit(network.output_layer or "", 0)
    torch.testing.assert_close(attribute(network, x, unit, "gradient", "logit"), right[0])
