"""What is known of a preferred image, each measure with its name and where it is explained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app.synth import ChannelObjective, UnitObjective, objective_of
from deepvis_app.synth.choices import Place, Quantity
from deepvis_app.synth.scores import NATURAL_SLOPE
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deepvis_app.nets import Network, Unit
    from deepvis_app.synth import Objective, Recipe

NAMES = {  # of the scores, in their order
    "activation": "Maximum of the map",
    "excess": "Above photographs",
    "kept": "Kept when changed",
    "rank": "Rank in the layer",
    "slope": "Slope of the spectrum",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known of a picture; with a topic it has a "?"."""

    name: str
    value: str
    topic: str = ""


def topic_of(score: str) -> str:
    """Return under what a score is explained."""
    return f"score-{score}"


def quantity_of(target: Unit | Objective, recipe: Recipe, network: Network | None) -> str:
    """Return what of a unit a recipe drives, such as "mean of the map"."""
    objective = objective_of(target)
    if recipe.objective.quantity is Quantity.PROBABILITY:
        return "probability in its layer"
    if isinstance(objective, ChannelObjective):
        return "mean of the map"
    if not isinstance(objective, UnitObjective):
        return "what the recipe drives"
    unit = objective.unit
    if network is not None and network.layer(unit.layer).map_size == (1, 1):
        return "activation"
    if unit.position is not None:
        return f"map at {unit.position}"
    is_whole = recipe.objective.place is Place.CHANNEL
    return "mean of the map" if is_whole else "centre of the map"


def score_facts(
    scores: Mapping[str, float | None], target: Unit | Objective, network: Network | None
) -> list[Fact]:
    """Return the scores there are as a person reads them."""
    found = ((name, scores.get(name)) for name in NAMES)
    return [
        Fact(NAMES[name], _value(name, value, target, network), topic_of(name))
        for name, value in found
        if value is not None
    ]


def _value(name: str, value: float, target: Unit | Objective, network: Network | None) -> str:
    if name == "activation":
        at = "" if network is None else " at {2} × {1} px".format(*network.input_shape)
        return figure(value) + at
    if name == "excess":
        return f"{figure(value)} of the best one’s height"
    if name == "kept":
        return f"{value:.0%}"
    if name == "rank":
        objective = objective_of(target)
        layer = objective.unit.layer if isinstance(objective, UnitObjective) else ""
        return f"{value:.0f}" + (
            f" of {network.layer(layer).unit_count}" if network is not None and layer else ""
        )
    return f"{figure(value)}, of photographs {figure(NATURAL_SLOPE)}"
