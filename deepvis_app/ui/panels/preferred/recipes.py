"""Recipes to the chooser and the parameters; what is changed there to the state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.errors import UserError
from deepvis_app.state.preferred import settings_of
from deepvis_app.synth import DEFAULT_RECIPE, PRESETS
from deepvis_app.ui.kit.choice_popup import Choice, ChoiceGroup

if TYPE_CHECKING:
    from deepvis_app.state.preferred import Value
    from deepvis_app.synth import Recipe
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.preferred.view import PreferredView


class RecipePresenter:
    """Keeps the chooser and the parameters in step with the recipe in use."""

    def __init__(self, view: PreferredView, desk: Desk) -> None:
        self._view = view
        self._options = options = desk.options.preferred
        self._shelf = desk.options.shelf
        self._notices = desk.notices
        chooser = view.recipe
        chooser.opened.connect(self._fill)
        chooser.chosen.connect(self.choose)
        chooser.save_requested.connect(self._keep)
        chooser.reset_requested.connect(options.undo)
        chooser.remove_requested.connect(self._remove)
        view.parameters.changed.connect(self._change)
        options.events.recipe.connect(self.show)
        self.show()

    def choose(self, name: str) -> None:
        """Use a recipe by name; one that is gone changes nothing."""
        recipe = self._shelf.get(name)
        if recipe is not None:
            self._options.choose(recipe)

    def show(self, *_: object) -> None:
        options = self._options
        recipe = options.recipe
        words = recipe.description or "A recipe without a description."
        self._view.recipe.set_recipe(
            recipe.name,
            words,
            is_changed=options.is_changed,
            is_own=not options.is_changed and recipe.name in self._shelf.own,
        )
        self._view.recipe.set_problem("")
        self._show_values()

    def _show_values(self) -> None:
        options = self._options
        self._view.parameters.set_values(settings_of(options.recipe), settings_of(options.base))
        self._view.set_changes(options.changes())

    def _change(self, path: str, value: Value) -> None:
        try:
            self._options.change(path, value)
        except UserError as error:
            self._show_values()
            self._view.recipe.set_problem(str(error))

    def _keep(self, name: str) -> None:
        try:
            kept = self._shelf.keep(self._options.recipe, name)
        except UserError as error:
            self._view.recipe.set_problem(str(error))
            return
        self._options.choose(kept)

    def _remove(self) -> None:
        """Remove the user's own recipe in use and go on with the default one."""
        recipe = self._options.base
        try:
            self._shelf.remove(recipe.name)
        except UserError as error:
            self._view.recipe.set_problem(str(error))
            return
        self._options.choose(PRESETS[DEFAULT_RECIPE])
        self._notices.removed(f"Recipe removed: {recipe.name}", lambda: self._bring_back(recipe))

    def _bring_back(self, recipe: Recipe) -> None:
        try:
            self._options.choose(self._shelf.keep(recipe, recipe.name))
        except UserError as error:
            self._view.recipe.set_problem(str(error))

    def _fill(self) -> None:
        self._shelf.reload()
        groups = [ChoiceGroup("Ready-made", tuple(map(_choice, PRESETS.values())))]
        if self._shelf.own:
            groups.append(ChoiceGroup("Your own", tuple(map(_choice, self._shelf.own.values()))))
        self._view.recipe.set_recipes(groups, self._options.base.name)
        self._view.recipe.set_problem(" ".join(self._shelf.problems))


def _choice(recipe: Recipe) -> Choice:
    return Choice(recipe.name, recipe.name, recipe.description, tip=recipe.description)
