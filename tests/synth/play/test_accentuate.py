"""What a unit likes, brought out in a picture that is given."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from deepvis_app.errors import UserError
from deepvis_app.nets import Network, Unit
from deepvis_app.synth import PRESETS, synthesize
from deepvis_app.synth.play import TECHNIQUES, AccentuateSpec, accentuate, accentuate_steps
from deepvis_app.synth.play.accentuate import recipe_of
from deepvis_app.synth.play.layers import default_layer
from tests import drawn

UNIT = Unit("2", 1)


@pytest.fixture
def network() -> Network:
    torch.manual_seed(4)
    module = nn.Sequential(nn.Conv2d(3, 6, 5, 2), nn.ReLU(), nn.Conv2d(6, 4, 3), nn.ReLU())
    return Network(module, (3, 48, 56))


@pytest.fixture
def picture(network: Network) -> np.ndarray:
    return network.view(drawn.picture(1, 3))[0]


def test_the_picture_is_where_it_starts(network: Network, picture: np.ndarray) -> None:
    still = accentuate(network, picture, UNIT, steps=1)  # after the last step nothing moves
    away = np.abs(still.image.astype(int) - np.clip(picture, 5, 250))
    assert np.median(away) <= 1  # of 255; what was near black or white is a little less so
    maps = network.activations(network.normalise(picture)[None], ["2"])["2"]
    assert still.facts["before"] == pytest.approx(float(maps[0, 1].mean()), abs=1e-5)


def test_more_of_the_unit_comes_and_the_picture_stays(
    network: Network, picture: np.ndarray
) -> None:
    played = accentuate(network, picture, UNIT, steps=24)
    assert played.facts["unit"] == "2 1"
    assert float(played.facts["after"]) > float(played.facts["before"])
    maps = network.activations(network.normalise(played.image)[None], ["2"])["2"]
    assert float(maps[0, 1].mean()) == pytest.approx(float(played.facts["after"]), abs=0.02)
    free = synthesize(network, UNIT, PRESETS["clear"].with_value("stop.steps", 24))
    alike, other = (
        np.corrcoef(picture.ravel(), image.ravel())[0, 1] for image in (played.image, free.image)
    )
    assert alike > 0.45 > other


def test_it_is_the_one_engine_from_a_start(network: Network, picture: np.ndarray) -> None:
    spec = AccentuateSpec(layer="2", index=1, steps=5, grid_px=0)
    own = synthesize(network, UNIT, recipe_of(spec), start=picture)
    played = accentuate(network, picture, UNIT, steps=5, grid_px=0)
    np.testing.assert_allclose(played.x, own.x, atol=1e-2)
    assert len(played.curve) == 5


def test_resumed_is_uninterrupted(network: Network, picture: np.ndarray) -> None:
    spec = AccentuateSpec(layer="2", index=1, steps=6)
    steps = accentuate_steps(network, {"input": picture}, spec)
    told = [step for _ in range(6) if (step := next(steps)) is not None]
    state = told[-1].state()
    assert 0 < told[-1].step < 6
    resumed = accentuate_steps(network, {"input": picture}, spec, 0, state)
    ends = []
    for run in (steps, resumed):
        try:
            while True:
                next(run)
        except StopIteration as stop:
            ends.append(stop.value)
    np.testing.assert_array_equal(ends[0].x, ends[1].x)


def test_what_is_wrong_is_named(network: Network, picture: np.ndarray) -> None:
    with pytest.raises(UserError, match="no unit 9"):
        accentuate(network, picture, Unit("2", 9))
    with pytest.raises(UserError, match="lacks a picture: input"):
        TECHNIQUES["accentuate"].check({})


def test_without_a_layer_it_is_one_in_the_middle(network: Network, picture: np.ndarray) -> None:
    own = accentuate(network, picture, Unit("", 1), steps=2)
    assert own.facts["unit"] == f"{default_layer(network)} 1"
