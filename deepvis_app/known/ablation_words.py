"""What a unit's absence changes, as one reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.nets import Scale
from deepvis_app.words.figures import MINUS, figure

if TYPE_CHECKING:
    from deepvis_app.engine.readers import AblationReading
    from deepvis_app.nets import Network, Unit


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """A class whose score is another one without the unit."""

    name: str
    before: float
    after: float

    @property
    def text(self) -> str:
        return f"{score_text(self.before)} → {score_text(self.after)}"

    @property
    def difference(self) -> str:
        change = self.after - self.before
        return f"{'+' if change >= 0 else MINUS}{score_text(abs(change))}"


def score_text(value: float) -> str:
    """Return a score, three digits after the point below 10."""
    return f"{value:.3f}".replace("-", MINUS) if abs(value) < 9.9995 else figure(value)


def held_words(unit: Unit, value: float) -> str:
    """Return what is done to a unit: "unit 423 of fire9 is set to zero"."""
    to = "zero" if value == 0 else f"its mean, {figure(value)}"
    return f"unit {unit.index} of {unit.layer} is set to {to}"


def score_changes(reading: AblationReading, network: Network, most: int) -> tuple[ScoreChange, ...]:
    """Return the classes whose scores change most, the largest change first.

    () where the network gives no class scores.
    """
    before, after = reading.before, reading.after
    if before is None or after is None:
        return ()
    change = np.nan_to_num(np.abs(after.astype(np.float64) - before))
    order = np.argsort(-change, kind="stable")[:most]
    return tuple(
        ScoreChange(_name(network, index), float(before[index]), float(after[index]))
        for index in order.tolist()
    )


def _name(network: Network, index: int) -> str:
    if index < len(network.labels):
        return network.labels[index]
    return f"output {index}" if network.scale is Scale.NUMBER else f"class {index}"


NOT_NOTICED = "no score changes by 0.001"


def is_noticed(changes: tuple[ScoreChange, ...]) -> bool:
    """Tell whether any of the changes can be seen in the figures."""
    return any(score_text(one.before) != score_text(one.after) for one in changes)
