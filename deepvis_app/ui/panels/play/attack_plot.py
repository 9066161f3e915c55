"""Scores by the size of the change: a dot a finished attack."""

from __future__ import annotations

from math import expm1, log1p
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.ui.kit.plots.drawing import Curve, Drawing, Note, floats
from deepvis_app.ui.kit.plots.plot import Frame, Plot
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from deepvis_app.ui.panels.play.attack_look import Attempts

KNEE = 4.0  # sizes below 1 / 4 level lie close to zero, above each doubling takes as much room
LEAST = 8.0  # levels, to which the axis goes at least


class AttackPlot(Plot):
    """The class that was said is muted, the one that is said or aimed at in the accent."""

    def __init__(self) -> None:
        super().__init__(
            "Scores by size of the change",
            Frame(gutter=40, above=8, beside=10, below=8, caption=20),
            height=148,
            empty=("", "A dot for each finished attack"),
        )
        self._attempts: Attempts | None = None

    def set_attempts(self, attempts: Attempts | None) -> None:
        self._attempts = attempts
        self.redraw_soon()

    def attempts(self) -> Attempts | None:
        return self._attempts

    def drawing(self) -> Drawing | None:
        found = self._attempts
        if found is None or not found.levels:
            return None
        places = np.array([place_of(level) for level in found.levels])
        return Drawing(
            x=(0.0, place_of(max(LEAST, *found.levels))),
            y=(0.0, max(1.0, *found.was, *found.is_now)),
            x_word=lambda place: f"ε {level_of(place):.3g}",
            x_name="epsilon place",
            y_word=figure,
            curves=(
                Curve(found.was_name, places, floats(found.was), "muted", has_dots=True),
                Curve(found.now_name, places, floats(found.is_now), "accent", has_dots=True),
            ),
            legend=(Note(found.was_name), Note(found.now_name, "accent")),
            rule=None if found.at is None else place_of(found.at),
        )


def place_of(level: float) -> float:
    """Return where a size in levels of 255 lies on the axis."""
    return log1p(KNEE * level)


def level_of(place: float) -> float:
    return expm1(place) / KNEE
