"""A recipe's settings as a table, for sliders and fields."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from deepvis_app.synth.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting. `path` is what `Recipe.with_value` takes; `low` and `high` are None for choices.

    `kind` is "int", "float", "choice" or "bool". `logarithmic` says that a slider should be; one
    whose `low` is 0 then needs a place of its own for it.
    """

    path: str
    group: str
    title: str
    tip: str
    kind: str
    low: float | None = None
    high: float | None = None
    step: float | None = None
    logarithmic: bool = False
    choices: tuple[str, ...] = ()
    unit: str = ""

    def value(self, recipe: Recipe) -> int | float | str | bool:
        """Return a recipe's present value; choices as their text."""
        found: Any = recipe
        for name in self.path.split("."):
            found = getattr(found, name)
        plain: int | float | str | bool = found.value if isinstance(found, Enum) else found
        return plain


@cache
def parameters() -> tuple[Parameter, ...]:
    """Return all settings of recipes, in their order."""
    return tuple(_all())


def _all() -> Iterator[Parameter]:
    for group, field in Recipe.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            for name, leaf in kind.model_fields.items():
                yield _parameter(group, name, leaf)


def _parameter(group: str, name: str, field: FieldInfo) -> Parameter:
    kind = field.annotation
    extra: Any = field.json_schema_extra or {}
    bounds = {
        end: getattr(limit, key)
        for limit in field.metadata
        for key, end in (("ge", "low"), ("gt", "low"), ("le", "high"), ("lt", "high"))
        if getattr(limit, key, None) is not None
    }
    is_choice = isinstance(kind, type) and issubclass(kind, Enum)
    kinds = {int: "int", float: "float", bool: "bool"}
    return Parameter(
        path=f"{group}.{name}",
        group=group,
        title=field.title or name,
        tip=field.description or "",
        kind="choice" if is_choice else kinds[kind],  # type: ignore[index]
        low=bounds.get("low"),
        high=bounds.get("high"),
        step=extra.get("step") or (1 if kind is int else None),
        logarithmic=extra.get("logarithmic", False),
        choices=tuple(str(member.value) for member in kind) if is_choice else (),  # type: ignore[union-attr]
        unit=extra.get("unit", ""),
    )
