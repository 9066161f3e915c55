"""Icons: small pictures, along a direction."""

from __future__ import annotations

import numpy as np
import pytest

from deepvis_app.nets import load_network
from deepvis_app.synth import Objective, Recipe, synthesize
from deepvis_app.synth.icons import ICON_PX, icon_objective, icon_recipe


@pytest.mark.parametrize(
    ("size", "side"), [((224, 224), 96), ((227, 227), 96), ((88, 88), 88), ((600, 800), 150)]
)
def test_an_icon_is_small_whatever_the_network_takes(size: tuple[int, int], side: int) -> None:
    recipe = icon_recipe(size)
    assert round(recipe.image.size * min(size)) == side  # a quarter of the input at least
    assert recipe.image.grid_px < side <= max(ICON_PX, min(size) / 4)
    assert Recipe.from_toml(recipe.to_toml()) == recipe


def test_directions_are_kept_to_six_digits_so_that_rounding_makes_no_other_picture() -> None:
    vector = np.random.default_rng(0).normal(size=9) / 3
    objective = icon_objective("conv", (vector + 1e-12).tolist())
    assert objective == icon_objective("conv", vector.tolist())
    assert Objective.from_json(objective.to_json()) == objective
    np.testing.assert_allclose(objective.vector, vector, atol=1e-6)


def test_an_icon_goes_along_its_direction_and_no_other() -> None:
    network = load_network("pocket")
    recipe = icon_recipe(network.input_shape[1:]).with_value("stop.steps", 12)
    chance = np.random.default_rng(1)
    directions = np.abs(chance.normal(size=(3, 256)))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    codes = []
    for direction in directions:
        made = synthesize(network, icon_objective("relu4", direction.tolist()), recipe)
        x = network.normalise(made.image)[None]
        codes.append(network.activations(x, ["relu4"])["relu4"][0].mean((1, 2)).numpy())
    along = np.array(codes) @ directions.T
    assert (along.argmax(1) == np.arange(3)).all()
