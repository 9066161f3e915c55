"""What the one engine takes beside units: objectives that read a pass themselves, L-BFGS, balls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pytest
import torch
from torch import nn

from deepvis_app.errors import UserError
from deepvis_app.nets import Network, Preprocessing, Unit
from deepvis_app.nets.preprocessing import ChannelOrder
from deepvis_app.synth import PICTURE, Ball, Canvas, Held, Norm, Reads, Recipe, Sample
from deepvis_app.synth.lbfgs import lbfgs
from deepvis_app.synth.run import synthesis_steps, synthesize
from deepvis_app.synth.space import PictureSpace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor


def small(dtype: torch.dtype = torch.float64) -> Network:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3)).to(dtype)
    how = Preprocessing(mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.25))
    return Network(module.eval(), input_shape=(3, 12, 12), preprocessing=how)


@dataclass(frozen=True, slots=True)
class Bowl(Reads):
    """Minus a quadratic form of the picture about a wanted one, of condition number 50."""

    kind: ClassVar[str] = "bowl"

    wanted: Held

    def read(self, seen: Mapping[str, Tensor]) -> Tensor:
        x = seen[PICTURE]
        stiff = torch.linspace(1, 50, x.numel(), dtype=x.dtype).view_as(x)
        return -(stiff * (x - self.wanted.values).square()).sum() / 2


@dataclass(frozen=True, slots=True)
class Match(Reads):
    """Minus the squared distance to a code."""

    kind: ClassVar[str] = "match"

    layer: str
    code: Held

    def layers(self, network: Network) -> tuple[str, ...]:
        return (network.layer(self.layer).name,)

    def read(self, seen: Mapping[str, Tensor]) -> Tensor:
        return -(seen[self.layer] - self.code.values).square().sum()


def wanted_picture() -> Tensor:
    return torch.from_numpy(np.random.default_rng(5).uniform(-60, 60, (1, 3, 12, 12)))


LBFGS = {"step": {"policy": "lbfgs", "rate": 1.0}, "image": {"start": "mean"}}
ADAM = {"step": {"policy": "adam", "rate": 4.0, "settle": 0.01}, "image": {"start": "mean"}}


@pytest.mark.parametrize(("settings", "steps"), [(LBFGS, 300), (ADAM, 3000)])
def test_optimisers_agree_on_a_convex_toy(settings: dict[str, object], steps: int) -> None:
    recipe = Recipe.model_validate({**settings, "stop": {"steps": steps}})
    wanted = wanted_picture()
    found = synthesize(small(), Bowl(Held.of(wanted)), recipe)
    np.testing.assert_allclose(found.x, wanted[0].numpy(), atol=1e-6 * 255)
    assert -1e-6 < found.activation <= 0


def test_lbfgs_is_torchs() -> None:
    """A curved function of two samples at once; torch takes them one by one."""
    start = torch.from_numpy(np.random.default_rng(1).normal(0, 1, (2, 6)))

    def worth(x: Tensor) -> Tensor:  # minus Rosenbrock's
        return -(100 * (x[..., 1:] - x[..., :-1] ** 2) ** 2 + (1 - x[..., :-1]) ** 2).sum(-1)

    values, memory = {"x": start.clone()}, {}
    ours = []
    for _ in range(30):
        x = values["x"].detach().requires_grad_()
        (gradient,) = torch.autograd.grad(worth(x).sum(), [x])
        values, memory = lbfgs(values, {"x": gradient}, memory, 0.02)
        ours.append(values["x"].clone())
    for row in range(2):
        x = start[row].clone().requires_grad_()
        optimiser = torch.optim.LBFGS(
            [x], lr=0.02, max_iter=1, history_size=20, tolerance_grad=0, tolerance_change=0
        )

        def closure(x: Tensor = x, optimiser: torch.optim.LBFGS = optimiser) -> Tensor:
            optimiser.zero_grad()
            loss = -worth(x)
            loss.backward()
            return loss

        for step in range(30):
            optimiser.step(closure)
            np.testing.assert_allclose(ours[step][row], x.detach(), rtol=1e-9)


def test_lbfgs_refuses_a_picture_that_is_moved() -> None:
    with pytest.raises(UserError, match="moved"):
        Recipe.model_validate({**LBFGS, "transforms": {"jitter_px": 3}})


@pytest.mark.parametrize("settings", [LBFGS, ADAM])
def test_runs_go_on_from_a_checkpoint(settings: dict[str, object]) -> None:
    net = small()
    code = Held.of(net.activations(torch.rand(1, 3, 12, 12, dtype=torch.float64), ["2"])["2"])
    recipe = Recipe.model_validate({**settings, "stop": {"steps": 12}})
    samples = [Sample(Match("2", code)), Sample(Match("2", code), 1)]
    states, results = [], None
    steps = synthesis_steps(net, samples, recipe)
    while results is None:
        try:
            states.append(next(steps).state())
        except StopIteration as stop:
            results = stop.value
    again = synthesis_steps(net, samples, recipe, resume=states[4])
    while True:
        try:
            next(again)
        except StopIteration as stop:
            for one, other in zip(results, stop.value, strict=True):
                np.testing.assert_array_equal(one.x, other.x)
            break
    assert results[0].activation > results[0].trace[0] / 2  # nearer; both are below 0


def test_objectives_that_read_join_others_in_sums() -> None:
    net = small()
    x = torch.rand(1, 3, 12, 12, dtype=torch.float64)
    seen = net.activations(x, ["1", "2"])
    code = Held.of(torch.zeros_like(seen["1"]))
    goal = 2 * Match("1", code) + Unit("2", 3, (1, 1))
    start = PictureSpace(net).from_input(x)[0]
    found = synthesize(net, goal, Recipe.model_validate({"stop": {"steps": 1}}), start=start)
    expected = -2 * seen["1"].square().sum() + seen["2"][0, 3, 1, 1]
    assert found.activation == pytest.approx(float(expected), rel=1e-9)


def test_what_is_held_is_told_by_its_content() -> None:
    code = torch.arange(4.0)
    one, same, other = (Match("1", Held.of(values)) for values in (code, code.clone(), code + 1))
    assert one == same
    assert hash(one) == hash(same)
    assert one.digest == same.digest
    assert one != other
    assert one.digest != other.digest
    (held,) = one.tensors().values()
    assert torch.equal(held, code)


@pytest.mark.parametrize("norm", list(Norm))
@pytest.mark.parametrize("scatter", [False, True])
def test_a_picture_stays_in_its_ball(norm: Norm, scatter: bool) -> None:
    net = small()
    start = torch.from_numpy(np.random.default_rng(2).uniform(-100, 100, (3, 12, 12)))
    recipe = Recipe.model_validate({"step": {"rate": 1e4}, "stop": {"steps": 6}})
    ball = Ball(norm, 7.0, scatter)
    found = synthesize(net, Unit("2", 1), recipe, start=start, canvas=Canvas(ball=ball))
    change = found.x - start.numpy()
    order = np.inf if norm is Norm.LINF else 2
    size = np.linalg.norm(change.ravel(), order)
    assert 6.9 < size < 7.0001  # the objective is linear there: it goes to the edge


def test_the_last_picture_may_be_wanted_in_place_of_the_best() -> None:
    wanted = wanted_picture()
    start = wanted[0].clone()  # the best there is: every step leads away
    start[0, 0, 0] += 1
    recipe = Recipe.model_validate({"step": {"rate": 5.0}, "stop": {"steps": 3}})
    goal = Bowl(Held.of(wanted))
    best = synthesize(small(), goal, recipe, start=start)
    np.testing.assert_allclose(best.x, start.numpy(), atol=1e-5)
    last = synthesize(small(), goal, recipe, start=start, canvas=Canvas(last=True))
    assert np.abs(last.x - start.numpy()).max() > 3
    assert last.activation == pytest.approx(float(last.trace[-1]), rel=1e-6)
    assert last.activation < best.activation
    assert last.best_step == 2
    np.testing.assert_array_equal(last.trace, best.trace)


def test_a_scattered_start_is_uniform_in_the_ball() -> None:
    centre = torch.zeros(1, 3, 40, 40, dtype=torch.float64)
    drawn = Ball(Norm.LINF, 8.0).scattered(centre, 3)
    assert drawn.abs().max() <= 8
    assert drawn.std() == pytest.approx(8 / 3**0.5, rel=0.03)
    lengths = [Ball(Norm.L2, 8.0).scattered(centre, seed).norm() for seed in range(200)]
    assert max(lengths) <= 8
    assert float(sum(lengths)) / 200 == pytest.approx(4, rel=0.1)
    assert not torch.equal(drawn, Ball(Norm.LINF, 8.0).scattered(centre, 4))


def test_a_ball_needs_a_start() -> None:
    with pytest.raises(UserError, match="start"):
        synthesize(small(), Unit("2", 1), Recipe(), canvas=Canvas(ball=Ball(Norm.L2, 1)))


def test_pictures_of_another_size_and_form() -> None:
    recipe = Recipe.model_validate({"stop": {"steps": 2}})
    found = synthesize(small(), Unit("2", 1), recipe, canvas=Canvas(size=(20, 33)))
    assert found.image.shape == (20, 33, 3)


@pytest.mark.parametrize("bgr", [False, True])
def test_inputs_become_pictures_and_back(bgr: bool) -> None:
    order = ChannelOrder.BGR if bgr else ChannelOrder.RGB
    how = Preprocessing(mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.25), channels=order)
    net = Network(nn.Conv2d(3, 2, 1), input_shape=(3, 6, 6), preprocessing=how)
    space = PictureSpace(net)
    picture = np.random.default_rng(0).integers(0, 256, (6, 6, 3), np.uint8)
    x = space.from_input(net.prepare(picture)[None])
    np.testing.assert_array_equal(space.pictures(x)[0], picture)
    np.testing.assert_allclose(space.to_input(x)[0], net.prepare(picture), atol=1e-5)
