"""How the user wants preferred images made and shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

from psygnal import SignalGroupDescriptor

from deepvis_app.synth import DEFAULT_RECIPE, PRESETS

if TYPE_CHECKING:
    from deepvis_app.nets import Unit
    from deepvis_app.synth import Recipe

CHANGED = ", changed"
SEEDS = 9

Value = bool | int | float | str


class Colours(Enum):
    """How the contrast of pictures is shown."""

    AUTO = "auto"  # faint ones stretched, others as they are
    TRUE = "true"
    STRETCHED = "stretched"


@dataclass
class PreferredOptions:
    """The recipe in use and what becomes of the pictures. Evented, main thread only.

    `base` is the recipe as it was chosen, `recipe` what has been made of it; both are the same
    object until a value is changed.
    """

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    base: Recipe = field(default_factory=lambda: PRESETS[DEFAULT_RECIPE])
    recipe: Recipe = field(default_factory=lambda: PRESETS[DEFAULT_RECIPE])
    by_itself: bool = True  # pictures of a picked unit are begun without being asked for
    colours: Colours = Colours.AUTO
    seeds_of: tuple[Unit, int] | None = None  # a unit whose later seeds are looked at: the first

    def first_seed(self, unit: Unit | None) -> int:
        """Return the first of the seeds that are looked at of a unit."""
        return self.seeds_of[1] if self.seeds_of is not None and self.seeds_of[0] == unit else 0

    def open_seed(self, unit: Unit, seed: int) -> None:
        """Look at the pictures of a unit among which this seed is."""
        self.seeds_of = (unit, seed - seed % SEEDS)

    def choose(self, recipe: Recipe) -> None:
        """Use a recipe as it is."""
        self.base = recipe
        self.recipe = recipe

    def change(self, path: str, value: Value) -> None:
        """Change one setting, such as "regularise.decay"; `UserError` where that cannot be."""
        self.recipe = self._named(self.recipe.with_value(path, value))

    def adopt(self, recipe: Recipe, base: Recipe) -> None:
        """Use a recipe that was made of another one, as if its settings had been changed."""
        self.base = base
        self.recipe = self._named(recipe)

    def undo(self) -> None:
        """Go back to the recipe as it was chosen."""
        self.recipe = self.base

    @property
    def is_changed(self) -> bool:
        return self.recipe.key != self.base.key

    def changes(self) -> int:
        """Return how many settings differ from the recipe as it was chosen."""
        chosen, now = settings_of(self.base), settings_of(self.recipe)
        return sum(now[path] != value for path, value in chosen.items())

    def _named(self, recipe: Recipe) -> Recipe:
        if recipe.key == self.base.key:
            return self.base
        return recipe.model_copy(update={"name": f"{self.base.name}{CHANGED}"})


def settings_of(recipe: Recipe) -> dict[str, Value]:
    """Return a recipe's settings by path, choices by their words."""
    groups = recipe.model_dump(mode="json", exclude={"name", "description"})
    return {
        f"{group}.{leaf}": value
        for group, leaves in groups.items()
        for leaf, value in leaves.items()
    }
