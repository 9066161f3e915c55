"""Steps against torch.optim, regularisers and transforms against NumPy and SciPy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import nn

from deepvis_app.nets import Network
from deepvis_app.synth import Recipe
from deepvis_app.synth.blur import gaussian_blur
from deepvis_app.synth.choices import Normalise
from deepvis_app.synth.forms import make
from deepvis_app.synth.gradients import conditioned, normalised, rendered, through
from deepvis_app.synth.regularisers import percentile, variation_gradient
from deepvis_app.synth.space import PictureSpace
from deepvis_app.synth.steps import stepped
from deepvis_app.synth.transforms import moves, view_count, views

if TYPE_CHECKING:
    from torch import Tensor


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(0, 20, shape))


@pytest.mark.parametrize("sigma", [0.3, 0.5, 1.0, 2.7, 9.0])
def test_blur_is_scipys(sigma: float) -> None:
    x = noise(2, 3, 12, 17)  # a kernel of 9 is wider than the picture
    found = gaussian_blur(x, sigma)
    for b in range(2):
        for c in range(3):
            wanted = ndimage.gaussian_filter(x[b, c].numpy(), sigma)
            np.testing.assert_allclose(found[b, c], wanted, atol=1e-12)


@pytest.mark.parametrize("percent", [0.1, 5, 12.5, 50, 90, 99.9])
@pytest.mark.parametrize("count", [7, 8, 400])
def test_percentile_is_numpys(percent: float, count: int) -> None:
    x = noise(3, 1, 1, count)
    wanted = np.percentile(x.numpy().reshape(3, -1), percent, axis=1)
    np.testing.assert_allclose(percentile(x, percent).flatten(), wanted, rtol=1e-12)


def test_variation_gradient() -> None:
    x = noise(2, 3, 6, 5).requires_grad_()
    rows, columns = x.diff(dim=2), x.diff(dim=3)
    total = ((rows**2 + 1).sqrt() - 1).sum() + ((columns**2 + 1).sqrt() - 1).sum()
    (wanted,) = torch.autograd.grad(total, [x])
    np.testing.assert_allclose(variation_gradient(x.detach()), wanted, atol=1e-12)


@pytest.mark.parametrize(("how", "power"), [(Normalise.RMS, "mean"), (Normalise.L2, "sum")])
def test_normalised(how: Normalise, power: str) -> None:
    g = noise(2, 3, 4, 5)
    g[1] = 0
    found = normalised(g, how)
    length = math.sqrt(getattr(g[0].numpy() ** 2, power)())
    np.testing.assert_allclose(found[0], g[0] / length)
    assert (found[1] == 0).all()


def test_total_variation_is_relative_to_the_gradient() -> None:
    recipe = Recipe.from_toml("regularise = {total_variation = 0.5}")
    x, g = noise(1, 3, 6, 7), noise(1, 3, 6, 7, seed=1)
    found = conditioned(g, x, recipe)
    wanted = g - 0.5 * np.sqrt((g.numpy() ** 2).mean()) * variation_gradient(x)
    np.testing.assert_allclose(found, wanted)


def test_decorrelated_pixels_step_as_decorrelated_colours_would() -> None:
    recipe = Recipe.from_toml("image = {decorrelate = true}")
    root = np.array([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
    root /= np.linalg.norm(root, axis=0).max()
    g = noise(1, 3, 2, 2)
    step_in_colours = np.einsum("ji,bjhw->bihw", root, g)  # of t, where x = M t
    wanted = np.einsum("ij,bjhw->bihw", root, step_in_colours)
    np.testing.assert_allclose(conditioned(g, g, recipe), wanted, rtol=1e-6)


@pytest.mark.parametrize("policy", ["adam", "nadam"])
def test_optimisers_are_pytorchs_with_an_epsilon_of_the_gradient(policy: str) -> None:
    spec = Recipe.from_toml(f"step = {{policy = '{policy}', rate = 0.3}}").step
    optimizer_class = torch.optim.Adam if policy == "adam" else torch.optim.NAdam
    start, target = noise(2, 3, 4), noise(2, 3, 4, seed=1)
    parameters = [nn.Parameter(row.clone()) for row in start]
    optimizer = optimizer_class([{"params": [one]} for one in parameters], lr=0.3)
    values, memory = {"x": start}, {}
    power = torch.zeros(2)  # of each sample, as a mean over its values
    for step in range(30):
        optimizer.zero_grad()
        for one, goal in zip(parameters, target, strict=True):
            (one - goal).abs().pow(1.5).sum().backward()
        squares = torch.stack([one.grad.square().mean() for one in parameters])
        power = 0.999 * power + 0.001 * squares
        for group, now in zip(optimizer.param_groups, power, strict=True):
            group["eps"] = 0.05 * math.sqrt(float(now) / (1 - 0.999 ** (step + 1)))
        away = values["x"] - target
        upwards = -1.5 * away.sign() * away.abs().sqrt()
        values, memory = stepped(values, {"x": upwards}, memory, spec, torch.zeros(2), 0.0)
        optimizer.step()
    np.testing.assert_allclose(values["x"], torch.stack(parameters).detach(), rtol=1e-5)
    assert float((values["x"] - start).abs().max()) > 3


@pytest.mark.parametrize("policy", ["adam", "nadam"])
def test_rounding_noise_does_not_move_a_picture(policy: str) -> None:
    spec = Recipe.from_toml(f"step = {{policy = '{policy}', rate = 0.3}}").step
    gradient = noise(1, 3, 8, 8)
    gradient[:, :, :4] *= 1e-6  # as large as what is left where all that matters cancels out
    moved, _ = stepped(
        {"x": torch.zeros_like(gradient)}, {"x": gradient}, {}, spec, torch.ones(1), 0
    )
    assert float(moved["x"][:, :, :4].abs().max()) < 1e-4
    assert float(moved["x"][:, :, 4:].abs().median()) > 0.1


@pytest.mark.parametrize("policy", ["adam", "nadam"])
def test_steps_do_not_depend_on_the_gradients_unit(policy: str) -> None:
    spec = Recipe.from_toml(f"step = {{policy = '{policy}', rate = 0.3}}").step
    gradient = noise(1, 3, 8, 8)
    x = torch.zeros_like(gradient)
    found = [
        stepped({"x": x}, {"x": gradient * unit}, {}, spec, torch.ones(1), 0)[0]["x"]
        for unit in (1e-9, 1.0, 1e9)
    ]
    for one in found:
        np.testing.assert_allclose(one, found[1], rtol=1e-4)
    still, _ = stepped({"x": x}, {"x": x}, {}, spec, torch.ones(1), 0)
    assert torch.equal(still["x"], x)


def test_the_rate_settles_along_a_half_cosine() -> None:
    spec = Recipe.from_toml("step = {rate = 2, settle = 0.25}").step
    x, one = torch.zeros(1, 2), torch.ones(1, 2)
    for done, share in ((0.0, 1.0), (0.5, 0.625), (1.0, 0.25)):
        moved, _ = stepped({"x": x}, {"x": one}, {}, spec, torch.zeros(1), done)
        assert float(moved["x"][0, 0]) == pytest.approx(2 * share)


@pytest.mark.parametrize("form", ["fourier", "laplacian", "phase"])
def test_gradients_of_values_are_those_of_small_changes(form: str) -> None:
    net = Network(nn.Conv2d(3, 2, 3).double(), (3, 12, 14))
    spec = Recipe.from_toml(f"image = {{parameterisation = '{form}', decorrelate = true}}").image
    made = make(PictureSpace(net), (12, 14), spec)
    values, g = made.first(0), noise(1, 3, 12, 14)
    x, leaves = rendered(made, values)
    found = through(x, leaves, g)
    change = {k: 1e-6 * noise(*v.shape, seed=2) for k, v in values.items()}
    moved = made.render({k: v + change[k] for k, v in values.items()})
    gain = float(((moved - made.render(values)) * g).sum())
    wanted = sum(float((found[k] * change[k]).sum()) for k in values)
    assert gain == pytest.approx(wanted, rel=1e-3)


def test_fourier_blur_is_a_gaussian() -> None:
    net = Network(nn.Conv2d(3, 2, 3).double(), (3, 32, 32))
    spec = Recipe.from_toml("image = {parameterisation = 'fourier'}").image
    made = make(PictureSpace(net), (32, 32), spec)
    values = made.first(0)
    logits = torch.logit((made.render(made.blurred(values, 1.5)) + made.space.mean) / 255)[0, 0]
    before = torch.logit((made.render(values) + made.space.mean) / 255)[0, 0].numpy()
    wanted = ndimage.gaussian_filter(before, 1.5, mode="wrap", truncate=8)
    np.testing.assert_allclose(logits, wanted, atol=1e-6)


# Transforms


def shown(x: Tensor, text: str, seeds: list[int], step: int = 0, done: float = 0.0) -> Tensor:
    spec = Recipe.from_toml(f"transforms = {{{text}}}").transforms
    return views(x, spec, (x.shape[2], x.shape[3]), seeds, step, done)


def test_nothing_is_nothing() -> None:
    x = noise(2, 3, 8, 9)
    assert shown(x, "", [0, 1]) is x
    assert not moves(Recipe().transforms)
    assert view_count(Recipe().transforms) == 1


def test_chance_is_of_seed_and_step_alone() -> None:
    x = noise(1, 3, 16, 20).repeat(3, 1, 1, 1)
    text = "jitter_px = 20, scale = 0.2, rotate_deg = 20, noise = 4"
    found = shown(x, text, [5, 6, 5], step=3)
    assert torch.equal(found[0], found[2])
    assert not torch.allclose(found[0], found[1])
    assert torch.equal(shown(x[:1], text, [6], step=3)[0], found[1])
    assert not torch.allclose(shown(x[:1], text, [6], step=4)[0], found[1])


def ramp(height: int, width: int) -> Tensor:
    """Return a picture whose channels are each pixel's row and column."""
    rows, columns = np.mgrid[0:height, 0:width].astype(float)
    return torch.from_numpy(np.stack([rows, columns, rows * 0])[None])


