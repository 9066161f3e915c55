"""The ancestor's algorithm against a reference of its own: float64, NumPy and SciPy only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage
from torch import nn

from deepvis_app.nets import ChannelOrder, Network, Preprocessing, Unit
from deepvis_app.synth import (
    PRESETS,
    Recipe,
    Sample,
    StopReason,
    synthesis_steps,
    synthesize,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

STEPS = 25
SHAPE = (3, 20, 17)
MEAN, STD, SCALE = np.array([0.41, 0.45, 0.48]), np.array([0.22, 0.21, 0.23]), 1 / 255


def convolved(x: Array, weight: Array, bias: Array, stride: int) -> Array:
    windows = sliding_window_view(x, weight.shape[2:], (1, 2))[:, ::stride, ::stride]
    return np.einsum("cijkl,ockl->oij", windows, weight) + bias[:, None, None]


def convolved_back(g: Array, weight: Array, stride: int, shape: tuple[int, ...]) -> Array:
    """Return the gradient of the input from that of the output."""
    result = np.zeros(shape)
    height, width = weight.shape[2:]
    for i in range(g.shape[1]):
        for j in range(g.shape[2]):
            patch = np.einsum("o,ockl->ckl", g[:, i, j], weight)
            result[:, i * stride : i * stride + height, j * stride : j * stride + width] += patch
    return result


@dataclass
class ReferenceNet:
    """conv 5x5 / 2, ReLU, conv 3x3, ReLU, linear; colours blue, green, red."""

    w1: Array
    b1: Array
    w2: Array
    b2: Array
    w3: Array
    b3: Array

    def __call__(self, x: Array, layer: str, unit: int) -> tuple[Array, Array]:
        """Return the layer's activations and the gradient of the unit (centre) for x, RGB."""
        gain = (SCALE / STD)[:, None, None]
        fed = x[::-1] * gain
        a1 = convolved(fed, self.w1, self.b1, 2)
        r1 = np.maximum(a1, 0)
        a2 = convolved(r1, self.w2, self.b2, 1)
        r2 = np.maximum(a2, 0)
        if layer == "logits":
            acts = self.w3 @ r2.ravel() + self.b3
            g = self.w3[unit].reshape(a2.shape) * (a2 > 0)
        else:
            acts = a2
            g = np.zeros_like(a2)
            g[unit, a2.shape[1] // 2, a2.shape[2] // 2] = 1
        g = convolved_back(g, self.w2, 1, a1.shape) * (a1 > 0)
        return acts, (convolved_back(g, self.w1, 2, fed.shape) * gain)[::-1]


@pytest.fixture
def nets() -> tuple[Network, ReferenceNet]:
    torch.manual_seed(3)
    module = nn.Sequential()
    module.add_module("conv1", nn.Conv2d(3, 6, 5, 2))
    module.add_module("relu1", nn.ReLU(inplace=True))
    module.add_module("conv2", nn.Conv2d(6, 5, 3))
    module.add_module("relu2", nn.ReLU(inplace=True))
    module.add_module("flatten", nn.Flatten())
    module.add_module("logits", nn.Linear(5 * 6 * 5, 7))
    module = module.double()
    preprocessing = Preprocessing(
        mean=tuple(MEAN), std=tuple(STD), scale=SCALE, channels=ChannelOrder.BGR
    )
    weights = [p.detach().numpy() for p in module.parameters()]
    return Network(module, SHAPE, preprocessing), ReferenceNet(*weights)


def reference(net: ReferenceNet, x: Array, layer: str, unit: int, p: dict[str, Any]) -> list[Any]:
    """Return (x as recorded, objective, x after the step) of every iteration."""
    mean = (MEAN / SCALE)[::-1][:, None, None]
    sign = p.get("sign", 1.0)
    rows = []
    for ii in range(STEPS):
        x = np.clip(x + mean, 0, 255) - mean
        recorded = x.copy()
        acts, g = net(x, layer, unit)
        obj = (
            acts[unit] if layer == "logits" else acts[unit, acts.shape[1] // 2, acts.shape[2] // 2]
        )
        quantity = obj
        if p.get("probability"):
            e = np.exp(acts - acts.max())
            soft = e / e.sum()
            quantity = soft[unit]
            jacobian = -soft * soft[unit]
            jacobian[unit] += soft[unit]
            g = sum(j * net(x, layer, k)[1] for k, j in enumerate(jacobian))
        g = g * sign
        length = np.linalg.norm(g)
        if p["policy"] == "constant":
            lr = p["lr"]
        elif p["policy"] == "progress":
            lr = min(p["max_lr"], p["desired"] / length**2)
        else:
            missing = 1 - quantity if sign > 0 else quantity
            desired = min(p["early"], p["late"] * missing)
            lr = min(p["max_lr"], desired / length**2)
        if ii < STEPS - 1:
            x = regularised(x + lr * g, g, ii, p)
        rows.append((recorded, float(quantity), x.copy()))
    return rows


def regularised(x: Array, g: Array, ii: int, p: dict[str, Any]) -> Array:
    x = x * (1 - p.get("decay", 0))
    if p.get("blur") and ii % p["every"] == 0:
        x = np.stack([ndimage.gaussian_filter(plane, p["blur"]) for plane in x])
    if p.get("small_val"):
        x = x * (np.abs(x) >= np.percentile(np.abs(x), p["small_val"]))
    if p.get("small_norm"):
        norms = np.sqrt((x**2).sum(0))
        x = x * (norms >= np.percentile(norms, p["small_norm"]))
    if p.get("contribution"):  # what a pixel gives to the activation, to first order
        gives = (x * g).sum(0)
        x = x * (gives >= np.percentile(gives, p["contribution"]))
    if p.get("abs_contribution"):
        gives = np.abs((x * g).sum(0))
        x = x * (gives >= np.percentile(gives, p["abs_contribution"]))
    return x


PUBLISHED: dict[str, dict[str, Any]] = {
    "yosinski-1": {
        "policy": "progress", "max_lr": 100, "desired": 2, "blur": 0.5, "every": 4,
        "small_norm": 50,
    },
    "yosinski-2": {"policy": "constant", "lr": 100, "decay": 0.3, "small_norm": 20},
    "yosinski-3": {"policy": "constant", "lr": 100, "decay": 0.0001, "blur": 1.0, "every": 4},
    "yosinski-4": {
        "policy": "progress", "max_lr": 1e8, "desired": 2, "blur": 0.5, "every": 4,
        "abs_contribution": 90,
    },
}  # fmt: skip

OTHERS: dict[str, tuple[str, dict[str, Any]]] = {
    "values and signed contributions": (
        """
        step = {policy = "constant", rate = 300}
        regularise = {decay = 0.01, small_val_percentile = 12.5, contribution_percentile = 7}
        """,
        {"policy": "constant", "lr": 300, "decay": 0.01, "small_val": 12.5, "contribution": 7},
    ),
    "all clips": (
        """
        step = {policy = "constant", rate = 200}
        [regularise]
        blur_radius = 1.7
        blur_every = 3
        small_val_percentile = 5
        small_norm_percentile = 10
        contribution_percentile = 3
        contribution_abs_percentile = 20
        """,
        {
            "policy": "constant", "lr": 200, "blur": 1.7, "every": 3, "small_val": 5,
            "small_norm": 10, "contribution": 3, "abs_contribution": 20,
        },
    ),
    "probability": (
        """
        objective = {quantity = "probability"}
        [step]
        policy = "progress01"
        max_rate = 1e6
        early_progress = 0.04
        late_multiplier = 0.1
        """,
        {"policy": "progress01", "max_lr": 1e6, "early": 0.04, "late": 0.1, "probability": True},
    ),
    "probability downwards": (
        """
        objective = {quantity = "probability", direction = "minimise"}
        [step]
        policy = "progress01"
        max_rate = 1e6
        early_progress = 0.03
        late_multiplier = 0.2
        """,
        {
            "policy": "progress01", "max_lr": 1e6, "early": 0.03, "late": 0.2, "probability": True,
            "sign": -1.0,
        },
    ),
    "downwards": (
        """
        objective = {direction = "minimise"}
        step = {policy = "constant", rate = 200}
        regularise = {blur_radius = 0.5}
        """,
        {"policy": "constant", "lr": 200, "blur": 0.5, "every": 4, "sign": -1.0},
    ),
}  # fmt: skip


def compare(
    nets: tuple[Network, ReferenceNet], layer: str, unit: int, recipe: Recipe, p: dict[str, Any]
) -> None:
    network, net = nets
    x0 = np.random.default_rng(5).normal(0, 40, SHAPE)
    rows = reference(net, x0, layer, unit, p)
    recipe = recipe.with_value("stop.steps", STEPS)
    steps = synthesis_steps(
        network, [Sample(Unit(layer, unit))], recipe, start=torch.from_numpy(x0)
    )
    for ii, (recorded, value, after) in enumerate(rows):
        progress = next(steps)
        assert progress.activations[0] == pytest.approx(value, rel=1e-9, abs=1e-12), ii
        wanted = recorded if ii == STEPS - 1 else after
        np.testing.assert_allclose(progress.state()["values.x"][0], wanted, rtol=1e-8, atol=1e-8)
    with pytest.raises(StopIteration) as stop:
        next(steps)
    (result,) = stop.value.value
    values = np.array([value for _, value, _ in rows]) * p.get("sign", 1.0)
    best = int(values.argmax())
    assert result.best_step == best
    np.testing.assert_allclose(result.x, rows[best][0].astype(np.float32), atol=1e-4)
    np.testing.assert_allclose(result.trace, [value for _, value, _ in rows], rtol=1e-5)
    mean = (MEAN / SCALE)[::-1][:, None, None]
    picture = np.rint(rows[best][0] + mean).transpose(1, 2, 0)
    assert np.abs(result.image - picture).max() <= 1  # where a value lies between two levels
    assert np.abs(values[0] - values[-1]) > 1e-3  # it went somewhere


@pytest.mark.parametrize(("layer", "unit"), [("logits", 4), ("conv2", 2)])
@pytest.mark.parametrize("name", PUBLISHED)
def test_presets_follow_the_reference(
    nets: tuple[Network, ReferenceNet], name: str, layer: str, unit: int
) -> None:
    compare(nets, layer, unit, PRESETS[name], PUBLISHED[name])


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_rescue_of_silent_units_changes_silent_ones_alone_and_is_said(
    nets: tuple[Network, ReferenceNet], name: str
) -> None:
    network, recipe = nets[0], PRESETS[name].with_value("stop.steps", 6)
    published = recipe.with_value("gradient.rescue_steps", 0)
    unit = Unit("logits", 4)
    ours, theirs = (synthesize(network, unit, one) for one in (recipe, published))
    np.testing.assert_array_equal(ours.x, theirs.x)
    silent = network.module
    with torch.no_grad():
        silent.conv1.bias -= 100.0  # nothing passes the first ReLU
    ours, theirs = (synthesize(network, unit, one) for one in (recipe, published))
    assert theirs.stop is StopReason.ZERO_GRADIENT
    assert ours.stop is not StopReason.ZERO_GRADIENT
    assert len(ours.trace) > len(theirs.trace) == 1
    assert "silent units rescued" in recipe.description


@pytest.mark.parametrize("name", OTHERS)
def test_other_settings_follow_the_reference(nets: tuple[Network, ReferenceNet], name: str) -> None:
    text, p = OTHERS[name]
    compare(nets, "logits", 1, Recipe.from_toml(text), p)


def test_the_reference_has_the_right_gradient(nets: tuple[Network, ReferenceNet]) -> None:
    """The reference's own check: its gradient is what a small change does."""
    _, net = nets
    rng = np.random.default_rng(0)
    x, change = rng.normal(0, 40, SHAPE), rng.normal(0, 1e-5, SHAPE)
    for layer in ("logits", "conv2"):
        acts, g = net(x, layer, 3)
        moved, _ = net(x + change, layer, 3)
        at = (3,) if layer == "logits" else (3, acts.shape[1] // 2, acts.shape[2] // 2)
        assert moved[at] - acts[at] == pytest.approx(float((g * change).sum()), rel=1e-4)
