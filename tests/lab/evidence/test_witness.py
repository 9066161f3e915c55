from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn
from torch.nn import functional

from deepvis_app.lab.evidence.witness import Witness, was_kept

if TYPE_CHECKING:
    from collections.abc import Callable


def watch(
    *,
    steps: int = 12,
    zero: Callable[[torch.optim.Optimizer, int], None] = lambda o, _: o.zero_grad(),
    before_step: Callable[[nn.Module], None] = lambda _: None,
    sign: float = 1,
    parts: int = 1,
    kind: type[torch.optim.Optimizer] = torch.optim.SGD,
    batch: int = 16,
    **settings: object,
) -> tuple[float, float]:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))
    optimizer = kind(net.parameters(), **({"lr": 0.05} | settings))
    witness = Witness([optimizer])
    x, y = torch.randn(64, 6), torch.randint(3, (64,))
    for step in range(steps):
        zero(optimizer, step)
        for _ in range(parts):
            chosen = torch.randperm(64)[:batch]
            (sign * functional.cross_entropy(net(x[chosen]), y[chosen]) / parts).backward()
        before_step(net)
        optimizer.step()
    found = witness.take()
    witness.close()
    return found


def test_plain_descent_goes_straight_down() -> None:
    descent, kept = watch()
    assert descent == pytest.approx(1, abs=1e-4)
    assert kept == 0


@pytest.mark.parametrize("kind", [torch.optim.Adam, torch.optim.RMSprop, torch.optim.AdamW])
def test_other_optimisers_go_down(kind: type[torch.optim.Optimizer]) -> None:
    assert 0 < watch(kind=kind)[0] < 1


def test_climbing_is_told() -> None:
    assert watch(maximize=True)[0] == pytest.approx(-1, abs=1e-4)


def test_a_forgotten_zero_grad_is_told() -> None:
    assert watch(zero=lambda *_: None)[1] == 1
    assert watch(zero=lambda *_: None, batch=64)[1] == 1  # all gradients are nearly the same
    assert watch(zero=lambda *_: None, kind=torch.optim.Adam)[1] == 1


def test_gradients_added_up_over_parts_are_none() -> None:
    assert watch(parts=4)[1] == 0
    assert watch(batch=64, lr=1e-4)[1] == 0
    assert watch(zero=lambda o, _: o.zero_grad(set_to_none=False))[1] == 0


def test_clipping_hides_it_from_nobody() -> None:
    def clip(net: nn.Module) -> None:
        nn.utils.clip_grad_norm_(net.parameters(), 0.01)

    assert watch(before_step=clip)[1] == 0
    assert watch(zero=lambda *_: None, before_step=clip)[1] == 1


def test_the_rule_alone() -> None:
    came, left = torch.tensor([1.0, 2.0, -1.0]), torch.tensor([0.5, -1.0, 2.0])
    assert was_kept(came, came, left) == 0
    assert was_kept(came + left, came, left) == 1
    assert was_kept(3 * (came + left), came, left) == 1
    assert was_kept(torch.ones(3), came, left).isnan()
    assert was_kept(came, came, torch.zeros(3)).isnan()  # nothing was left: nothing can be told


def test_it_leaves_nothing_behind() -> None:
    net = nn.Linear(3, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    witness = Witness([optimizer])
    witness.close()
    assert not optimizer._optimizer_step_pre_hooks
    assert not optimizer._optimizer_step_post_hooks
    assert not any(each._backward_hooks for each in net.parameters())
