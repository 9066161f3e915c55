from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from deepvis_app.lab.evidence import examine
from deepvis_app.lab.faults.networks import LEARNERS
from deepvis_app.lab.faults.sets import examples

X, Y = torch.randn(16, 6, generator=torch.Generator().manual_seed(0)), torch.arange(16) % 3


def plain(*between: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Linear(6, 8), *between, nn.Linear(8, 3))


class Functional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(6, 8), nn.Linear(8, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(functional.relu_(self.first(x)))


@pytest.mark.parametrize("learner", LEARNERS)
def test_nothing_is_said_of_sound_networks(learner: str) -> None:
    made = LEARNERS[learner]
    data, net = examples(made.examples), made.make()
    found = examine(
        net, data.x[:32], data.y[:32], nn.CrossEntropyLoss(),
        [torch.optim.SGD(net.parameters(), lr=0.1)],
    )  # fmt: skip
    assert found.unactivated == ()
    assert not found.probabilities
    assert found.twins == {}
    assert found.unoptimised == ()
    assert found.mixing is not None
    assert found.mixing < 1e-5
    assert found.start_loss == pytest.approx(found.chance_loss, rel=0.6)


@pytest.mark.parametrize(
    ("net", "expected"),
    [
        (plain(), (("0", "1"),)),
        (plain(nn.Dropout(0.5)), (("0", "2"),)),
        (plain(nn.BatchNorm1d(8)), (("0", "2"),)),
        (plain(nn.ReLU(inplace=True)), ()),
        (plain(nn.LayerNorm(8)), ()),
        (Functional(), ()),
        (nn.Sequential(nn.Linear(6, 2), nn.Linear(2, 3)), ()),  # a bottleneck
    ],
    ids=str,
)
def test_missing_activations(net: nn.Module, expected: tuple[tuple[str, str], ...]) -> None:
    assert examine(net, X).unactivated == expected


def test_convolutions_without_activation() -> None:
    x = torch.randn(4, 3, 8, 8)
    wide = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 4, 3))
    separable = nn.Sequential(nn.Conv2d(3, 3, 3, groups=3), nn.Conv2d(3, 8, 1))
    flat = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(144, 3))
    assert examine(wide, x).unactivated == (("0", "2"),)
    assert examine(separable, x).unactivated == ()
    assert examine(flat, x).unactivated == (("0", "2"),)


def test_softmax_in_the_network() -> None:
    assert examine(plain(nn.ReLU()), X).probabilities is False
    assert examine(nn.Sequential(plain(), nn.Softmax(1)), X).probabilities is True
    assert examine(nn.Sequential(plain(), nn.Sigmoid()), X).probabilities is False
    assert examine(nn.Sequential(plain(), nn.Sigmoid()), X).within_one is True


class AlongBatch(nn.Module):
    """Takes (N, T, F) for (T, N, F)."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(3, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.lstm(x.view(len(x), 2, 3))[0][:, -1]


class Centred(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x - x.mean(0)


@pytest.mark.parametrize("mixer", [AlongBatch(), Centred(), nn.Softmax(0)], ids=str)
def test_mixing_of_examples(mixer: nn.Module) -> None:
    found = examine(mixer, X).mixing
    assert found is not None
    assert found > 0.01


def test_a_batch_norm_that_is_evaluated_mixes_nothing() -> None:
    net = plain(nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5))
    before = net[1].running_mean.clone()
    found = examine(net, X).mixing
    assert found is not None
    assert found < 1e-5
    assert net.training
    assert net[1].training
    assert torch.equal(net[1].running_mean, before)


def test_random_state_is_left() -> None:
    net = nn.Sequential(plain(), nn.Dropout())
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    examine(net, X, Y, nn.CrossEntropyLoss())
    assert torch.equal(torch.rand(1), expected)


def test_start_loss_against_its_formula() -> None:
    net = plain(nn.ReLU())
    with torch.no_grad():
        net[-1].weight.zero_()
        net[-1].bias.zero_()
    found = examine(net, X[:15], Y[:15], nn.CrossEntropyLoss())
    assert found.start_loss == pytest.approx(math.log(3), rel=1e-5)
    assert found.chance_loss == pytest.approx(math.log(3), rel=1e-5)
    assert found.loss == "CrossEntropyLoss"


def test_twins() -> None:
    net = plain(nn.Tanh())
    nn.init.constant_(net[0].weight, 0.3)
    assert examine(net, X).twins == {"0": 1.0}
    net[0].weight.requires_grad_(False)
    assert examine(net, X).twins == {}


def test_twins_of_a_recurrent_layer_are_told_gate_by_gate() -> None:
    net = nn.LSTM(3, 16)
    with torch.no_grad():
        net.weight_ih_l0.copy_(torch.arange(4.0).repeat_interleave(16)[:, None].expand(-1, 3))
    assert examine(net, None).twins == {"weight_ih_l0": pytest.approx(60 / 63)}


def test_parameters_without_an_optimiser() -> None:
    net = plain(nn.ReLU())
    found = examine(net, X, optimizers=[torch.optim.SGD(net[2].parameters(), lr=0.1)])
    assert found.unoptimised == ("0.weight", "0.bias")
    assert found.unoptimised_share == pytest.approx(56 / 83)


def test_input_measures() -> None:
    x = X.clone()
    x[:, 0] *= 5000
    found = examine(plain(nn.ReLU()), x).input
    assert found["spread"] > 1000
    assert found["largest"] == pytest.approx(float(x.abs().max()))
    assert found["normalises"] is False
    assert examine(nn.Sequential(nn.BatchNorm1d(6), nn.Linear(6, 2)), x).input["normalises"]
    assert examine(plain(nn.ReLU()), X + 40).input["offset"] > 20
    x[0, 0] = math.nan
    assert examine(plain(nn.ReLU()), x).input["bad"] == 1
    ids = torch.randint(8, (5, 4))
    assert examine(nn.Embedding(8, 2), ids).input["kind"] == "ids"
    hot = functional.one_hot(ids, 8).float()
    assert examine(nn.Linear(8, 2), hot).input["kind"] == "one-hot"


def test_what_no_network_takes_is_no_reason_to_fail() -> None:
    found = examine(plain(nn.ReLU()), X, torch.randn(16, 7), nn.CrossEntropyLoss())
    assert found.start_loss is None
    assert examine(plain(nn.ReLU()), None).classes == 0
