"""The engine: batches, stops, checkpoints, steering, and what it leaves alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from deepvis_app.errors import UserError
from deepvis_app.nets import Network, Preprocessing, Unit
from deepvis_app.nets.taps import hook_count
from deepvis_app.pieces import finished
from deepvis_app.synth import (
    PRESETS,
    ChannelObjective,
    LayerObjective,
    LogitObjective,
    Recipe,
    Sample,
    StopReason,
    SynthesisProgress,
    SynthesisResult,
    UnitObjective,
    made_together,
    steering_problem,
    synthesis_steps,
    synthesize,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

RECIPES = {
    "pixel": """
        gradient = {normalise = "rms"}
        step = {rate = 4}
        regularise = {decay = 0.01, blur_radius = 0.5, small_norm_percentile = 10}
    """,
    "pixel moved": """
        image = {decorrelate = true}
        gradient = {normalise = "rms"}
        step = {rate = 6}
        transforms = {jitter_px = 20, scale = 0.1, rotate_deg = 5, noise = 3}
        regularise = {total_variation = 0.05}
    """,
    "fourier": """
        image = {parameterisation = "fourier", decorrelate = true}
        transforms = {jitter_px = 20, scale = 0.1, rotate_deg = 5}
        gradient = {rescue_steps = 4}
        step = {policy = "adam", rate = 0.1, settle = 0.5}
        regularise = {decay = 0.01, blur_radius = 0.5}
    """,
    "fourier enlarged": """
        image = {parameterisation = "fourier", decorrelate = true, grid_px = 20}
        transforms = {jitter_px = 20, scale = 0.1}
        step = {policy = "adam", rate = 0.1}
    """,
    "pixel enlarged": """
        image = {grid_px = 20}
        gradient = {normalise = "rms"}
        step = {rate = 6}
        regularise = {blur_radius = 0.7}
    """,
    "laplacian": """
        image = {parameterisation = "laplacian", decorrelate = true}
        step = {policy = "adam", rate = 0.1}
        regularise = {blur_radius = 0.5}
    """,
    "maco": """
        image = {parameterisation = "phase", decorrelate = true, size = 1.5}
        transforms = {crops = 3, noise = 5}
        step = {policy = "nadam", rate = 0.5}
    """,
}


def recipe_of(name: str, steps: int = 12) -> Recipe:
    return Recipe.from_toml(RECIPES[name]).with_value("stop.steps", steps)


class Tiny(nn.Module):
    """conv, functional ReLU, conv, in-place ReLU, pool, linear."""

    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 8, 5, 2)
        self.conv2 = nn.Conv2d(8, 6, 3)
        self.relu2 = nn.ReLU(inplace=True)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.logits = nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu2(self.conv2(functional.relu(self.conv1(x))))
        return self.logits(self.pool(x).flatten(1))


@pytest.fixture
def network() -> Network:
    torch.manual_seed(1)
    return Network(Tiny(), (3, 24, 28))


def run(
    network: Network, samples: Sequence[Sample], recipe: Recipe, **options: Any
) -> tuple[list[SynthesisProgress], tuple[SynthesisResult, ...]]:
    steps, seen = synthesis_steps(network, samples, recipe, **options), []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as stop:
            return seen, stop.value


SAMPLES = [
    Sample(Unit("conv2", 1)),
    Sample(Unit("conv2", 1), seed=1),
    Sample(LogitObjective(2)),
    Sample(ChannelObjective("conv1", 4) - Unit("conv2", 0), seed=3),
    Sample(LayerObjective("conv2"), seed=4),
]


@pytest.mark.parametrize("name", RECIPES)
def test_every_form_drives_its_unit_up(network: Network, name: str) -> None:
    seen, results = run(network, SAMPLES, recipe_of(name, 30))
    assert [p.step for p in seen] == list(range(1, 31))
    assert all(p.total == 30 for p in seen)
    for sample, result in zip(SAMPLES, results, strict=True):
        assert result.objective == sample.objective
        assert result.seed == sample.seed
        assert result.stop is StopReason.FINISHED
        assert len(result.trace) == 30
        early, late = result.trace[:5].mean(), result.trace[-5:].mean()
        assert late > early
        assert not result.steered
    size = (36, 42) if name == "maco" else (24, 28)
    assert results[0].image.shape == (*size, 3)
    assert results[0].image.dtype == np.uint8
    assert results[0].x.shape == (3, *size)
    assert results[0].x.dtype == np.float32
    assert seen[-1].pictures().shape == (len(SAMPLES), *size, 3)
    mean = np.array([0.485, 0.456, 0.406]) * 255
    values = results[0].x.transpose(1, 2, 0) + mean
    np.testing.assert_allclose(values, results[0].image, atol=0.51)


@pytest.mark.parametrize("name", RECIPES)
def test_the_activation_is_that_of_the_picture(network: Network, name: str) -> None:
    _, results = run(network, SAMPLES, recipe_of(name))
    for result in results[:3]:
        x = torch.from_numpy(result.x)[None]
        if x.shape[2:] != (24, 28):
            x = functional.interpolate(x, (24, 28), mode="bilinear", antialias=True)
        fed = x / 255 / torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
        with torch.no_grad():
            activations = network.forward(fed, ["conv2", "logits"]).activations
        if isinstance(result.objective, Unit):
            maps = activations["conv2"][0, 1]
            reached = float(maps[maps.shape[0] // 2, maps.shape[1] // 2])
        else:
            reached = float(activations["logits"][0, 2])
        assert result.activation == pytest.approx(reached, rel=1e-3, abs=1e-4)


def test_the_best_is_kept(network: Network) -> None:
    recipe = recipe_of("pixel", 20).with_value("step.rate", 100)  # overshoots
    _, results = run(network, SAMPLES, recipe)
    for result in results:
        assert result.activation == pytest.approx(float(result.trace.max()))
        assert result.best_step == int(result.trace.argmax())
    assert any(result.best_step < 19 for result in results)


def test_minimise(network: Network) -> None:
    for name in ("pixel", "fourier"):
        recipe = recipe_of(name, 25).with_value("objective.direction", "minimise")
        _, (result,) = run(network, SAMPLES[:1], recipe)
        assert result.trace[-1] < result.trace[0]
    _, (pixel,) = run(
        network, SAMPLES[:1], recipe_of("pixel").with_value("objective.direction", "minimise")
    )
    assert pixel.activation == pytest.approx(float(pixel.trace.min()))


@pytest.mark.parametrize("name", RECIPES)
def test_a_sample_does_not_depend_on_its_batch(network: Network, name: str) -> None:
    network.module.double()
    recipe = recipe_of(name, 6)
    _, together = run(network, SAMPLES, recipe)
    for sample, result in zip(SAMPLES, together, strict=True):
        _, (alone,) = run(network, [sample], recipe)
        np.testing.assert_allclose(alone.x, result.x, atol=1e-3)
        np.testing.assert_allclose(alone.trace, result.trace, rtol=1e-5)
        assert alone.first_top_step == result.first_top_step


@pytest.mark.parametrize("name", RECIPES)
def test_resumed_is_uninterrupted(network: Network, name: str) -> None:
    recipe = recipe_of(name)
    seen, whole = run(network, SAMPLES, recipe)
    states = []
    steps = synthesis_steps(network, SAMPLES, recipe)
    for _ in range(5):
        states.append(next(steps).state())
    assert all(tensor.device.type == "cpu" for tensor in states[-1].values())
    later, resumed = run(network, SAMPLES, recipe, resume=states[-1])
    assert [p.step for p in later] == [p.step for p in seen[5:]]
    for a, b in zip(whole, resumed, strict=True):
        np.testing.assert_array_equal(a.x, b.x)
        np.testing.assert_array_equal(a.trace, b.trace)
        assert (a.activation, a.best_step, a.stop) == (b.activation, b.best_step, b.stop)
        assert a.first_top_step == b.first_top_step


def test_states_are_of_their_step(network: Network) -> None:
    """A progress that is asked late answers as it would have at once."""
    recipe = recipe_of("fourier", 6)
    steps = synthesis_steps(network, SAMPLES, recipe)
    first = next(steps)
    at_once, pictures = first.state(), first.pictures()
    next(steps)
    next(steps)
    late = first.state()
    assert all(torch.equal(at_once[name], late[name]) for name in at_once)
    np.testing.assert_array_equal(first.pictures(), pictures)


def test_a_checkpoint_of_something_else_is_refused(network: Network) -> None:
    steps = synthesis_steps(network, SAMPLES, recipe_of("pixel"))
    state = next(steps).state()
    for samples, recipe in ((SAMPLES[:2], recipe_of("pixel")), (SAMPLES, recipe_of("fourier"))):
        with pytest.raises(UserError, match="checkpoint"):
            next(synthesis_steps(network, samples, recipe, resume=state))
    with pytest.raises(UserError, match="checkpoint"):
        next(synthesis_steps(network, SAMPLES, recipe_of("pixel"), resume={}))


def test_steering(network: Network) -> None:
    recipe = recipe_of("pixel")
    stronger = recipe.with_value("regularise.decay", 0.5)
    steps = synthesis_steps(network, SAMPLES, recipe)
    plain, _ = run(network, SAMPLES, recipe)
    for _ in range(4):
        present = next(steps)
    np.testing.assert_array_equal(present.pictures(), plain[3].pictures())
    steered = steps.send(stronger)
    assert steered.step == 5
    spread = [float(p.state()["values.x"].std()) for p in (present, steered)]
    assert spread[1] < 0.7 * spread[0]
    results = finished(steps)
    assert all(result.steered for result in results)
    assert all(result.recipe == stronger for result in results)


def test_steering_keeps_what_the_picture_is_made_of(network: Network) -> None:
    steps = synthesis_steps(network, SAMPLES, recipe_of("pixel"))
    next(steps)
    other = recipe_of("fourier")
    assert "image settings" in steering_problem(recipe_of("pixel"), other)
    assert not steering_problem(recipe_of("pixel"), recipe_of("pixel", 99))
    with pytest.raises(UserError, match="image settings"):
        steps.send(other)


class Gated(nn.Module):
    """Unit 0 is silent for every picture, unit 1 for none."""

    def __init__(self, bias: float = -50.0) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3)
        with torch.no_grad():
            self.conv.bias.copy_(torch.tensor([bias, 1.0]))
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(self.conv(x))


@pytest.mark.parametrize("name", ["pixel", "pixel moved"])
def test_a_zero_gradient_ends_only_its_sample(name: str) -> None:
    torch.manual_seed(0)
    network = Network(Gated(), (3, 12, 12))
    samples = [Sample(Unit("relu", 0)), Sample(Unit("relu", 1))]
    seen, (silent, alive) = run(network, samples, recipe_of(name, 20))
    assert silent.stop is StopReason.ZERO_GRADIENT
    assert "gradient" in silent.stop.sentence
    assert silent.trace.tolist() == [0.0] * (1 if name == "pixel" else 8)
    assert silent.activation == 0
    assert silent.image.shape == (12, 12, 3)
    assert alive.stop is StopReason.FINISHED
    assert len(alive.trace) == 20
    assert seen[-1].finished == (True, False)
    assert math.isnan(seen[-1].activations[0])
    assert np.isfinite(silent.x).all()


def test_all_ended_ends_the_run() -> None:
    torch.manual_seed(0)
    network = Network(Gated(), (3, 12, 12))
    seen, _ = run(network, [Sample(Unit("relu", 0))], recipe_of("pixel", 20))
    assert len(seen) == 1


@pytest.mark.parametrize("name", ["pixel", "fourier"])
def test_silent_units_are_rescued(name: str) -> None:
    torch.manual_seed(0)
    network = Network(Gated(bias=-1.5), (3, 12, 12))
    recipe = recipe_of(name, 40).with_value("image.start_std", 1)
    recipe = recipe.with_value("regularise.small_norm_percentile", 0)
    _, (lost,) = run(
        network, [Sample(Unit("relu", 0))], recipe.with_value("gradient.rescue_steps", 0)
    )
    _, (found,) = run(
        network, [Sample(Unit("relu", 0))], recipe.with_value("gradient.rescue_steps", 30)
    )
    assert lost.activation == 0
    assert lost.stop is StopReason.ZERO_GRADIENT
    assert found.activation > 0.1
    assert found.stop is StopReason.FINISHED


def test_what_is_not_finite_stops_with_a_reason() -> None:
    class Bursting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 3)
            self.last = nn.Identity()

        def forward(self, x: Tensor) -> Tensor:
            y = self.conv(x)
            return self.last(y / (y < 1.5).to(y.dtype))  # infinite from 1.5 on

    torch.manual_seed(0)
    network = Network(Bursting(), (3, 12, 12))
    unit = UnitObjective(Unit("last", 0))
    _, (up, down) = run(network, [Sample(unit), Sample(-unit)], recipe_of("pixel", 40))
    assert up.stop is StopReason.NOT_FINITE
    assert len(up.trace) < 40
    assert up.activation == pytest.approx(float(up.trace[np.isfinite(up.trace)].max()))
    assert up.activation <= 1.5
    assert np.isfinite(up.x).all()
    assert down.stop is StopReason.FINISHED
    assert np.isfinite(down.trace).all()


def test_a_network_of_nan() -> None:
    module = nn.Sequential(nn.Conv2d(3, 2, 3))
    network = Network(module, (3, 12, 12))
    with torch.no_grad():
        module[0].bias[0] = torch.nan
    samples = [Sample(Unit("0", 0)), Sample(Unit("0", 1))]
    _, (broken, whole) = run(network, samples, recipe_of("pixel", 5))
    assert broken.stop is StopReason.NOT_FINITE
    assert "finite" in broken.stop.sentence
    assert math.isnan(broken.activation)
    assert np.isfinite(broken.x).all()
    assert whole.stop is StopReason.FINISHED
    assert np.isfinite(whole.trace).all()


def test_patience_ends_what_gets_no_better(network: Network) -> None:
    recipe = recipe_of("pixel", 60).with_value("stop.patience", 6)
    recipe = recipe.with_value("step.rate", 100)
    _, results = run(network, SAMPLES[:3], recipe)
    for result in results:
        if result.stop is StopReason.NO_GAIN:
            assert len(result.trace) == result.best_step + 7
    assert any(result.stop is StopReason.NO_GAIN for result in results)


def test_what_it_leaves_alone(network: Network) -> None:
    network.module.train()
    parameters = dict(network.module.named_parameters())
    parameters["conv1.bias"].requires_grad_(False)
    before = {name: p.requires_grad for name, p in parameters.items()}
    hooks = hook_count(network.module)
    weights = {name: p.detach().clone() for name, p in parameters.items()}
    steps = synthesis_steps(network, SAMPLES, recipe_of("fourier"))
    for _ in range(6):  # also between steps, and with the ReLU rule on and off
        next(steps)
        assert {name: p.requires_grad for name, p in parameters.items()} == before
        assert all(p.grad is None for p in parameters.values())
        assert hook_count(network.module) == hooks
        assert network.module.training
    steps.close()
    assert all(torch.equal(weights[name], p) for name, p in parameters.items())


def test_settings_come_back_after_an_error(network: Network) -> None:
    class Failing(Tiny):
        broken = False

        def forward(self, x: Tensor) -> Tensor:
            if self.broken:
                raise ZeroDivisionError
            return super().forward(x)

    module = Failing()
    network = Network(module, (3, 24, 28))
    steps = synthesis_steps(network, SAMPLES, recipe_of("fourier"))
    next(steps)
    module.broken = True
    with pytest.raises(ZeroDivisionError):
        next(steps)
    assert all(p.requires_grad for p in module.parameters())
    assert hook_count(module) == 0


def test_the_pass_ends_at_the_deepest_layer_needed(network: Network) -> None:
    calls = []
    handle = network.module.logits.register_forward_hook(lambda *_: calls.append(1))
    run(network, [SAMPLES[0]], recipe_of("pixel", 3))
    assert not calls
    run(network, [SAMPLES[0], SAMPLES[2]], recipe_of("pixel", 3))
    assert calls
    handle.remove()


def test_callers_without_gradients(network: Network) -> None:
    with torch.no_grad():
        _, (quiet,) = run(network, SAMPLES[:1], recipe_of("fourier"))
    _, (plain,) = run(network, SAMPLES[:1], recipe_of("fourier"))
    np.testing.assert_array_equal(quiet.x, plain.x)


class Blocked(nn.Module):
    def __init__(self, how: str) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3)
        self.how = how

    def forward(self, x: Tensor) -> Tensor:
        if self.how == "no_grad":
            with torch.no_grad():
                return self.conv(x)
        if self.how == "round":
            return self.conv(torch.ones_like(x)) + 0 * torch.zeros_like(x).sum()
        return self.conv(x.detach())


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("no_grad", "Blocked itself cuts gradients"),
        ("detach", "Blocked itself cuts gradients"),
        ("round", "passes no gradient"),  # nothing of it depends on the picture
    ],
)
def test_networks_without_gradients_are_named(how: str, reason: str) -> None:
    network = Network(Blocked(how), (3, 12, 12))
    with pytest.raises(UserError, match=reason):
        synthesize(network, Unit("conv", 0), recipe_of("pixel", 3))


def test_units_that_are_not_there(network: Network) -> None:
    with pytest.raises(UserError, match="no unit 99"):
        synthesize(network, Unit("conv2", 99), recipe_of("pixel", 3))
    with pytest.raises(UserError, match="conv3"):
        synthesize(network, Unit("conv3", 0), recipe_of("pixel", 3))
    with pytest.raises(UserError, match="nothing to make"):
        next(synthesis_steps(network, [], recipe_of("pixel", 3)))


def test_one_channel() -> None:
    torch.manual_seed(0)
    network = Network(Tiny(1), (1, 24, 28), Preprocessing(mean=(0.4,), std=(0.3,)))
    for name in RECIPES:
        _, (result,) = run(network, SAMPLES[:1], recipe_of(name, 4))
        assert result.x.shape[0] == 1
        assert (result.image[..., 0] == result.image[..., 2]).all()


def test_a_start_of_ones_own(network: Network) -> None:
    picture = np.random.default_rng(0).integers(30, 220, (24, 28, 3), np.uint8)
    for name in ("pixel", "fourier", "laplacian"):
        recipe = recipe_of(name, 1).with_value("transforms.jitter_px", 0)
        recipe = recipe.with_value("transforms.scale", 0).with_value("transforms.rotate_deg", 0)
        _, results = run(network, SAMPLES[:2], recipe, start=picture)
        for result in results:
            np.testing.assert_allclose(result.image.astype(int), picture, atol=1)
        again, _ = run(network, SAMPLES[:1], recipe, start=torch.from_numpy(results[0].x))
        np.testing.assert_allclose(again[0].pictures()[0].astype(int), picture, atol=1)


def test_diversity_drives_siblings_apart(network: Network) -> None:
    samples = [Sample(Unit("conv2", 1), seed) for seed in range(4)] + [Sample(LogitObjective(0))]

    def likeness(diversity: float) -> float:
        recipe = recipe_of("fourier", 40).with_value("objective.diversity", diversity)
        _, results = run(network, samples, recipe)
        x = torch.stack([torch.from_numpy(r.x) for r in results[:4]]) / 255 / 0.22
        maps = network.activations(x, ["conv2"])["conv2"].flatten(2)
        styles = functional.normalize((maps @ maps.mT).flatten(1))
        return float((styles @ styles.T).sum() - 4) / 12

    assert likeness(1.0) < likeness(0.0) - 0.05


def test_smaller_pictures(network: Network) -> None:
    recipe = recipe_of("fourier", 4).with_value("image.size", 0.75)
    _, (result,) = run(network, SAMPLES[:1], recipe)
    assert result.image.shape == (18, 21, 3)


def test_an_enlarged_picture_has_nothing_fine(network: Network) -> None:
    """Beyond what a grid of 0.71 times the side can hold there is next to nothing."""

    def fine_share(name: str) -> float:
        _, (result,) = run(network, SAMPLES[:1], recipe_of(name, 30))
        power = np.abs(np.fft.fft2(result.x - result.x.mean((1, 2), keepdims=True))) ** 2
        rows, columns = (np.abs(np.fft.fftfreq(n)) for n in result.x.shape[1:])
        fine = np.maximum(rows[:, None], columns[None]) > 0.5 * 0.8
        return float(power[:, fine].sum() / power.sum())

    assert fine_share("pixel enlarged") < 0.01 < fine_share("pixel")


def test_a_network_of_one_size_only_is_shown_that() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 14 * 14, 5))
    network = Network(module, (3, 16, 16))
    for size, side in ((1.5, 24), (0.5, 16)):
        recipe = recipe_of("fourier", 4).with_value("image.size", size)
        _, (result,) = run(network, [Sample(Unit("2", 1))], recipe)
        assert result.image.shape == (side, side, 3)
        assert result.stop is StopReason.FINISHED


def test_the_first_time_on_top(network: Network) -> None:
    """Pictures as they are before a step are those that its record is of."""
    recipe = recipe_of("pixel", 40).with_value("step.rate", 1)
    tops = []
    x = torch.from_numpy(np.random.default_rng(0).normal(0, 30, (3, 24, 28))).float()
    steps = synthesis_steps(network, SAMPLES[:1], recipe, start=x)
    for _ in range(40):
        maps = _maps(network, x)
        tops.append(bool(maps[1, maps.shape[1] // 2, maps.shape[2] // 2] >= maps.max()))
        x = next(steps).state()["values.x"][0]
    (result,) = finished(steps)
    assert result.first_top_step == tops.index(True)
    assert result.first_top_step > 0


def _maps(network: Network, x: Tensor) -> Tensor:
    mean = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
    x = torch.clamp(x + 255 * mean, 0, 255) - 255 * mean
    fed = x / 255 / torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    return network.activations(fed[None], ["conv2"])["conv2"][0]


@pytest.mark.parametrize("name", PRESETS)
def test_presets_run_on_the_bundled_network(name: str) -> None:
    from deepvis_app.nets import load_network

    network = load_network("pocket")
    recipe = PRESETS[name].with_value("stop.steps", 3)
    if recipe.transforms.crops:
        recipe = recipe.with_value("transforms.crops", 2)
    result = synthesize(network, Unit("conv3a", 5), recipe)
    assert result.stop is StopReason.FINISHED
    assert np.isfinite(result.activation)


# What fixes a picture


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_picture_is_the_same_alone_in_a_batch_and_in_either_memory_format(
    network: Network, name: str
) -> None:
    recipe = PRESETS[name].with_value("stop.steps", 6)
    samples = [Sample(Unit("conv2", 1), 3), Sample(Unit("conv2", 4), 0)]
    together = finished(synthesis_steps(network, samples, recipe))
    copied = finished(synthesis_steps(network.replica("cpu"), samples, recipe))
    for sample, one, other in zip(samples, together, copied, strict=True):
        alone = synthesize(network, sample.objective, recipe, seed=sample.seed)
        for found in (one, other):
            assert np.array_equal(found.x, alone.x)
            assert found.activation == alone.activation
            assert np.array_equal(found.trace, alone.trace)


def test_a_batch_goes_on_where_one_of_its_pictures_has_ended(network: Network) -> None:
    recipe = recipe_of("fourier", 8).with_value("stop.patience", 1)
    samples = [Sample(Unit("conv2", k), k) for k in range(4)]
    together = finished(synthesis_steps(network, samples, recipe))
    lengths = {len(result.trace) for result in together}
    assert len(lengths) > 1
    for sample, one in zip(samples, together, strict=True):
        alone = synthesize(network, sample.objective, recipe, seed=sample.seed)
        assert np.array_equal(one.x, alone.x)
        assert len(one.trace) == len(alone.trace)


def test_siblings_are_made_along_and_named(network: Network) -> None:
    recipe = recipe_of("fourier", 5).with_value("objective.diversity", 1)
    unit = Unit("conv2", 1)
    family = made_together([Sample(unit, seed) for seed in (0, 1, 2)], 1)
    assert [sample.siblings for sample in family] == [(1, 2), (0, 2), (0, 1)]
    whole = finished(synthesis_steps(network, family, recipe))
    steps = synthesis_steps(network, family[1:2], recipe)
    progress = next(steps)
    assert len(progress.activations) == len(progress.finished) == len(progress.pictures()) == 1
    (alone,) = finished(steps)
    assert alone.siblings == (0, 2)
    assert np.abs(alone.x - whole[1].x).max() < 0.1  # a batch in another order
    (lonely,) = finished(synthesis_steps(network, [Sample(unit, 1)], recipe))
    assert lonely.siblings == ()
    assert np.abs(lonely.x - whole[1].x).max() > 1


def test_a_result_says_what_its_rounding_depends_on(network: Network) -> None:
    result = synthesize(network, Unit("conv2", 1), recipe_of("pixel", 2))
    assert result.computed == (
        f"CPU, {torch.get_num_threads()} thread{'s' * (torch.get_num_threads() != 1)}, "
        f"torch {torch.__version__}"
    )
