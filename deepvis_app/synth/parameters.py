"""A recipe's settings as a table, for sliders and fields."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from deepvis_app.fields import form_fields
from deepvis_app.synth.recipe import Recipe

if TYPE_CHECKING:
    from deepvis_app.fields import FormField


@cache
def parameters() -> tuple[FormField, ...]:
    """Return all settings of recipes, in their order; their paths are for `Recipe.with_value`."""
    return tuple(field for field in form_fields(Recipe) if field.group)
