"""The recipe in use: chosen, changed, kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deepvis_app.errors import UserError
from deepvis_app.state.preferred import PreferredOptions, settings_of
from deepvis_app.state.recipes import RecipeShelf
from deepvis_app.synth import DEFAULT_RECIPE, PRESETS, parameters

if TYPE_CHECKING:
    from pathlib import Path


def test_it_begins_with_the_default_recipe_as_it_is() -> None:
    options = PreferredOptions()
    assert options.recipe is PRESETS[DEFAULT_RECIPE]
    assert not options.is_changed
    assert options.changes() == 0


def test_a_changed_recipe_says_so_in_its_name_and_can_be_undone() -> None:
    options = PreferredOptions()
    options.choose(PRESETS["yosinski-3"])
    options.change("regularise.decay", 0.5)
    options.change("stop.steps", 77)
    assert options.recipe.name == "yosinski-3, changed"
    assert options.recipe.regularise.decay == 0.5
    assert options.changes() == 2
    assert options.is_changed
    options.undo()
    assert options.recipe is PRESETS["yosinski-3"]


def test_the_old_value_given_back_is_the_chosen_recipe_again() -> None:
    options = PreferredOptions()
    steps = options.recipe.stop.steps
    options.change("stop.steps", steps + 1)
    options.change("stop.steps", steps)
    assert options.recipe is options.base


def test_an_adopted_recipe_is_a_change_of_the_one_it_was_made_of() -> None:
    options = PreferredOptions()
    base = PRESETS["fourier"]
    options.adopt(base.with_value("regularise.decay", 0.25), base)
    assert options.recipe.name == "fourier, changed"
    assert options.recipe.regularise.decay == 0.25
    assert options.changes() == 1
    options.undo()
    assert options.recipe is base
    options.adopt(base, base)
    assert not options.is_changed


def test_a_wrong_value_changes_nothing() -> None:
    options = PreferredOptions()
    with pytest.raises(UserError):
        options.change("stop.steps", 0)
    assert options.recipe is options.base


def test_settings_have_the_parameters_paths_and_values() -> None:
    for recipe in PRESETS.values():
        assert settings_of(recipe) == {p.path: p.value(recipe) for p in parameters()}


def test_a_kept_recipe_is_there_at_the_next_start(tmp_path: Path) -> None:
    shelf = RecipeShelf(tmp_path / "recipes")
    assert shelf.own == {}
    options = PreferredOptions()
    options.change("regularise.decay", 0.25)
    kept = shelf.keep(options.recipe, "  my  own/one ")
    assert kept.name == "my own/one"
    again = RecipeShelf(tmp_path / "recipes")
    found = again.get("my own/one")
    assert found is not None
    assert found.key == options.recipe.key
    assert again.problems == ()


def test_a_name_that_comes_along_cannot_be_taken(tmp_path: Path) -> None:
    shelf = RecipeShelf(tmp_path)
    with pytest.raises(UserError, match="comes along"):
        shelf.keep(PRESETS["maco"], "maco")
    assert list(tmp_path.iterdir()) == []


def test_a_recipe_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    (tmp_path / "recipes").write_text("a file in the folder's place")
    with pytest.raises(UserError, match="cannot be kept"):
        RecipeShelf(tmp_path / "recipes").keep(PRESETS["maco"], "mine")


def test_a_broken_recipe_is_told_and_the_others_are_there(tmp_path: Path) -> None:
    shelf = RecipeShelf(tmp_path)
    shelf.keep(PRESETS["maco"], "good")
    (tmp_path / "bad.toml").write_text("[regularise]\ndecai = 1\n")
    shelf.reload()
    assert set(shelf.own) == {"good"}
    (problem,) = shelf.problems
    assert "bad.toml" in problem
    assert "regularise.decay" in problem