def inside(picture: Tensor) -> Tensor:
    height, width = picture.shape[1:]
    return picture[:, height // 3 : -(height // 3), width // 3 : -(width // 3)]


def test_jitter_shifts_within_its_bounds() -> None:
    x = ramp(112, 224)
    shifts = []
    for step in range(60):
        moved = inside(shown(x, "jitter_px = 12", [1], step)[0] - x[0])
        assert float(moved[0].std()) < 1e-9  # all pixels by the same
        shifts.append([float(moved[0].mean()), float(moved[1].mean())])
    furthest = np.abs(shifts).max(0)
    assert 5.0 < furthest[0] <= 6 + 1e-6  # 12 px of 224 are 6 of 112
    assert 10.0 < furthest[1] <= 12 + 1e-6
    assert np.abs(np.mean(shifts, 0)).max() < 2.5


def test_turns_and_zooms_keep_shapes() -> None:
    """What a view shows is a similarity of the picture, also where it is not square."""
    x = ramp(60, 90)
    turns, zooms = [], []
    for step in range(40):
        seen = inside(shown(x, "rotate_deg = 15, scale = 0.2", [2], step)[0]).numpy()
        a = np.diff(seen[0], axis=0).mean(), np.diff(seen[0], axis=1).mean()  # of the row
        b = np.diff(seen[1], axis=0).mean(), np.diff(seen[1], axis=1).mean()  # of the column
        assert a[0] == pytest.approx(b[1], abs=1e-6)
        assert a[1] == pytest.approx(-b[0], abs=1e-6)
        turns.append(math.degrees(math.atan2(b[0], a[0])))
        zooms.append(1 / math.hypot(*a))
    assert 12 < max(turns) <= 15 + 1e-6
    assert -15 - 1e-6 <= min(turns) < -12
    assert 1.15 < max(zooms) <= 1.2 + 1e-6
    assert 0.8 - 1e-6 <= min(zooms) < 0.85


def test_crops_shrink_and_stay_within() -> None:
    x = ramp(100, 100)
    spec = Recipe.from_toml("transforms = {crops = 5, crop_from = 0.5, crop_to = 0.1}").transforms
    for done, side in ((0.0, 50), (0.5, 30), (1.0, 10)):
        found = views(x.repeat(2, 1, 1, 1), spec, (40, 30), [0, 1], 7, done)
        assert found.shape == (10, 3, 40, 30)
        extent = found.amax((2, 3)) - found.amin((2, 3))
        np.testing.assert_allclose(extent[:, 0], side * 39 / 40, atol=0.02 * side)
        np.testing.assert_allclose(extent[:, 1], side * 29 / 30, atol=0.02 * side)
        assert len({round(float(v), 3) for v in found[:, 0].mean((1, 2))}) == 10
        # The views of one sample lie together.
        alone = views(x, spec, (40, 30), [1], 7, done)
        np.testing.assert_allclose(found[5:], alone, atol=1e-9)


def test_noise_has_its_strength() -> None:
    x = torch.zeros(2, 3, 60, 60)
    found = shown(x, "noise = 10", [0, 1])
    assert float(found.std()) == pytest.approx(10, rel=0.03)
    assert abs(float((found[0] * found[1]).mean())) < 5


def test_another_size_is_brought_to_the_networks() -> None:
    flat = torch.full((1, 3, 40, 50), 9.0)
    found = views(flat, Recipe().transforms, (20, 25), [0], 0, 0)
    assert found.shape == (1, 3, 20, 25)
    np.testing.assert_allclose(found, 9)
