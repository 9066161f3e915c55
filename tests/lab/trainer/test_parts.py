"""The parts of a training, each against its formula."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from deepvis_app.lab.light import light
from deepvis_app.lab.trainer import TrainPlan, load_data
from deepvis_app.lab.trainer.choices import Initialisation
from deepvis_app.lab.trainer.costs import cross_entropy, quadratic
from deepvis_app.lab.trainer.evaluation import judge, region_grid, regions
from deepvis_app.lab.trainer.initial import initialise
from deepvis_app.lab.trainer.network import make_network
from deepvis_app.lab.trainer.optimizers import make_optimizer, set_up
from deepvis_app.lab.trainer.order import Order, steps_in
from deepvis_app.lab.trainer.schedule import checkpoint_steps
from deepvis_app.lab.trainer.suspects import suspects


def test_the_quadratic_cost_is_the_posters() -> None:
    z = torch.tensor([[0.3, -1.0], [2.0, 0.5], [0.0, 0.0]])
    y = torch.tensor([0, 1, 1])
    total = 0.0
    for row, true in zip(z.tolist(), y.tolist(), strict=True):
        for k, value in enumerate(row):
            total += ((k == true) - 1 / (1 + math.exp(-value))) ** 2
    assert float(quadratic(z, y)) == pytest.approx(total / (2 * 3), rel=1e-6)
    expected = -sum(
        math.log(math.exp(row[true]) / sum(map(math.exp, row)))
        for row, true in zip(z.tolist(), y.tolist(), strict=True)
    )
    assert float(cross_entropy(z, y)) == pytest.approx(expected / 3, rel=1e-6)


@pytest.mark.parametrize(
    ("how", "deviation"),
    [
        (Initialisation.HE, math.sqrt(2 / 400)),
        (Initialisation.XAVIER, math.sqrt(2 / 700)),
        (Initialisation.LECUN, math.sqrt(1 / 400)),
        (Initialisation.LARGE, 1.0),
    ],
)
def test_first_weights_have_their_deviation(how: Initialisation, deviation: float) -> None:
    layer = nn.Linear(400, 300)
    initialise(layer, how)
    assert float(layer.weight.detach().std()) == pytest.approx(deviation, rel=0.02)
    assert abs(float(layer.weight.detach().mean())) < 0.02 * deviation
    assert not layer.bias.any()


def test_a_convolutions_inputs_are_its_places_too() -> None:
    layer = nn.Conv2d(16, 64, 5)
    initialise(layer, Initialisation.HE)
    assert float(layer.weight.detach().std()) == pytest.approx(math.sqrt(2 / (16 * 25)), rel=0.03)
    initialise(layer, Initialisation.CONSTANT)
    assert (layer.weight == 0.1).all()
    initialise(layer, Initialisation.ZERO)
    assert not layer.weight.any()


@pytest.mark.parametrize("kind", ["sgd", "adam", "rmsprop"])
def test_l2_is_half_lambda_times_the_squares_of_weights_alone(kind: str) -> None:
    torch.manual_seed(0)
    x, y = torch.randn(8, 1, 2, 2), torch.randint(0, 3, (8,))
    plan = TrainPlan(optimizer=kind, rate=0.1, l2=0.3, hidden=(4,), batch_norm=True)
    ours, theirs = (make_network(plan, (1, 2, 2), 3).module for _ in range(2))
    decayed = make_optimizer(ours, plan)
    plain = make_optimizer(theirs, plan.changed(l2=0))
    for _ in range(3):
        decayed.zero_grad()
        cross_entropy(ours(x), y).backward()
        decayed.step()
        plain.zero_grad()
        squares = sum(p.square().sum() for p in theirs.parameters() if p.ndim > 1)
        (cross_entropy(theirs(x), y) + 0.3 / 2 * squares).backward()
        plain.step()
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_adamw_takes_its_decay_off_beside_the_step() -> None:
    plan = TrainPlan(optimizer="adamw", rate=0.1, l2=0.3)
    module = nn.Linear(3, 2)
    before = module.weight.detach().clone()
    optimizer = make_optimizer(module, plan)
    for parameter in module.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    assert torch.allclose(module.weight, before * (1 - 0.1 * 0.3))


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
        (torch.optim.Adam, {"lr": 0.1, "betas": (0.8, 0.99)}),
        (torch.optim.AdamW, {"lr": 0.1}),
        (torch.optim.RMSprop, {"lr": 0.1, "momentum": 0.5}),
    ],
)
def test_a_light_optimiser_is_torchs_own_to_the_bit(kind: Any, settings: dict[str, Any]) -> None:
    torch.manual_seed(0)
    x, y = torch.randn(8, 5), torch.randn(8, 3)
    theirs = nn.Linear(5, 3)
    ours = copy.deepcopy(theirs)
    one, other = light(kind)(ours.parameters(), **settings), kind(theirs.parameters(), **settings)
    assert isinstance(one, kind)
    assert type(one).__name__ == kind.__name__
    assert type(one) is not kind
    steps: list[int] = []
    one.register_step_post_hook(lambda *_: steps.append(1))
    for number in range(6):
        for module, optimizer in ((ours, one), (theirs, other)):
            (module(x) - y).square().mean().backward()
            optimizer.step()
            assert torch.is_grad_enabled()
            optimizer.zero_grad()
        if number == 2:
            one = light(kind)(ours.parameters(), **settings)
            one.load_state_dict(copy.deepcopy(other.state_dict()))
    assert len(steps) == 3
    assert torch.equal(ours.weight, theirs.weight)
    assert torch.equal(ours.bias, theirs.bias)
    assert one.state_dict()["param_groups"] == other.state_dict()["param_groups"]


def test_an_optimiser_takes_what_changes_while_it_runs() -> None:
    module, plan = nn.Linear(3, 2), TrainPlan(momentum=0.5)
    optimizer = make_optimizer(module, plan)
    set_up(optimizer, plan.changed(rate=0.02, momentum=0.8, l2=0.01))
    weights, biases = optimizer.param_groups
    assert (weights["lr"], weights["momentum"], weights["weight_decay"]) == (0.02, 0.8, 0.01)
    assert biases["weight_decay"] == 0
    adam = make_optimizer(module, TrainPlan(optimizer="adam"))
    assert adam.param_groups[0]["betas"][0] == 0.9
    set_up(adam, TrainPlan(optimizer="adam", momentum=0.8))
    assert adam.param_groups[0]["betas"] == (0.8, 0.999)


@pytest.mark.parametrize(("count", "batch"), [(10, 3), (10, 9), (9, 9), (5, 8), (1, 4), (7, 1)])
def test_an_epoch_gives_every_example_once(count: int, batch: int) -> None:
    order, given = Order(count, seed=0), []
    expected = order.steps_left(2, batch)
    steps = 0
    while order.epoch < 2:
        chosen = order.peek(batch)
        if order.epoch == 0:
            given += chosen.tolist()
        order.go_on(len(chosen), batch)
        steps += 1
    left_out = count % batch == 1 and batch > 1 and count > 1
    assert len(given) == len(set(given)) == count - left_out
    assert steps == expected == 2 * steps_in(count, batch)


def test_another_batch_goes_on_in_the_same_order() -> None:
    order, other = Order(10, seed=3), Order(10, seed=3)
    whole = order.peek(10).tolist()
    first = other.peek(4)
    other.go_on(len(first), 4)
    assert [*first.tolist(), *other.peek(6).tolist()] == whole


def test_checkpoints_are_close_at_the_beginning_and_even_later() -> None:
    steps = checkpoint_steps(1000, 10, also=(3, 777))
    assert steps[:9] == (0, 1, 2, 3, 4, 8, 16, 32, 64)
    assert set(range(100, 1001, 100)) | {777} <= set(steps)
    assert checkpoint_steps(3, 40) == (0, 1, 2, 3)
    assert checkpoint_steps(0, 40) == (0,)
    assert max(checkpoint_steps(7, 3, also=(9,))) == 7


def test_a_network_is_judged_in_evaluation_mode_and_left_as_it_was() -> None:
    module = nn.Sequential(nn.Flatten(), nn.Dropout(0.9), nn.Linear(4, 3))
    frozen = module[1]
    x, y = torch.randn(1100, 1, 2, 2), torch.randint(0, 3, (1100,))
    frozen.eval()
    found = judge(module, x, y, cross_entropy, 3)
    assert module.training
    assert not frozen.training
    logits = module[2](x.flatten(1))
    assert found.loss == pytest.approx(cross_entropy(logits, y).item(), rel=1e-5)
    answers = logits.argmax(1)
    assert found.accuracy == pytest.approx(float((answers == y).float().mean()))
    expected = np.zeros((3, 3), int)
    np.add.at(expected, (y.numpy(), answers.numpy()), 1)
    assert (found.confusion == expected).all()


def test_regions_are_scores_over_the_plane_from_its_top_left() -> None:
    data = load_data(TrainPlan(data="gaussians"))
    used = data.preprocessing
    grid = region_grid(used.mean, used.std, extent=6, side=4)
    shares = grid[:, :, 0, 0].double() * torch.tensor(used.std) + torch.tensor(used.mean)
    places = 12 * shares - 6
    assert torch.allclose(places[0], torch.tensor([-4.5, 4.5]).double(), atol=1e-4)
    assert torch.allclose(places[3], torch.tensor([4.5, 4.5]).double(), atol=1e-4)
    assert torch.allclose(places[12], torch.tensor([-4.5, -4.5]).double(), atol=1e-4)

    class RightIsBlue(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.stack([-x[:, 0, 0, 0], x[:, 0, 0, 0]], 1)

    for scores in ("softmax", "sigmoid"):
        found = regions(RightIsBlue(), grid, scores)
        assert found.shape == (4, 4, 2)
        assert (found[:, 3, 1] > 0.5).all()
        assert (found[:, 0, 1] < 0.5).all()


def test_suspects_lie_below_the_class_that_does_not_exist() -> None:
    margins = np.array([-5, -4, 3, 2, -6, np.nan, 1.5], np.float32)
    fake = np.array([True, True, False, False, False, False, False])
    assert suspects(margins, fake).tolist() == [4]
    assert suspects(margins, np.zeros(7, bool)).tolist() == []
