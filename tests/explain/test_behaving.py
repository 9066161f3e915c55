"""Explanations of networks that are no plain chain of layers, against plain autograd."""

from __future__ import annotations

import copy
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from deepvis_app.errors import UserError
from deepvis_app.explain import (
    CATALOGUE,
    attribute,
    deletion_insertion_steps,
    explain_pass,
    gradcam_layer,
    needed_layers,
    occlusion_steps,
)
from deepvis_app.nets import Network, Unit
from deepvis_app.synth import PRESETS, synthesize
from tests.explain.steps import finished

if TYPE_CHECKING:
    from collections.abc import Callable

    Way = Callable[["Odd", Tensor], Tensor]

SHAPE = (3, 12, 12)
UNIT = Unit("head", 2)


class Odd(nn.Module):
    def __init__(self, way: Way) -> None:
        super().__init__()
        torch.manual_seed(4)
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU())
        self.alone = nn.BatchNorm2d(8, track_running_stats=False)
        self.deep = nn.Conv2d(8, 6, 3, padding=1)
        self.head = nn.Linear(6, 5)
        self.way = way

    def top(self, maps: Tensor) -> Tensor:
        scores: Tensor = self.head(self.deep(maps).relu().mean((2, 3)))
        return scores

    def forward(self, x: Tensor) -> Tensor:
        return self.way(self, x)


def frozen(net: Odd, x: Tensor) -> Tensor:
    with torch.no_grad():
        maps = net.body(x)
    return net.top(maps)


def centred(net: Odd, x: Tensor) -> Tensor:
    x -= x.mean((1, 2, 3), keepdim=True)
    return net.top(net.body(x))


def mixed(net: Odd, x: Tensor) -> Tensor:
    return net.top(net.alone(net.body(x)))


def noisy(net: Odd, x: Tensor) -> Tensor:
    return net.top(F.dropout(net.body(x), 0.5))


WAYS: dict[str, Way] = {"writes": centred, "mixes": mixed, "random": noisy}


@pytest.fixture
def x() -> Tensor:
    return torch.randn(3, *SHAPE, generator=torch.Generator().manual_seed(8))


def alone(module: Odd, x: Tensor) -> tuple[float, Tensor]:
    """Score and gradient of one picture (C, H, W), by plain PyTorch with the noise of seed 0."""
    leaf = x[None].clone().requires_grad_()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        score = copy.deepcopy(module).eval()(leaf.clone())[0, UNIT.index]
    (gradient,) = torch.autograd.grad(score, leaf)
    return float(score.detach()), gradient[0]


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_gradients_are_those_of_one_picture_alone(way: Way, x: Tensor) -> None:
    module = Odd(way)
    network = Network(module, SHAPE)
    found = attribute(network, x, UNIT, "gradient", "logit")
    right = torch.stack([alone(module, one)[1] for one in x])
    torch.testing.assert_close(found, right)
    cams = attribute(network, x, UNIT, "gradcam", "logit", layer="deep")
    apart = [attribute(network, one, UNIT, "gradcam", "logit", layer="deep") for one in x]
    torch.testing.assert_close(cams, torch.stack(apart))
    assert bool(cams.any())


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_covered_pictures_do_not_know_of_one_another(way: Way, x: Tensor) -> None:
    module = Odd(way)
    network = Network(module, SHAPE)
    covering = x[0].mean((1, 2), keepdim=True).expand_as(x[0])
    by_hand = np.zeros((12, 12), np.float32)
    whole = alone(module, x[0])[0]
    for i in (0, 6):
        for j in (0, 6):
            covered = x[0].clone()
            covered[:, i : i + 6, j : j + 6] = covering[:, i : i + 6, j : j + 6]
            by_hand[i : i + 6, j : j + 6] = whole - alone(module, covered)[0]
    for batch in (1, 3, 4):
        options: dict[str, Any] = {"patch": 6, "stride": 6, "seed": "logit", "batch": batch}
        _, found = finished(occlusion_steps(network, x[0], UNIT, **options))
        np.testing.assert_allclose(found.drop, by_hand, atol=1e-6)
    # Four tiles: the same windows.
    _, tiles = finished(
        CATALOGUE["ablation"].steps(network, x[0], UNIT, "logit", cells=2, fill="mean")
    )
    np.testing.assert_allclose(tiles.map[0], by_hand, atol=1e-6)
    _, curves = finished(deletion_insertion_steps(network, x[0], UNIT, by_hand[None], steps=3))
    scores = copy.deepcopy(module).eval()
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        right = float(scores(x[:1].clone()).softmax(1)[0, 2])
    assert curves.deletion[0] == pytest.approx(right, abs=1e-6)
    assert curves.insertion[-1] == pytest.approx(right, abs=1e-6)


