"""In which settings two recipes differ, in the words of their controls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app.synth import parameters
from deepvis_app.words.figures import MINUS

if TYPE_CHECKING:
    from deepvis_app.fields import FormField
    from deepvis_app.synth import Recipe

    Value = bool | int | float | str

OFF = "off"
_CAN_BE_OFF = ("regularise", "transforms")  # groups whose zeros switch something off
_DEPENDS = {"regularise.blur_every": "regularise.blur_radius"}  # means nothing where that is off


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting by its title, as it is and as it was."""

    title: str
    now: str
    was: str

    def __str__(self) -> str:
        return f"{self.title} {self.now} (was {self.was})"


def differences(recipe: Recipe, base: Recipe) -> tuple[Difference, ...]:
    """Return what is different in `recipe`, in the order of the settings."""
    return tuple(
        Difference(each.title, setting_text(each, now), setting_text(each, was))
        for each in parameters()
        if (now := each.value(recipe)) != (was := each.value(base)) and _matters(each, recipe)
    )


def setting_text(parameter: FormField, value: Value) -> str:
    """Return "16 px", "± 0.1", "off", "on"."""
    if isinstance(value, bool):
        return "on" if value else OFF
    if isinstance(value, str):
        return value.replace("_", " ")
    if value == 0 and parameter.group in _CAN_BE_OFF:
        return OFF
    number = f"{value:.3g}".replace("-", MINUS)
    if parameter.unit.startswith("±"):
        return f"± {number}{parameter.unit[1:].replace(' ', '')}"
    unit = (
        parameter.unit.partition(" of ")[0] if parameter.unit.startswith("px") else parameter.unit
    )
    return f"{number} {unit}".strip()


def _matters(parameter: FormField, recipe: Recipe) -> bool:
    other = _DEPENDS.get(parameter.path)
    return other is None or any(p.path == other and p.value(recipe) for p in parameters())
