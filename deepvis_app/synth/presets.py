"""The recipes that come along, and those of a user's own folder."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from deepvis_app.errors import UserError, in_short
from deepvis_app.paths import CONFIGS
from deepvis_app.reading import Unreadable, read_text
from deepvis_app.synth.recipe import NAME_LETTERS, Recipe

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DEFAULT_RECIPE = "clear"


def read_recipe(path: Path) -> Recipe:
    """Return the recipe in a TOML file; one without a name has that of its file.

    Raises `UserError`.
    """
    try:
        text = read_text(path)
    except (OSError, Unreadable) as error:
        raise UserError(
            f"Cannot read {path.name}: {in_short(error)}", "Save it anew, or remove it"
        ) from error
    recipe = Recipe.from_toml(text, path.name)
    if "name" in recipe.model_fields_set:
        return recipe
    return recipe.with_value("name", path.stem[:NAME_LETTERS])


def load_recipes(folder: Path) -> tuple[dict[str, Recipe], tuple[str, ...]]:
    """Read every `*.toml` of a folder: recipes by name, and one line a file that is wrong.

    A recipe without a name has that of its file. A folder that is not there holds none.
    """
    recipes: dict[str, Recipe] = {}
    problems = []
    for path in sorted(folder.glob("*.toml")):
        try:
            recipe = read_recipe(path)
        except UserError as error:
            problems.append(str(error))
            continue
        if recipe.name in recipes:
            problems.append(f"{path.name}: a recipe {recipe.name!r} is there already. Rename it.")
        recipes.setdefault(recipe.name, recipe)
    return recipes, tuple(problems)


def _bundled() -> Mapping[str, Recipe]:
    recipes, problems = load_recipes(CONFIGS / "recipes")
    if problems:
        raise UserError(problems[0], "Install deepvis again")
    first = {DEFAULT_RECIPE: recipes.pop(DEFAULT_RECIPE)}
    return MappingProxyType(first | recipes)


PRESETS: Mapping[str, Recipe] = _bundled()
