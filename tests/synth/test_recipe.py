"""Recipes: reading, refusing, keys, the settings as a table, the presets."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest

from deepvis_app.errors import UserError
from deepvis_app.paths import CONFIGS
from deepvis_app.synth import DEFAULT_RECIPE, PRESETS, Recipe, load_recipes, parameters
from deepvis_app.synth.choices import Form

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.synth import Parameter


@pytest.mark.parametrize("name", PRESETS)
def test_toml_there_and_back(name: str) -> None:
    recipe = PRESETS[name]
    again = Recipe.from_toml(recipe.to_toml())
    assert again == recipe
    assert hash(again) == hash(recipe)
    assert again.key == recipe.key


def test_the_key_is_of_what_determines_the_picture() -> None:
    recipe = Recipe()
    assert recipe.with_value("name", "x").with_value("description", "y").key == recipe.key
    keys = {_changed(recipe, parameter).key for parameter in parameters()} | {recipe.key}
    assert len(keys) == len(parameters()) + 1


def _changed(recipe: Recipe, parameter: Parameter) -> Recipe:
    value = parameter.value(recipe)
    if parameter.kind == "bool":
        return recipe.with_value(parameter.path, not value)
    if parameter.kind == "choice":
        return recipe.with_value(parameter.path, next(c for c in parameter.choices if c != value))
    assert parameter.low is not None
    assert parameter.high is not None
    other = parameter.low + (parameter.high - parameter.low) * 0.3
    return recipe.with_value(parameter.path, int(other) if parameter.kind == "int" else other)


def test_integers_and_floats_are_one_value() -> None:
    text = "regularise = {{blur_radius = {}}}"
    keys = {Recipe.from_toml(text.format(v)).key for v in ("1", "1.0")}
    assert len(keys) == 1


@pytest.mark.parametrize(
    ("text", "key", "near"),
    [
        ("regularise = {dcay = 0.1}", "regularise.dcay", "regularise.decay"),
        ("transfroms = {jitter_px = 3}", "transfroms", "transforms"),
        ("regularise = {jitter_px = 3}", "regularise.jitter_px", "transforms.jitter_px"),
        ("steps = 30", "steps", "stop.steps"),
    ],
)
def test_unknown_keys_are_named_with_the_nearest(text: str, key: str, near: str) -> None:
    with pytest.raises(UserError) as error:
        Recipe.from_toml(text, "mine.toml")
    assert f"mine.toml: there is no setting {key!r}" in error.value.cause
    assert near in error.value.remedy


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("regularise = {decay = 1.5}", ["regularise.decay", "1.5"]),
        ("regularise = {decay = nan}", ["regularise.decay"]),
        ("stop = {steps = 0}", ["stop.steps", "0"]),
        ("step = {policy = 'addam'}", ["step.policy", "'addam'", "'adam'"]),
        ("stop = 3", ["stop"]),
        ("stop = {", ["not valid TOML"]),
    ],
)
def test_wrong_values_are_named(text: str, words: list[str]) -> None:
    with pytest.raises(UserError) as error:
        Recipe.from_toml(text, "mine.toml")
    assert all(word in str(error.value) for word in [*words, "mine.toml"])


PHASE = "image = {parameterisation = 'phase'}\n"
FOURIER = "image = {parameterisation = 'fourier'}\n"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (PHASE + "regularise = {small_norm_percentile = 5}", ["small_norm_percentile", "phase"]),
        (PHASE + "regularise = {contribution_percentile = 5}", ["contribution_percentile"]),
        (PHASE + "regularise = {blur_radius = 1}", ["regularise.blur_radius", "phase"]),
        (PHASE + "regularise = {decay = 0.1}", ["regularise.decay", "phase"]),
        (FOURIER + "regularise = {small_val_percentile = 5}", ["small_val_percentile", "fourier"]),
        ("image = {parameterisation = 'phase', start = 'mean'}", ["image.start", "phase"]),
        ("step = {policy = 'progress01'}", ["step.policy", "probability"]),
        (
            "step = {policy = 'progress'}\ngradient = {normalise = 'rms'}",
            ["step.policy", "gradient.normalise"],
        ),
        ("transforms = {crops = 4, crop_from = 0.2, crop_to = 0.5}", ["transforms.crop_to"]),
    ],
)
def test_contradictions_are_refused_by_name(text: str, names: list[str]) -> None:
    with pytest.raises(UserError) as error:
        Recipe.from_toml(text)
    assert all(name in str(error.value) for name in names)
    assert error.value.remedy


def test_with_value() -> None:
    recipe = Recipe().with_value("regularise.decay", 0.25)
    assert recipe.regularise.decay == 0.25
    assert Recipe().regularise.decay == 0
    assert recipe.with_value("image.parameterisation", Form.FOURIER).image.parameterisation is (
        Form.FOURIER
    )
    with pytest.raises(UserError, match=r"regularise\.dekay"):
        recipe.with_value("regularise.dekay", 0.1)
    with pytest.raises(UserError, match="'nothing'"):
        recipe.with_value("nothing.here", 0.1)
    with pytest.raises(UserError, match="progress01"):
        recipe.with_value("step.policy", "progress01")


def test_parameters_say_all_that_a_control_needs() -> None:
    recipe = Recipe()
    leaves = [
        f"{group}.{leaf}"
        for group, values in recipe.model_dump().items()
        if isinstance(values, dict)
        for leaf in values
    ]
    assert [p.path for p in parameters()] == leaves
    for parameter in parameters():
        assert parameter.title[0].isupper()
        assert parameter.tip.endswith(".")
        assert parameter.kind in {"int", "float", "bool", "choice"}
        value = parameter.value(recipe)
        if parameter.kind in {"int", "float"}:
            assert parameter.low is not None
            assert parameter.high is not None
            assert parameter.low <= float(value) <= parameter.high
        if parameter.kind == "choice":
            assert value in parameter.choices


def test_the_published_numbers() -> None:
    """Yosinski et al. (2015), Table 1, with the rates of the code that came with it."""
    rows = {
        name: (
            recipe.regularise.decay,
            recipe.regularise.blur_radius,
            recipe.regularise.small_norm_percentile,
            recipe.regularise.contribution_abs_percentile,
            recipe.stop.steps,
            recipe.step.policy.value,
        )
        for name, recipe in PRESETS.items()
    }
    assert rows["yosinski-1"] == (0, 0.5, 50, 0, 500, "progress")
    assert rows["yosinski-2"] == (0.3, 0, 20, 0, 750, "constant")
    assert rows["yosinski-3"] == (0.0001, 1.0, 0, 0, 1000, "constant")
    assert rows["yosinski-4"] == (0, 0.5, 0, 90, 1000, "progress")
    for number in (1, 3, 4):
        assert PRESETS[f"yosinski-{number}"].regularise.blur_every == 4
    assert PRESETS["yosinski-1"].step.max_rate == 100
    assert PRESETS["yosinski-1"].step.desired_progress == 2
    assert PRESETS["yosinski-4"].step.max_rate == 1e8
    assert PRESETS["yosinski-2"].step.rate == PRESETS["yosinski-3"].step.rate == 100


def test_presets_are_their_files() -> None:
    files = sorted((CONFIGS / "recipes").glob("*.toml"))
    assert {path.stem for path in files} == set(PRESETS)
    assert next(iter(PRESETS)) == DEFAULT_RECIPE
    for path in files:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        assert values["name"] == path.stem
        assert 20 < len(values["description"]) <= 100
        assert values["description"].endswith(".")


def test_a_users_folder(tmp_path: Path) -> None:
    (tmp_path / "soft.toml").write_text("regularise = {blur_radius = 2}", encoding="utf-8")
    (tmp_path / "twin.toml").write_text('name = "soft"', encoding="utf-8")
    (tmp_path / "wrong.toml").write_text("[regularise]\nblurr_radius = 2", encoding="utf-8")
    (tmp_path / "odd.toml").write_bytes(b"name = '\xff'")
    (tmp_path / "note.txt").write_text("no recipe", encoding="utf-8")
    recipes, problems = load_recipes(tmp_path)
    assert list(recipes) == ["soft"]
    assert recipes["soft"].regularise.blur_radius == 2
    assert [line.split(":")[0].split(" ")[-1] for line in problems] == [
        "odd.toml", "twin.toml", "wrong.toml",
    ]  # fmt: skip
    assert "regularise.blur_radius" in problems[2]
    assert load_recipes(tmp_path / "absent") == ({}, ())


def test_keys_of_recipes_of_old_are_what_they_were() -> None:
    """Read off the version before naturalness: pictures that were kept under them are found."""
    assert PRESETS["clear"].key.startswith("5ae2de2803d5ce95")
    assert PRESETS["yosinski-3"].key.startswith("d316e97389f64f4a")
