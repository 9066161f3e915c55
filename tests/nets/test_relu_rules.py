"""Overrides of ReLU's backward rule: met in every form, and gone afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn
from torch.nn import functional

from deepvis_app.nets.relu_rules import relu_filter, relu_rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

FORMS: dict[str, Callable[[Tensor], Tensor]] = {
    "functional": functional.relu,
    "functional in place": lambda x: functional.relu(x, inplace=True),
    "functional relu_": functional.relu_,
    "torch": torch.relu,
    "torch relu_": torch.relu_,
    "method": lambda x: x.relu(),
    "method relu_": lambda x: x.relu_(),
    "module": nn.ReLU(),
    "module in place": nn.ReLU(inplace=True),
    "aten": torch.ops.aten.relu.default,
    "aten in place": torch.ops.aten.relu_.default,
}


def deconv(_y: Tensor, gradient: Tensor) -> Tensor:
    return gradient.clamp(min=0)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_met(form: str) -> None:
    leaf = torch.tensor([-2.0, -1.0, 1.0, 2.0], requires_grad=True)
    arriving = torch.tensor([3.0, -4.0, 5.0, -6.0])
    with relu_rule(deconv) as rule:
        y = FORMS[form](leaf * 1)
    y.backward(arriving)
    assert rule.count == 1
    assert y.tolist() == [0, 0, 1, 2]
    assert leaf.grad is not None
    assert leaf.grad.tolist() == [3, 0, 5, 0]  # what is positive passes, whatever the input was


@pytest.mark.parametrize("of_view", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_a_filter_has_what_every_form_passes(form: str, of_view: bool) -> None:
    leaf = torch.tensor([-2.0, -1.0, 1.0, 2.0], requires_grad=True)
    x = (leaf * 1).view(2, 2) if of_view else leaf * 1
    with relu_filter(lambda passed: passed.clamp_min_(0)) as rule:
        y = FORMS[form](x)
    arriving = torch.tensor([3.0, -4.0, 5.0, -6.0]).view_as(y)
    y.backward(arriving)
    assert rule.count == 1
    assert y.flatten().tolist() == [0, 0, 1, 2]
    assert leaf.grad is not None
    assert leaf.grad.tolist() == [0, 0, 5, 0]  # positive, and where the ReLU is on
    assert arriving.flatten().tolist() == [3, -4, 5, -6]


def test_a_filter_does_not_mind_values_without_gradients() -> None:
    with relu_filter(lambda passed: passed.clamp_min_(0)):
        assert functional.relu(torch.tensor([-1.0, 1.0])).tolist() == [0, 1]


def test_the_rule_sees_what_the_relu_gave() -> None:
    leaf = torch.tensor([-2.0, 0.0, 3.0], requires_grad=True)
    with relu_rule(lambda y, gradient: gradient * y):
        y = functional.relu(leaf)
    y.sum().backward()
    assert leaf.grad is not None
    assert leaf.grad.tolist() == [0, 0, 3]


@pytest.mark.parametrize("form", [f for f in FORMS if "place" in f or "relu_" in f])
def test_in_place_stays_in_place(form: str) -> None:
    leaf = torch.tensor([-1.0, 1.0], requires_grad=True)
    x = leaf * 1
    with relu_rule(deconv):
        FORMS[form](x)
    assert x.tolist() == [0, 1]


def test_nothing_is_left_behind() -> None:
    leaf = torch.tensor([-1.0, 1.0], requires_grad=True)
    with relu_rule(deconv), pytest.raises(ZeroDivisionError):
        raise ZeroDivisionError
    functional.relu(leaf).backward(torch.tensor([7.0, -7.0]))
    assert leaf.grad is not None
    assert leaf.grad.tolist() == [0, -7]


def test_other_functions_are_left_alone() -> None:
    leaf = torch.tensor([-1.0, 1.0], requires_grad=True)
    with relu_rule(deconv) as rule:
        y = functional.leaky_relu(leaf, 0.1)
    y.backward(torch.tensor([-1.0, -1.0]))
    assert rule.count == 0
    assert leaf.grad is not None
    assert leaf.grad.tolist() == pytest.approx([-0.1, -1])


def test_relus_of_a_saved_program_are_met() -> None:
    net = nn.Sequential(nn.Linear(2, 2, bias=False), nn.ReLU(inplace=True))
    with torch.no_grad():
        net[0].weight.copy_(torch.eye(2))
    program = torch.export.unflatten(torch.export.export(net, (torch.ones(1, 2),)))
    leaf = torch.tensor([[-1.0, 1.0]], requires_grad=True)
    with relu_rule(deconv) as rule:
        y = program(leaf)
    y.backward(torch.tensor([[2.0, -2.0]]))
    assert rule.count == 1
    assert leaf.grad is not None
    assert leaf.grad.tolist() == [[2, 0]]
