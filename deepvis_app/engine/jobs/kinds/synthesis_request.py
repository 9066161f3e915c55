"""What preferred images are asked for, and that as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from deepvis_app.errors import UserError
from deepvis_app.nets.layers import Unit
from deepvis_app.reading import MOST_SEED, whole_number
from deepvis_app.synth import (
    ChannelObjective,
    Objective,
    Recipe,
    Sample,
    UnitObjective,
    objective_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable


class Purpose(Enum):
    """What preferred images are wanted for, which says when and how many at a time."""

    LOOK = "look"  # the unit in view
    LAYER = "layer"  # every unit of a layer
    PREFETCH = "prefetch"  # a guess at what is wanted next: only when nothing else is to be done


@dataclass(frozen=True, slots=True)
class SynthesisRequest:
    """Preferred images of one network by one recipe, each once.

    Raises `UserError` where there are none.
    """

    samples: tuple[Sample, ...]
    recipe: Recipe
    purpose: Purpose = Purpose.LOOK

    def __post_init__(self) -> None:
        if not self.samples:
            raise UserError("No picture is asked for", "Choose at least one unit")
        object.__setattr__(self, "samples", tuple(dict.fromkeys(self.samples)))

    @property
    def title(self) -> str:
        """Return for what the pictures are, in a few words."""
        wanted = list(dict.fromkeys(_name(objective_of(s.objective)) for s in self.samples))
        if len(wanted) == 1:
            count = len(self.samples)
            return wanted[0] if count == 1 else f"{wanted[0]}, {count} seeds"
        layers = {unit.layer for s in self.samples if (unit := unit_of(s)) is not None}
        where = next(iter(layers)) if len(layers) == 1 else f"{len(layers)} layers"
        return f"{where}, {len(wanted)} units" if layers else f"{len(wanted)} pictures"


def _name(objective: Objective) -> str:
    """Return what an objective is called; a unit as everywhere in the window."""
    if isinstance(objective, UnitObjective) and objective.unit.position is None:
        return f"{objective.unit.layer} · unit {objective.unit.index}"
    return str(objective)


def unit_of(sample: Sample) -> Unit | None:
    """Return the unit that a picture is for, without a position; None where it is for no unit."""
    match objective_of(sample.objective):
        case UnitObjective(Unit(layer, index)) | ChannelObjective(layer, index):
            return Unit(layer, index)
    return None


def samples_to_data(samples: Iterable[Sample]) -> list[dict[str, Any]]:
    """Return samples as JSON has it; `samples_from_data` reads it."""
    return [
        {
            "objective": objective_of(sample.objective).to_json(),
            "unit": isinstance(sample.objective, Unit),
            "seed": sample.seed,
            "siblings": list(sample.siblings),
        }
        for sample in samples
    ]


def samples_from_data(data: Iterable[dict[str, Any]]) -> tuple[Sample, ...]:
    """Raises `UserError`, `ValueError`, `KeyError` or `TypeError` for anything else."""
    samples = []
    for one in data:
        objective: Unit | Objective = Objective.from_json(one["objective"])
        if one["unit"] and isinstance(objective, UnitObjective):
            objective = objective.unit
        samples.append(
            Sample(objective, _seed(one["seed"]), tuple(map(_seed, one.get("siblings", ()))))
        )
    return tuple(samples)


def _seed(value: object) -> int:
    return whole_number(value, MOST_SEED)


def recipe_to_data(recipe: Recipe) -> str:
    return json.dumps(recipe.model_dump(mode="json"), sort_keys=True)


def recipe_from_data(data: str) -> Recipe:
    """Raises `ValueError` for anything else."""
    return Recipe.model_validate_json(data)
