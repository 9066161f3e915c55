from __future__ import annotations

import math

import pytest

from deepvis_app.synth import PRESETS
from deepvis_app.synth.scores import Scores
from deepvis_app.synth.search import Trial, merit, random_recipes

BASES = ("yosinski-3", "yosinski-1", "fourier", "clear")


@pytest.mark.parametrize("name", BASES)
def test_every_recipe_is_valid_and_its_own(name: str) -> None:
    recipes = random_recipes(PRESETS[name], 40)
    assert len({recipe.key for recipe in recipes}) == 40
    for recipe in recipes:  # a recipe validates itself
        assert recipe.image == PRESETS[name].image
        assert recipe.objective == PRESETS[name].objective
        assert recipe.stop == PRESETS[name].stop


def test_each_setting_is_on_in_about_every_second_recipe() -> None:
    recipes = random_recipes(PRESETS["yosinski-3"], 200, seed=4)
    for group, leaf in (
        ("regularise", "decay"),
        ("regularise", "blur_radius"),
        ("regularise", "contribution_abs_percentile"),
        ("transforms", "jitter_px"),
    ):
        on = sum(getattr(getattr(recipe, group), leaf) > 0 for recipe in recipes)
        assert 70 <= on <= 130, leaf  # 100 +- 4 standard deviations


def test_few_are_the_first_of_many_and_a_seed_gives_the_same() -> None:
    base = PRESETS["clear"]
    assert random_recipes(base, 5, seed=3) == random_recipes(base, 9, seed=3)[:5]
    assert random_recipes(base, 5, seed=3) != random_recipes(base, 5, seed=4)


def test_fourier_recipes_draw_no_pixel_clips() -> None:
    for recipe in random_recipes(PRESETS["fourier"], 50):
        assert recipe.regularise.small_norm_percentile == 0
        assert recipe.regularise.contribution_abs_percentile == 0


def test_a_base_that_refuses_what_is_varied_gives_only_what_it_allows() -> None:
    for recipe in random_recipes(PRESETS["maco"], 10):
        assert recipe.regularise.blur_radius == 0
        assert recipe.regularise.decay == 0


def test_merit_by_hand() -> None:
    good = Scores(activation=9.0, excess=4.0, kept=0.8, rank=1, slope=-2.7)
    assert merit(good) == pytest.approx(2 * 0.8)
    assert merit(Scores(9.0, None, 0.8, 1, -2.7)) == pytest.approx(3 * 0.8)
    assert merit(Scores(9.0, 4.0, 0.8, 4, -2.7)) == pytest.approx(0.8)
    assert merit(Scores(9.0, 4.0, 0.8, 1, -1.7)) == pytest.approx(0.8)
    assert merit(Scores(-1.0, -0.5, 0.8, 300, -1.0)) == 0
    worse = Scores(9.0, 1.0, 0.5, 1, -2.7)
    trial = Trial(PRESETS["clear"], (good, worse, worse))
    assert math.isclose(trial.merit, 0.5)
