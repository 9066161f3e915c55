from __future__ import annotations

import copy
import json

import pytest
import torch
from torch import nn

from deepvis_app.errors import UserError
from deepvis_app.lab.faults import mistakes
from deepvis_app.lab.faults.networks import LEARNERS, perceptron
from deepvis_app.lab.faults.sets import examples
from deepvis_app.lab.preflight import Check, Preflight, preflight, preflight_steps

LOSS = nn.CrossEntropyLoss()
DIGITS = examples("digits")
X, Y = DIGITS.x[:64], DIGITS.y[:64]


def sound() -> nn.Sequential:
    torch.manual_seed(0)
    return perceptron((64, 32, 10))


def check(found: Preflight, name: str) -> Check:
    return next(each for each in found.checks if each.name == name)


@pytest.mark.parametrize("learner", ["relu", "conv", "lstm", "dropout", "residual", "deep"])
def test_sound_networks_pass(learner: str) -> None:
    torch.manual_seed(0)
    data, net = examples(LEARNERS[learner].examples), LEARNERS[learner].make()
    found = preflight(net, LOSS, data.x[:64], data.y[:64], seconds=60)
    assert [(each.name, each.passed) for each in found.checks] == [
        ("start_loss", True), ("mixing", True), ("input_scale", True), ("overfit", True),
        ("blind", True), ("reached", True),
    ]  # fmt: skip
    assert found.passed
    assert not any(each.remedy for each in found.checks)


def test_the_network_and_the_random_state_are_left() -> None:
    net = perceptron((64, 16, 10), norm=True, dropout=0.5)
    net.eval()
    before = copy.deepcopy(net.state_dict())
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    preflight(net, LOSS, X, Y, seconds=30)
    assert torch.equal(torch.rand(1), expected)
    assert all(torch.equal(a, b) for a, b in zip(before.values(), net.state_dict().values(),
                                                 strict=True))  # fmt: skip
    assert not net.training
    assert all(each.grad is None for each in net.parameters())


def fails(net: nn.Module, name: str, x: torch.Tensor = X, y: torch.Tensor = Y) -> Check:
    found = preflight(net, LOSS, x, y, seconds=30)
    failed = check(found, name)
    assert failed.passed is False
    assert failed.remedy
    assert not found.passed
    return failed


def test_a_high_loss_at_the_start() -> None:
    net = sound()
    with torch.no_grad():
        net[-1].weight.mul_(60)
    assert "chance is 2.2" in fails(net, "start_loss").evidence


def test_examples_that_mix() -> None:
    fails(mistakes.SoftmaxedAcross(sound()), "mixing")


def test_an_input_out_of_scale() -> None:
    fails(sound(), "input_scale", X * 255)
    x = X.clone()
    x[3, 0, 2, 2] = torch.nan
    assert "1 values" in check(preflight(sound(), LOSS, x, Y, seconds=10), "input_scale").evidence


class Deaf(nn.Module):
    """Gives what it has learned, whatever it sees."""

    def __init__(self) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.bias.expand(len(x), 10)


def test_an_input_that_does_not_matter() -> None:
    found = preflight(Deaf(), LOSS, X, Y, seconds=30)
    assert check(found, "overfit").passed is False
    assert check(found, "blind").passed is False


def test_a_cut_graph() -> None:
    net = mistakes.Detached(sound(), 3)
    assert "net.1.weight" in fails(net, "reached").evidence


def test_dropout_does_not_keep_it_from_learning_by_heart() -> None:
    torch.manual_seed(0)
    net = perceptron((64, 32, 32, 10), dropout=0.8)
    assert check(preflight(net, LOSS, X, Y, seconds=30), "overfit").passed


def test_other_losses_and_targets() -> None:
    net = nn.Sequential(nn.Linear(5, 16), nn.Tanh(), nn.Linear(16, 1))
    x = torch.randn(32, 5, generator=torch.Generator().manual_seed(0))
    found = preflight(net, nn.MSELoss(), x, x[:, :1] * 2, seconds=30)
    assert check(found, "start_loss").passed is None
    assert check(found, "overfit").passed
    assert check(found, "blind").passed


def test_no_time_is_no_failure() -> None:
    found = preflight(sound(), LOSS, X, Y, seconds=0)
    assert check(found, "overfit").passed is None
    assert check(found, "blind").passed is None
    assert found.passed


def test_it_goes_in_steps_and_can_be_stopped() -> None:
    net = sound()
    steps = preflight_steps(net, LOSS, X, Y, seconds=30)
    first = next(steps)
    assert [each.name for each in first.checks] == ["start_loss", "mixing", "input_scale"]
    assert next(steps).step == 1
    steps.close()
    assert all(each.grad is None for each in net.parameters())


def test_its_answer_is_plain_data() -> None:
    data = json.loads(json.dumps(preflight(sound(), LOSS, X, Y, seconds=30).data()))
    assert data["checks"][0]["name"] == "start_loss"


@pytest.mark.parametrize(
    ("x", "y", "cause"),
    [
        (torch.zeros(8, 3), torch.zeros(8, dtype=torch.int64), "does not take the batch"),
        (X, Y.float()[:, None], "does not take the network's output"),
    ],
)
def test_what_does_not_fit_is_told(x: torch.Tensor, y: torch.Tensor, cause: str) -> None:
    with pytest.raises(UserError, match=cause):
        preflight(sound(), LOSS, x, y)