@pytest.mark.parametrize("name", ["integrated-gradients", "smoothgrad", "shapley"])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_the_catalogue_repeats_itself(way: Way, name: str, x: Tensor) -> None:
    network = Network(Odd(way), SHAPE)
    options: dict[str, Any] = {"samples": 5} if name != "integrated-gradients" else {}
    before = x[0].clone()
    one, other = (
        finished(CATALOGUE[name].steps(network, x[0], UNIT, "logit", **options))[1]
        for _ in range(2)
    )
    np.testing.assert_array_equal(one.map, other.map)
    assert torch.equal(x[0], before)
    assert one.missing is None or one.missing <= 0.02


def test_a_class_that_cannot_see_a_random_network_s_picture_has_no_map(x: Tensor) -> None:
    module = Odd(noisy)
    module.head.weight.data[1] = 0
    network = Network(module, SHAPE)
    blind = Unit("head", 1)
    _, found = finished(occlusion_steps(network, x[0], blind, patch=4, seed="max"))
    assert not found.drop.any()
    assert not attribute(network, x[0], blind, "ablation", "max").any()


GOING_BACK = ["gradient", "gradient-x-input", "guided", "deconv", "integrated-gradients",
              "smoothgrad", "gradient-shap", "guided-gradcam"]  # fmt: skip


@pytest.mark.parametrize("method", GOING_BACK)
def test_what_needs_a_cut_gradient_is_refused_with_the_reason(method: str, x: Tensor) -> None:
    network = Network(Odd(frozen), SHAPE, name="Frozen")
    with pytest.raises(UserError) as refused:
        attribute(network, x[0], UNIT, method, "logit")
    assert refused.value.cause == (
        "Frozen itself cuts gradients (no_grad, detach, rounding or the like) before body.0, so "
        "none leads back from head"
    )
    assert "occlusion" in refused.value.remedy


def test_what_needs_no_gradient_or_one_behind_the_cut_is_there(x: Tensor) -> None:
    module = Odd(frozen)
    network = Network(module, SHAPE)
    assert bool(attribute(network, x[0], UNIT, "occlusion", "logit").any())
    assert bool(attribute(network, x[0], UNIT, "ablation", "logit").any())
    for layer in (gradcam_layer(network, "head"), "body.1"):
        found = attribute(network, x[0], UNIT, "gradcam", "logit", layer=layer)
        assert bool(found.any()), layer
    assert gradcam_layer(network, "head") == "deep"
    # By hand: the same head on the frozen maps.
    maps = module.body(x[:1]).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(module.top(maps)[0, 2], maps)
    right = (gradient.mean((2, 3), keepdim=True) * maps).sum(1).relu()
    torch.testing.assert_close(found, right.detach())


def test_gradcam_without_a_layer_behind_the_cut_names_the_cut(x: Tensor) -> None:
    def way(net: Odd, x: Tensor) -> Tensor:
        return net.head(net.deep(net.body(x)).detach().mean((2, 3)))

    network = Network(Odd(way), SHAPE)
    with pytest.raises(UserError, match=r"finds no layer to weigh: Odd itself cuts .* before head"):
        attribute(network, x[0], UNIT, "gradcam", "logit")


def test_the_live_words_name_the_cut(x: Tensor) -> None:
    network = Network(Odd(frozen), SHAPE)
    leaf = x[:1].clone().requires_grad_()
    forward = network.forward(leaf, needed_layers(network, UNIT, "gradient"))
    found = explain_pass(network, leaf, forward, UNIT, "gradient", "logit")
    assert not found.map.any()
    assert "itself cuts gradients" in found.empty
    assert "ReLU" not in found.empty


def test_preferred_images_behind_a_cut_are_refused_with_the_reason() -> None:
    with pytest.raises(UserError, match="itself cuts gradients"):
        synthesize(Network(Odd(frozen), SHAPE), UNIT, PRESETS["yosinski-3"])


def through_numpy(net: Odd, x: Tensor) -> Tensor:
    return net.top(net.body(torch.from_numpy(x.numpy()[:, ::-1].copy())))


@pytest.mark.parametrize(
    ("method", "options"), [("gradient", {}), ("gradcam", {}), ("gradcam", {"layer": "deep"})]
)
def test_code_that_no_gradient_can_pass_is_refused_with_its_own_words(
    x: Tensor, method: str, options: dict[str, str]
) -> None:
    network = Network(Odd(through_numpy), SHAPE)
    with pytest.raises(UserError, match=r"cannot be run with gradients .*numpy"):
        attribute(network, x[0], UNIT, method, "logit", **options)
    assert attribute(network, x[0], UNIT, "occlusion", "logit", patch=4, stride=4).any()


def test_quantised_layers_are_refused_without_warnings(x: Tensor) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch says that it will drop these one day
        plain = Odd(lambda net, x: net.top(net.body(x))).eval()
        network = Network(torch.ao.quantization.quantize_dynamic(plain, {nn.Linear}), SHAPE)
    for method in ("gradient", "gradcam", "integrated-gradients"):
        with pytest.raises(UserError, match="itself cuts gradients"):
            attribute(network, x[0], UNIT, method, "logit")
