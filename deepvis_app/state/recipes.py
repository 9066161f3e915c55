"""The recipes to choose from: those that come along and the user's own."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from deepvis_app.errors import UserError, one_line
from deepvis_app.files import free_path, plain_name, write_whole
from deepvis_app.synth import PRESETS, load_recipes, read_recipe
from deepvis_app.synth.recipe import NAME_LETTERS

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.synth import Recipe

OWN = "A recipe of your own"


class RecipeShelf:
    """The user's own lie as TOML files in `folder`; it need not be there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.own: dict[str, Recipe] = {}
        self.problems: tuple[str, ...] = ()
        self.reload()

    def reload(self) -> None:
        """Read the user's own recipes again; what is wrong with them is in `problems`."""
        self.own, self.problems = load_recipes(self._folder)

    def get(self, name: str) -> Recipe | None:
        """Return a recipe by name, the user's own first."""
        return self.own.get(name) or PRESETS.get(name)

    def keep(self, recipe: Recipe, name: str) -> Recipe:
        """Keep a recipe under a name among the user's own and return it so.

        A recipe of that name among the user's own is replaced. Raises `UserError` for a name that
        comes along already, or where the file cannot be written.
        """
        name = " ".join(name.split())
        if name in PRESETS:
            raise UserError(f"“{name}” is a recipe that comes along", "Choose another name")
        if len(name) > NAME_LETTERS:
            cause = f"The name has more than {NAME_LETTERS} letters"
            raise UserError(cause, "Choose a shorter one")
        words = recipe.description if name == recipe.name else OWN
        kept = recipe.model_copy(update={"name": name, "description": words})
        try:
            write_whole(self._file_of(name), kept.to_toml())
        except OSError as error:
            raise UserError(
                f"The recipe cannot be kept ({one_line(error)})", "Make the folder writable"
            ) from error
        self.reload()
        return kept

    def remove(self, name: str) -> None:
        """Remove one of the user's own recipes. Raises `UserError` where its file cannot go."""
        for path in self._files_of(name):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise UserError(
                    f"{path.name} cannot be removed ({one_line(error)})",
                    "Make the folder writable",
                ) from error
        self.reload()

    def _files_of(self, name: str) -> list[Path]:
        return [path for path in self._folder.glob("*.toml") if _name_in(path) == name]

    def _file_of(self, name: str) -> Path:
        """Return the file of a recipe of the user's own, a new one where there is none."""
        there = self._files_of(name)
        return there[0] if there else free_path(self._folder, plain_name(name, "recipe"), ".toml")


def _name_in(path: Path) -> str:
    """Return the name of the recipe in a file, "" where it is none."""
    with suppress(UserError):
        return read_recipe(path).name
    return ""
