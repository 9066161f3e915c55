"""What a dream is of: a layer, one of its units, a direction in it, or what a guide shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deepvis_app.errors import UserError, in_brief
from deepvis_app.synth.objectives import (
    ChannelObjective,
    DirectionObjective,
    LayerObjective,
    Objective,
)

if TYPE_CHECKING:
    from deepvis_app.nets import LayerInfo


def aim_of(info: LayerInfo, unit: int, direction: str) -> Objective:
    """Return what is driven up: a direction where there is one, else a unit, else (-1) the layer.

    Raises `UserError` where the layer has them not.
    """
    if direction.strip():
        return DirectionObjective(info.name, vector_of(direction, info.unit_count))
    if unit == -1:
        return LayerObjective(info.name)
    if not 0 <= unit < info.unit_count:
        raise UserError(
            f"{info.name} has no unit {unit}", f"Its units are 0 to {info.unit_count - 1}"
        )
    return ChannelObjective(info.name, unit)


def vector_of(text: str, count: int) -> tuple[float, ...]:
    """Read a direction in a layer of `count` units.

    It is all its numbers, "0.1 0 -2 …", or a list of units, "12 40:-0.5 7": the weight behind the
    colon is 1 where it is left out. Raises `UserError`.
    """
    words = re.split(r"[\s,;]+", text.strip(" \t\n[]()"))
    try:
        if len(words) == count and not any(":" in word for word in words):
            return tuple(float(word) for word in words)
        pairs = [word.partition(":")[::2] for word in words]
        weights = {int(unit): float(weight or 1) for unit, weight in pairs}
    except ValueError as error:
        raise UserError(
            f"{in_brief(text)} is no direction",
            f"Give {count} numbers, or units with weights such as 3 17:-0.5",
        ) from error
    wrong = [unit for unit in weights if not 0 <= unit < count]
    if wrong:
        raise UserError(f"The layer has no unit {wrong[0]}", f"Its units are 0 to {count - 1}")
    return tuple(weights.get(unit, 0.0) for unit in range(count))
