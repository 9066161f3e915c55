"""Pictures kept near photographs: the table, what a picture gives up, and whole runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from deepvis_app.errors import UserError
from deepvis_app.nets import Network, Preprocessing, Unit, load_network
from deepvis_app.synth import (
    PRESETS,
    ChannelObjective,
    DirectionObjective,
    LogitObjective,
    Recipe,
    Sample,
    SynthesisResult,
    UnitObjective,
    steering_problem,
    synthesis_steps,
    synthesize,
)
from deepvis_app.synth.choices import Statistics
from deepvis_app.synth.compared import compared_layers
from deepvis_app.synth.natural_table import NaturalTable, natural_table
from deepvis_app.synth.naturalness import Naturalness
from deepvis_app.synth.references import References, bundled_references
from tests import drawn

if TYPE_CHECKING:
    from pathlib import Path

Array = np.ndarray
NATURAL = Recipe.from_toml(
    """
    image = {parameterisation = "fourier", decorrelate = true, grid_px = 20}
    transforms = {jitter_px = 20, scale = 0.1}
    objective = {place = "channel", naturalness = 3}
    step = {policy = "adam", rate = 0.2}
    stop = {steps = 6}
    """
)
UNIT = Unit("conv3", 2)


class Tiny(nn.Module):
    """Three convolutions, a pool between, an average and a linear layer."""

    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 5, 3)
        self.relu1 = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(5, 6, 3)
        self.relu2 = nn.ReLU()
        self.conv3 = nn.Conv2d(6, 4, 3)
        self.average = nn.AdaptiveAvgPool2d(1)
        self.logits = nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.relu1(self.conv1(x)))
        x = self.conv3(self.relu2(self.conv2(x)))
        return self.logits(self.average(x).flatten(1))


@pytest.fixture
def network() -> Network:
    torch.manual_seed(3)
    return Network(Tiny(), (3, 40, 44))


def photographs(count: int = 4, first: int = 0) -> list[Array]:
    return [drawn.picture(k % 6, first + k) for k in range(count)]


def maps_of(network: Network, pictures: list[Array], layer: str) -> Array:
    inputs = torch.stack([network.prepare(picture) for picture in pictures])
    return network.activations(inputs, [layer])[layer].detach().double().numpy()


def test_the_table_is_the_formula(network: Network) -> None:
    pictures = photographs()
    table = natural_table(network, ["conv3"], References.of(pictures))
    assert set(table.targets) == {"relu1", "relu2"}
    assert set(table.reaches) == {"conv3"}
    for layer, step in (("relu1", 2), ("relu2", 1)):  # of 38 x 42 places every second
        maps = maps_of(network, pictures, layer)[:, :, ::step, ::step]
        flat = maps.reshape(*maps.shape[:2], -1)
        target = np.stack([flat.mean(2).mean(0), flat.std(2).mean(0)])
        spread = np.moveaxis(flat, 1, 0).reshape(flat.shape[1], -1).std(1)
        np.testing.assert_allclose(table.targets[layer].numpy(), target, rtol=1e-4, atol=1e-6)
        floored = np.maximum(spread, 0.1 * spread.mean())
        np.testing.assert_allclose(table.spreads[layer].numpy(), floored, rtol=1e-4)
    flat = maps_of(network, pictures, "conv3").reshape(4, 4, -1)
    means = flat.mean(2)
    middle = means.mean(0)
    rises = [
        means.max(0) - middle,
        middle - means.min(0),
        flat.max((0, 2)) - middle,
        middle - flat.min((0, 2)),
    ]
    reaches = [np.maximum(r, 0.1 * np.sort(r)[1]) for r in rises]  # torch's median is the lower
    np.testing.assert_allclose(table.reaches["conv3"].numpy(), reaches, rtol=1e-4)


def test_sorted_values_are_averaged_in_equal_chunks(network: Network) -> None:
    pictures = [np.ascontiguousarray(p[:88, :96]) for p in photographs()]
    torch.manual_seed(3)
    wide = Network(Tiny(), (3, 34, 34))  # relu1 has 32 x 32 places: 16 a chunk
    table = natural_table(wide, ["conv3"], References.of(pictures), Statistics.SORTED)
    flat = np.sort(maps_of(wide, pictures, "relu1").reshape(4, 5, -1), 2)
    target = flat.reshape(4, 5, 64, 16).mean((0, 3)).T
    np.testing.assert_allclose(table.targets["relu1"].numpy(), target, rtol=1e-4, atol=1e-6)


def test_a_table_there_and_back(network: Network) -> None:
    table = natural_table(network, ["conv3"], References.of(photographs()))
    again = NaturalTable.of_tensors(table.tensors(), table.source)
    assert again.source == table.source
    assert again.tensors().keys() == table.tensors().keys()
    assert all(torch.equal(t, again.tensors()[name]) for name, t in table.tensors().items())


def test_photographs_are_named_by_their_content() -> None:
    one, other = photographs(), photographs(first=1)
    source = References.of(one).source
    assert source.startswith("4 photographs, ")
    assert References.of([p.copy() for p in one]).source == source
    changed = [p.copy() for p in one]
    changed[2][5, 5, 0] ^= 1
    sources = {References.of(each).source for each in (one, other, changed, one[:3])}
    assert len(sources) == 4
    bundled = bundled_references()
    assert f"{len(bundled.pictures)} bundled photographs, " in bundled.source
    assert len(bundled.pictures) >= 20


@pytest.mark.parametrize("statistics", Statistics)
@pytest.mark.parametrize("views", [1, 3])
def test_what_is_given_up_is_the_formula(
    network: Network, statistics: Statistics, views: int
) -> None:
    table = natural_table(network, ["conv3", "conv2"], References.of(photographs()), statistics)
    spec = NATURAL.objective.model_copy(update={"statistics": statistics})
    samples = [Sample(UNIT), Sample(Unit("conv2", 1)), Sample(UnitObjective(Unit("conv3", 0)))]
    term = Naturalness(network, samples, spec, table)
    pictures = photographs(3 * views, first=9)
    inputs = torch.stack([network.prepare(p) for p in pictures])
    given = term.read(network.activations(inputs, term.layers)).detach().numpy()

    def away(layer: str, row: int) -> float:
        maps = maps_of(network, pictures, layer)[row]
        step = 2 if layer == "relu1" else 1
        flat = maps[:, ::step, ::step].reshape(len(maps), -1)
        if statistics is Statistics.MOMENTS:
            found = np.stack([flat.mean(1), flat.std(1)])
        else:
            length = flat.shape[1]
            edges = [(length * k // 64, -(-length * (k + 1) // 64)) for k in range(64)]
            ranked = np.sort(flat, 1)
            found = np.stack([ranked[:, a:b].mean(1) for a, b in edges])
        ratio = (found - table.targets[layer].numpy()) / table.spreads[layer].numpy()
        return float(np.square(ratio).mean())

    layers = {0: ("relu1", "relu2"), 1: ("relu1",), 2: ("relu1", "relu2")}
    reaches = [table.reaches["conv3"][0, 2], table.reaches["conv2"][0, 1]]
    for k, reach in enumerate([*reaches, table.reaches["conv3"][0, 0]]):
        rows = range(k * views, (k + 1) * views)
        distance = np.mean([np.mean([away(n, row) for n in layers[k]]) for row in rows])
        assert given[k] == pytest.approx(3 * float(reach) * distance, rel=1e-3)


def test_the_optimum_is_the_one_found_by_brute_force() -> None:
    """Of a unit that is the mean of a picture of 2 x 2 grey pixels."""
    module = nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU(), nn.Conv2d(1, 1, 1))
    for part in (module[0], module[2]):
        nn.init.constant_(part.weight, 1.0)
        nn.init.constant_(part.bias, 0.0)
    network = Network(module, (1, 2, 2), Preprocessing(mean=(0.0,), std=(1.0,)))
    pictures = [np.array(v, np.uint8).reshape(2, 2, 1).repeat(3, 2) for v in (
        [60, 90, 80, 70], [110, 70, 120, 100], [90, 95, 60, 75])]  # fmt: skip
    w = 4.0
    recipe = Recipe.from_toml(
        f"""
        objective = {{place = "channel", naturalness = {w}}}
        step = {{policy = "adam", rate = 2, settle = 0.01}}
        stop = {{steps = 400}}
        """
    )
    samples, start = [Sample(Unit("2", 0))], pictures[0] + 90  # at black the ReLU would shut
    steps = synthesis_steps(network, samples, recipe, start=start, photographs=pictures)
    last = None
    try:
        while True:
            last = next(steps)
    except StopIteration:
        pass
    assert last is not None
    end = last.state()["values.x"].numpy().ravel() / 255  # where it settles, not its best step

    flat = np.array([p[:, :, 0].ravel() / 255 for p in pictures])
    reach = flat.mean(1).max() - flat.mean()
    target, spread = (flat.mean(), flat.std(1).mean()), flat.std()
    mean, deviation = np.meshgrid(np.linspace(0, 1, 2001), np.linspace(0, 0.5, 1001))
    away = ((mean - target[0]) ** 2 + (deviation - target[1]) ** 2) / spread**2 / 2
    worth = mean / reach - w * away
    best = np.unravel_index(worth.argmax(), worth.shape)
    assert end.mean() == pytest.approx(mean[best], abs=3e-3)
    assert end.std() == pytest.approx(deviation[best], abs=3e-3)


def finished(
    network: Network, samples: list[Sample], recipe: Recipe, **more: object
) -> list[SynthesisResult]:
    steps = synthesis_steps(network, samples, recipe, photographs=photographs(), **more)
    try:
        while True:
            next(steps)
    except StopIteration as stop:
        return list(stop.value)


def test_resumed_is_uninterrupted(network: Network) -> None:
    samples = [Sample(UNIT), Sample(UNIT, 1)]
    whole = finished(network, samples, NATURAL)
    steps = synthesis_steps(network, samples, NATURAL, photographs=photographs())
    for _ in range(3):
        state = next(steps).state()
    resumed = finished(network, samples, NATURAL, resume=state)
    for one, other in zip(whole, resumed, strict=True):
        assert np.array_equal(one.x, other.x)
        assert one.activation == other.activation


def test_a_sample_does_not_depend_on_its_batch(network: Network) -> None:
    samples = [Sample(UNIT), Sample(Unit("conv2", 1), 4), Sample(UNIT, 5)]
    together = finished(network, samples, NATURAL)
    for sample, one in zip(samples, together, strict=True):
        assert np.array_equal(one.x, finished(network, [sample], NATURAL)[0].x)


def test_without_weight_it_is_as_if_it_were_not_there() -> None:
    network = load_network("pocket")
    clear = PRESETS["clear"].with_value("stop.steps", 3)
    none = PRESETS["natural"].with_value("objective.naturalness", 0)
    none = none.with_value("image.grid_px", clear.image.grid_px).with_value("stop.steps", 3)
    unit = Unit("conv4", 7)
    plain, other = synthesize(network, unit, clear), synthesize(network, unit, none)
    assert np.array_equal(plain.x, other.x)
    assert plain.photographs == other.photographs == ""


def test_a_picture_is_nearer_to_photographs_than_without_and_says_to_which(
    network: Network,
) -> None:
    table = natural_table(network, ["conv3"], References.of(photographs()))
    term = Naturalness(network, [Sample(UNIT)], NATURAL.objective, table)
    long = NATURAL.with_value("stop.steps", 40)

    def away(weight: float) -> float:
        recipe = long.with_value("objective.naturalness", weight)
        result = synthesize(network, UNIT, recipe, photographs=table)
        assert result.photographs == (table.source if weight else "")
        x = network.normalise(result.image)[None]
        return float(term.read(network.activations(x, term.layers)))

    assert away(20) < away(3) < away(0)


def test_objectives_reach_as_photographs_do(network: Network) -> None:
    table = natural_table(network, ["conv3", "logits"], References.of(photographs()))
    reaches = table.reaches["conv3"]

    def weight(objective: object, **settings: object) -> float:
        spec = NATURAL.objective.model_copy(update=settings)
        term = Naturalness(network, [Sample(objective)], spec, table)  # type: ignore[arg-type]
        return float(sum(share[0] for share in term._shares.values())) / 3

    one, other = UnitObjective(Unit("conv3", 1)), ChannelObjective("conv3", 2)
    minimise, centre = (NATURAL.with_value(*v).objective for v in (
        ("objective.direction", "minimise"), ("objective.place", "centre")))  # fmt: skip
    assert weight(one) == pytest.approx(float(reaches[0, 1]))
    assert weight(one, direction=minimise.direction) == pytest.approx(float(reaches[1, 1]))
    assert weight(one, place=centre.place) == pytest.approx(float(reaches[2, 1]))
    assert weight(UnitObjective(Unit("conv3", 1, (0, 0)))) == pytest.approx(float(reaches[2, 1]))
    assert weight(other, place=centre.place) == pytest.approx(float(reaches[0, 2]))
    both = float(2 * reaches[0, 1] + 0.5 * reaches[1, 2])
    assert weight(2 * one - 0.5 * other) == pytest.approx(both)
    assert weight(LogitObjective(0)) == pytest.approx(float(table.reaches["logits"][0, 0]))


def test_layers_are_spread_over_what_lies_before() -> None:
    pocket = load_network("pocket")
    assert compared_layers(pocket, "logits") == ("relu1", "relu2b", "relu3a", "relu3b", "relu5")
    assert compared_layers(pocket, "relu2b") == ("relu1", "relu2a")
    assert compared_layers(pocket, "conv1") == ("relu1",)  # before it there is nothing
    resnet = load_network("torchvision:resnet18@none")
    blocks = ("relu", "layer1.1", "layer2.1", "layer3.1", "layer4.1")
    assert compared_layers(resnet, "fc") == blocks
    assert compared_layers(resnet, "layer1.1.conv1") == ("relu", "layer1.0")


def test_tokens_are_compared_as_maps() -> None:
    pytest.importorskip("timm")
    network = load_network("timm:vit_tiny_patch16_224@none")
    layers = compared_layers(network, "head")
    assert len(layers) == 5
    assert layers[0] == "patch_embed.proj"
    assert all(network.layer(name).map_size == (14, 14) for name in layers)


@pytest.mark.parametrize("pictures", [[], photographs(1), [np.zeros((8, 8), np.uint8)] * 3])
def test_what_are_no_photographs(network: Network, pictures: list[Array]) -> None:
    with pytest.raises(UserError, match="hotograph") as error:
        synthesize(network, UNIT, NATURAL, photographs=pictures)
    assert error.value.remedy


def test_inputs_that_are_no_photographs() -> None:
    digits = Network(Tiny(1), (1, 40, 44))
    with pytest.raises(UserError, match="1 channel, which the bundled photographs are not"):
        synthesize(digits, UNIT, NATURAL)
    assert synthesize(digits, UNIT, NATURAL, photographs=photographs()).photographs


def test_networks_that_cannot_be_compared(network: Network) -> None:
    flat = Network(nn.Sequential(nn.Flatten(), nn.Linear(48, 3)), (3, 4, 4))
    with pytest.raises(UserError, match="no layer with maps"):
        synthesize(flat, Unit("1", 0), NATURAL, photographs=photographs())
    nn.init.constant_(network.module.conv2.bias, float("nan"))  # type: ignore[union-attr]
    with pytest.raises(UserError, match="no finite numbers for photographs"):
        synthesize(network, UNIT, NATURAL, photographs=photographs())


def test_objectives_without_a_reach(network: Network) -> None:
    objective = DirectionObjective("conv3", (1.0, 0.0, 0.0, 0.0))
    with pytest.raises(UserError, match="no reach in photographs"):
        synthesize(network, objective, NATURAL, photographs=photographs())


def test_a_run_does_not_become_natural_on_its_way() -> None:
    off = NATURAL.with_value("objective.naturalness", 0)
    assert steering_problem(off, NATURAL)
    assert steering_problem(NATURAL, off)
    assert not steering_problem(NATURAL, NATURAL.with_value("objective.naturalness", 5))
    assert steering_problem(NATURAL, NATURAL.with_value("objective.statistics", "sorted"))


@pytest.mark.slow(seconds=60)
def test_any_photographs_do(shared_nets: Path, shared_images: Path) -> None:
    """Of a real network: two sets without a picture in common give as much activation."""
    weights = str(shared_nets / "squeezenet1_0-imagenet.pth")
    network = load_network("torchvision:squeezenet1_0", weights=weights)
    files = sorted(shared_images.glob("*.jpg"))
    sets = [[np.asarray(Image.open(f).convert("RGB")) for f in files[k::25]] for k in (0, 12)]
    reached = [
        [
            synthesize(network, unit, PRESETS["natural"], photographs=pictures).activation
            for unit in (Unit("features.12", 390), Unit("classifier.1", 130))
        ]
        for pictures in sets
    ]
    ratios = np.array(reached[0]) / np.array(reached[1])
    assert abs(np.median(ratios) - 1) < 0.15
