"""Recipes as they are named on the command line."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from deepvis_app import paths
from deepvis_app.errors import UserError
from deepvis_app.reading import Unreadable, parse_toml
from deepvis_app.synth import DEFAULT_RECIPE, PRESETS, Recipe, load_recipes, read_recipe


def recipe_named(name: str | None = None) -> Recipe:
    """Return a recipe by its name, bundled or the user's own, or that of a `.toml` file.

    None is the default. Raises `UserError` naming the nearest ones.
    """
    if name is None:
        return PRESETS[DEFAULT_RECIPE]
    if name.endswith(".toml"):
        return _of_file(paths.expanded(name))
    known, problems = known_recipes()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, 3, 0.4) or list(known)
    cause = f"There is no recipe {name!r}"
    raise UserError(
        f"{cause} ({problems[0]})" if problems else cause,
        f"Use {', '.join(near)} or a .toml file",
    )


def known_recipes() -> tuple[dict[str, Recipe], tuple[str, ...]]:
    """Return the recipes by name, bundled and the user's own, and what is wrong with files."""
    own, problems = load_recipes(paths.config_dir() / "recipes")
    return {**own, **PRESETS}, problems


def with_settings(recipe: Recipe, settings: Sequence[str]) -> Recipe:
    """Return a recipe with some settings changed, each given as "group.setting=value".

    It is named after what it is made from and its own key, so that the two cannot be confused.
    """
    changed = recipe
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals or not path.strip() or not text.strip():
            raise UserError(f"{setting!r} is no setting", "Write --set regularise.decay=0.01")
        changed = changed.with_value(path.strip(), _value(text.strip()))
    if changed.key == recipe.key:
        return changed
    return changed.with_value("name", f"{recipe.name}-{changed.key[:6]}")


def _of_file(path: Path) -> Recipe:
    if not path.exists():
        raise UserError(f"There is no file {path}", "Give a recipe's name or file")
    return read_recipe(path)


def _value(text: str) -> object:
    """Return a value as TOML has it; a plain word is itself."""
    try:
        return parse_toml(f"value = {text}")["value"]
    except Unreadable:
        return text
