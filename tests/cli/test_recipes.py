"""Recipes and lists of numbers as they are written on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deepvis_app import paths
from deepvis_app.cli.ranges import numbers
from deepvis_app.cli.recipes import recipe_named, with_settings
from deepvis_app.errors import UserError
from deepvis_app.synth import DEFAULT_RECIPE, PRESETS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("3", (3,)),
        ("0:4", (0, 1, 2, 3)),
        ("3,5,9", (3, 5, 9)),
        ("9, 3 ,9", (9, 3)),
        ("0:2,7,1:3", (0, 1, 7, 2)),
        ("0:10:4", (0, 4, 8)),
        ("8:", (8, 9)),
        ("all", tuple(range(10))),
    ],
)
def test_numbers(text: str, meant: tuple[int, ...]) -> None:
    assert numbers(text, "units", 10) == meant


@pytest.mark.parametrize(
    "text", ["", "x", "-1", "1.5", "3:", ":3", "1:2:3:4", "0:4:0", "all", "1,,2", "٣", "1" * 20]
)
def test_what_is_no_number_is_said(text: str) -> None:
    with pytest.raises(UserError, match="--seeds 0:3"):
        numbers(text, "seeds")


def test_none_outside_and_too_many() -> None:
    with pytest.raises(UserError, match="names none"):
        numbers("4:4", "units", 10)
    with pytest.raises(UserError, match=r"no unit 10\. There are 0 to 9"):
        numbers("0:11", "units", 10)
    with pytest.raises(UserError, match="too many"):
        numbers("0:999999999", "seeds")


def test_recipes_by_name() -> None:
    assert recipe_named() == PRESETS[DEFAULT_RECIPE]
    assert recipe_named("yosinski-2") == PRESETS["yosinski-2"]
    with pytest.raises(UserError, match=r"no recipe 'yosinsky'.*yosinski-"):
        recipe_named("yosinsky")


def test_recipes_of_the_user_s_own_and_of_files(tmp_path: Path) -> None:
    folder = paths.config_dir() / "recipes"
    folder.mkdir()
    (folder / "mine.toml").write_text("[stop]\nsteps = 7\n")
    file = tmp_path / "other.toml"
    file.write_text("[stop]\nsteps = 8\n")
    for recipe, name, steps in (
        (recipe_named("mine"), "mine", 7),
        (recipe_named(str(file)), "other", 8),
    ):
        assert (recipe.name, recipe.stop.steps) == (name, steps)


@pytest.mark.parametrize(
    ("text", "words"),
    [(None, "There is no file"), ("[regularize]\ndecay = 1\n", "regularise"), ("[", "not valid")],
)
def test_a_wrong_recipe_file_is_one_line(tmp_path: Path, text: str | None, words: str) -> None:
    file = tmp_path / "wrong.toml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(UserError, match=words):
        recipe_named(str(file))


def test_settings_change_a_recipe_and_its_name() -> None:
    base = PRESETS["yosinski-3"]
    changed = with_settings(base, ["regularise.decay=0.25", "image.start = randu", "stop.steps=9"])
    assert changed.regularise.decay == 0.25
    assert changed.image.start.value == "randu"
    assert changed.stop.steps == 9
    assert changed.name.startswith("yosinski-3-")
    assert changed.name != with_settings(base, ["stop.steps=9"]).name
    assert with_settings(base, []) == base


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("regularise.decay", "is no setting"),
        ("=1", "is no setting"),
        ("regularise.decay=", "is no setting"),
        ("regularise.dekay=0.1", "regularise.decay"),
        ("regularise.decay=2", "regularise.decay"),
        ("stop.steps=many", "stop.steps"),
    ],
)
def test_a_wrong_setting_is_one_line(setting: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        with_settings(PRESETS["yosinski-3"], [setting])
