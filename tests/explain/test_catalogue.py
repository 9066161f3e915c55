"""The catalogue against captum in one call, sums that must hold, and what is left behind."""

from __future__ import annotations

import copy
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from captum.attr import LRP, DeepLift, IntegratedGradients, Saliency
from torch import Tensor, nn

from deepvis_app.errors import UserError
from deepvis_app.explain import (
    CATALOGUE,
    CatalogueProgress,
    CatalogueResult,
    attribute,
    defined,
    filling,
)
from deepvis_app.nets import Network, Preprocessing, Unit
from tests.explain.steps import finished

if TYPE_CHECKING:
    from deepvis_app.explain import CatalogueMethod

HEAD = Unit("head", 2)


def finish(
    method: CatalogueMethod, network: Network, x: Tensor, unit: Unit = HEAD, **options: Any
) -> tuple[list[CatalogueProgress], CatalogueResult]:
    return finished(method.steps(network, x, unit, **options))


def close(found: Any, right: Tensor, share: float = 1e-5) -> None:
    peak = float(right.abs().max())
    assert peak > 0
    assert float((torch.tensor(found) - right).abs().max()) <= share * peak


class Linear(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.head = nn.Linear(3 * 6 * 6, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(x.flatten(1))


@pytest.fixture
def linear() -> Network:
    return Network(Linear(), (3, 6, 6), Preprocessing(mean=(0.4,), std=(0.2,)))


@pytest.fixture
def picture() -> Tensor:
    return torch.randn(3, 6, 6, generator=torch.Generator().manual_seed(1))


def test_all_agree_on_a_linear_network(linear: Network, picture: Tensor) -> None:
    weights = linear.module.head.weight[2].view(3, 6, 6).detach()  # type: ignore[union-attr, index]
    black = weights * (picture - filling(linear, picture, "black"))
    for name in ("integrated-gradients", "deeplift"):
        close(finish(CATALOGUE[name], linear, picture)[1].map, black)
    quiet = {"noise": 1e-6, "samples": 4}
    close(finish(CATALOGUE["smoothgrad"], linear, picture, **quiet)[1].map, weights)
    tiles = black.sum(0).view(3, 2, 3, 2).sum((1, 3))
    right = tiles.repeat_interleave(2, 0).repeat_interleave(2, 1)[None]
    grid = {"cells": 3, "fill": "black"}
    close(finish(CATALOGUE["ablation"], linear, picture, **grid)[1].map, right)
    close(finish(CATALOGUE["shapley"], linear, picture, samples=1, **grid)[1].map, right)


def test_integrated_gradients_are_captum_s(plain: Network, reference: nn.Module, x: Tensor) -> None:
    empty = filling(plain, x[:1], "black")
    method = IntegratedGradients(reference)
    right = method.attribute(x[:1], empty, target=2, n_steps=400)[0]
    seen, found = finish(CATALOGUE["integrated-gradients"], plain, x[0], steps=800, seed="logit")
    close(found.map, right, 2e-3)
    assert len(seen) == seen[-1].total == 200
    gained = found.score - float(plain.forward(empty).logits[0, 2])  # type: ignore[index]
    assert float(found.map.sum()) == pytest.approx(gained, rel=2e-2)
    # Half-way it is an estimate of the whole already.
    assert np.abs(seen[99].map).max() > 0.3 * np.abs(found.map).max()


@pytest.mark.slow(seconds=10)
def test_integrated_gradients_take_the_steps_they_need(x: Tensor) -> None:
    """A steep unit: four steps alone miss much, so the way is gone again where it is steep."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Softplus(20), nn.Flatten(), nn.Linear(320, 3))
    module.requires_grad_(False)
    module[3].weight.data.mul_(30)
    network = Network(nn.Sequential(module, nn.Tanh()).eval(), (3, 12, 10))
    unit = Unit(network.output_layer or "", 0)
    empty = filling(network, x[:1], "black")
    with torch.no_grad():
        gained = float((network.module(x[:1]) - network.module(empty))[0, 0])
    few = IntegratedGradients(network.module).attribute(x[:1], empty, target=0, n_steps=4)
    assert abs(float(few.detach().sum()) / gained - 1) > 0.05
    method = CATALOGUE["integrated-gradients"]
    seen, found = finish(method, network, x[0], unit, seed="max", steps=4)
    assert found.gained == pytest.approx(gained, rel=1e-5)
    assert float(found.map.sum()) == pytest.approx(gained, rel=0.02)
    off = abs(float(found.map.sum()) - gained) / abs(gained)
    assert found.missing == pytest.approx(off, abs=1e-4)
    assert seen[-1].step == seen[-1].total > 1
    assert [p.step for p in seen] == list(range(1, len(seen) + 1))
    assert found.sum_words.startswith("All pixels add up to ")
    right = IntegratedGradients(network.module).attribute(x[:1], empty, target=0, n_steps=2000)
    assert np.abs(found.map - right[0].detach().numpy()).max() < 0.05 * float(right.abs().max())


def test_integrated_gradients_stop_at_a_limit_and_say_what_is_missing(x: Tensor) -> None:
    class Steps(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            hard = (x.sum((1, 2, 3)) > 1.0).float()  # a jump has no gradient to add up
            return torch.stack([hard * 5 + 0.01 * x.mean((1, 2, 3)), x.mean((1, 2, 3))], 1)

    network = Network(Steps(), (3, 12, 10))
    picture = torch.full((3, 12, 10), 0.5)
    unit = Unit(network.output_layer or "", 0)
    seen, found = finish(CATALOGUE["integrated-gradients"], network, picture, unit, seed="max")
    assert seen[-1].step == seen[-1].total == 128  # of four steps each
    assert found.missing > 0.9
    assert "% off" in found.sum_words


def test_what_promises_no_sum_says_nothing_of_it(plain: Network, x: Tensor) -> None:
    for name in ("smoothgrad", "ablation"):
        found = finish(CATALOGUE[name], plain, x[0], seed="logit")[1]
        assert found.missing is None
        assert found.sum_words == ""


@pytest.mark.filterwarnings("ignore::UserWarning")  # captum's, of its hooks
def test_captum_s_own_delta_is_what_is_missing(
    plain: Network, reference: nn.Module, x: Tensor
) -> None:
    empty = filling(plain, x[:1], "black")
    leaf = x[:1].clone().requires_grad_()
    _, delta = DeepLift(reference).attribute(leaf, empty, target=2, return_convergence_delta=True)
    found = finish(CATALOGUE["deeplift"], plain, x[0], seed="logit")[1]
    off = found.missing * abs(found.gained)
    assert off == pytest.approx(abs(float(delta)), abs=1e-5)


def test_smoothgrad_tends_to_the_gradient(plain: Network, reference: nn.Module, x: Tensor) -> None:
    right = Saliency(reference).attribute(x[:1].clone().requires_grad_(), 2, abs=False)[0]
    found = finish(CATALOGUE["smoothgrad"], plain, x[0], noise=1e-7)[1]
    close(found.map, right, 1e-4)
    rough = finish(CATALOGUE["smoothgrad"], plain, x[0], noise=0.3)[1]
    assert np.abs(rough.map - found.map).max() > 0.01 * np.abs(found.map).max()


def test_expected_gradients_are_those_of_a_mean_baseline(linear: Network, picture: Tensor) -> None:
    weights = linear.module.head.weight[2].view(3, 6, 6).detach()  # type: ignore[union-attr, index]
    empty = torch.stack([filling(linear, picture, fill) for fill in ("black", "mean", "blur")])
    found = finish(CATALOGUE["gradient-shap"], linear, picture, samples=800, noise=1e-9)[1]
    close(found.map, weights * (picture - empty.mean(0)), 0.1)


def test_guided_gradcam_is_the_product(network: Network, x: Tensor) -> None:
    guided = attribute(network, x[0], HEAD, "guided", "logit")
    cam = attribute(network, x[0], HEAD, "gradcam", "logit")
    found = attribute(network, x[0], HEAD, "guided-gradcam", "logit")
    assert torch.equal(found, guided * cam)


@pytest.mark.filterwarnings("ignore::UserWarning")  # captum's, of its hooks
def test_deeplift_and_relevance_are_captum_s(
    plain: Network, reference: nn.Module, x: Tensor
) -> None:
    leaf = x[:1].clone().requires_grad_()
    right = DeepLift(reference).attribute(leaf, filling(plain, x[:1], "mean"), target=2)[0]
    close(finish(CATALOGUE["deeplift"], plain, x[0], fill="mean")[1].map, right.detach())
    right = LRP(copy.deepcopy(reference)).attribute(leaf, target=2)[0]
    close(finish(CATALOGUE["lrp"], plain, x[0])[1].map, right.detach())


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_deeplift_of_a_hidden_unit(plain: Network, reference: nn.Module, x: Tensor) -> None:
    class Upto(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.all = reference

        def forward(self, x: Tensor) -> Tensor:
            first, second, _ = reference.relus  # type: ignore[misc]
            return second(reference.second(first(reference.first(x))))[:, 3, 8, 2]  # type: ignore[operator]

    leaf, empty = x[:1].clone().requires_grad_(), filling(plain, x[:1], "black")
    right = DeepLift(Upto()).attribute(leaf, empty)[0]
    found = finish(CATALOGUE["deeplift"], plain, x[0], Unit("relus.1", 3), seed=(8, 2))[1]
    close(found.map, right.detach())
    with torch.no_grad():
        gained = found.score - float(Upto()(empty))
    assert float(found.map.sum()) == pytest.approx(gained, rel=1e-4)


def test_in_place_modules_are_no_obstacle(reference: nn.Module, x: Tensor) -> None:
    eager = copy.deepcopy(reference)
    for relu in eager.relus:  # type: ignore[union-attr]
        relu.inplace = True
    network, plain = (Network(module, (3, 12, 10)) for module in (eager, reference))
    for name in ("deeplift", "lrp"):
        right = finish(CATALOGUE[name], plain, x[0])[1].map
        close(finish(CATALOGUE[name], network, x[0])[1].map, torch.tensor(right))
    assert all(relu.inplace for relu in eager.relus)  # type: ignore[union-attr]


def test_shapley_values_are_the_mean_over_all_orders(plain: Network, x: Tensor) -> None:
    cover = filling(plain, x[0], "mean")

    def score(shown: tuple[int, ...]) -> float:
        mask = torch.zeros(12, 10)
        for tile in shown:
            i, j = divmod(tile, 2)
            mask[6 * i : 6 * i + 6, 5 * j : 5 * j + 5] = 1
        with torch.no_grad():
            logits = plain.forward((x[0] * mask + cover * (1 - mask))[None]).logits
        return float(logits[0, 2])  # type: ignore[index]

    right = torch.zeros(4)
    for order in permutations(range(4)):
        for place, tile in enumerate(order):
            right[tile] += (score(order[: place + 1]) - score(order[:place])) / 24
    found = finish(CATALOGUE["shapley"], plain, x[0], cells=2, samples=150)[1].map
    tiles = found[0, [0, 0, -1, -1], [0, -1, 0, -1]]
    close(tiles, right, 0.1)
    assert float(tiles.sum()) == pytest.approx(score((0, 1, 2, 3)) - score(()), rel=1e-4)


def test_more_tiles_than_a_step_takes(plain: Network, x: Tensor) -> None:
    seen, found = finish(CATALOGUE["shapley"], plain, x[0], cells=4, samples=3)
    assert len(seen) == 9  # 16 tiles are 6 + 6 + 4, three times
    tiles = found.map[0, ::3, [0, 3, 5, 8]]
    empty = filling(plain, x[:1], "mean")
    with torch.no_grad():
        gained = found.score - float(plain.forward(empty).logits[0, 2])  # type: ignore[index]
    assert float(tiles.sum()) == pytest.approx(gained, rel=1e-4)


@pytest.mark.parametrize("name", CATALOGUE)
def test_nothing_is_left_behind(plain: Network, x: Tensor, name: str) -> None:
    module = plain.module
    before = {n: set(vars(m)) for n, m in module.named_modules()}
    weights = {n: t.clone() for n, t in module.state_dict().items()}
    state, other_state = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    few = {"samples": 2, "steps": 4}
    options = {key: few[key] for key in CATALOGUE[name].options if key in few}
    seen, found = finish(CATALOGUE[name], plain, x[0], **options)
    assert found.map.shape in {(3, 12, 10), (1, 12, 10)}
    assert found.map.dtype == np.float32
    assert found.map.any()
    assert found.empty == ""
    assert [p.step for p in seen] == list(range(1, seen[-1].total + 1))
    np.testing.assert_array_equal(seen[-1].map, found.map)
    assert torch.equal(torch.random.get_rng_state(), state)
    np.testing.assert_array_equal(np.random.get_state()[1], other_state)  # noqa: NPY002
    assert {n: set(vars(m)) for n, m in module.named_modules()} == before
    assert all(torch.equal(t, weights[n]) for n, t in module.state_dict().items())
    for part in module.modules():
        assert not part._forward_hooks
        assert not part._forward_pre_hooks
        assert not part._backward_hooks
    assert all(p.grad is None and not p.requires_grad for p in module.parameters())
    # The same seed, the same map.
    again = finish(CATALOGUE[name], plain, x[0], **options)[1].map
    np.testing.assert_array_equal(again, found.map)


def test_where_captum_would_be_silently_wrong_it_is_refused(network: Network, x: Tensor) -> None:
    relus = network.module.relus  # type: ignore[union-attr]
    is_modules = isinstance(relus, nn.ModuleList)
    is_shared = is_modules and len(set(relus)) == 1
    for name in ("deeplift", "lrp"):
        reason = defined(network, name)
        if is_modules and not is_shared:
            assert reason == ""
            continue
        assert ("more than once" if is_shared else "cannot see relu") in reason
        with pytest.raises(UserError, match="Choose another method"):
            next(CATALOGUE[name].steps(network, x[0], HEAD))


def test_bad_input_is_told(plain: Network, x: Tensor) -> None:
    for name, options, message in (
        ("smoothgrad", {"sample": 3}, "no option 'sample'. Use samples"),
        ("smoothgrad", {"samples": 0}, "cannot use samples = 0"),
        ("shapley", {"fill": "white"}, "no fill 'white'"),
        ("shapley", {"cells": 11}, "more than the picture's 10 px"),
        ("lrp", {"seed": "sum"}, "one number, not a whole map"),
        ("deeplift", {"seed": "3,3"}, "no place 3,3"),
    ):
        with pytest.raises(UserError, match=message):
            next(CATALOGUE[name].steps(plain, x[0], HEAD, **options))  # type: ignore[arg-type]


def test_captum_s_own_refusal_becomes_a_sentence(
    plain: Network, x: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("Expected a tensor.\nSecond line. More")

    monkeypatch.setattr(DeepLift, "attribute", refuse)
    with pytest.raises(UserError, match="DeepLift is not defined for Small: Expected a tensor"):
        next(CATALOGUE["deeplift"].steps(plain, x[0], HEAD))


def test_every_method_tells_what_it_is() -> None:
    for name, method in CATALOGUE.items():
        assert name == method.name
        assert method.title
        assert method.needs
        assert method.sentence.endswith(".")
