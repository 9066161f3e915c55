"""A loss along one direction: at none of an update, at all of it, and further."""

from __future__ import annotations

from math import log1p
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.ui.kit.plots.drawing import Curve, Drawing, Note, floats
from deepvis_app.ui.kit.plots.plot import Frame, Plot
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from collections.abc import Sequence

KNEE = 2.0  # lengths below half an update lie close to none; beyond, doublings take as much room


class LinePlot(Plot):
    """A dot a measured length; the update itself has a rule."""

    def __init__(self) -> None:
        super().__init__(
            "Loss along the update",
            Frame(gutter=44, above=8, beside=10, below=8, caption=18),
            height=132,
        )
        self._lengths, self._losses = floats(()), floats(())

    def set_line(self, lengths: Sequence[float], losses: Sequence[float]) -> None:
        """Show losses at `lengths`, in updates, that rise; none: the notice says why."""
        self._lengths, self._losses = floats(lengths), floats(losses)
        self.redraw_soon()

    def drawing(self) -> Drawing | None:
        known = self._losses[np.isfinite(self._losses)]
        if not len(known):
            return None
        low = float(known.min())
        start = float(known[0])
        room = max(start - low, 0.05 * abs(start), 1e-9)
        high = min(float(known.max()), start + 8 * room)  # what runs off is said, not drawn
        return Drawing(
            x=(0.0, log1p(KNEE * float(self._lengths.max()))),
            y=(low, high) if high > low else (low, low + 1.0),
            x_word=_times,
            x_name="length place",
            y_word=figure,
            curves=(
                Curve(
                    "loss",
                    np.log1p(KNEE * self._lengths),
                    self._losses,
                    has_dots=True,
                    joins=True,
                ),
            ),
            rule=log1p(KNEE),
            notes=_beyond(self._losses, high),
        )


def _beyond(newest: np.ndarray, high: float) -> tuple[Note, ...]:
    """Say what of the newest line is not on the plot."""
    most = float(newest[np.isfinite(newest)].max())
    words = [f"↑ {figure(most)}"] if most > high else []
    words += ["not finite further on"] if not np.isfinite(newest).all() else []
    return tuple(Note(text, "bad") for text in words)


def _times(place: float) -> str:
    length = float(np.expm1(place)) / KNEE
    nearest = round(2 * length) / 2
    return "the update" if abs(nearest - 1) < 0.01 else f"{nearest:g} ×"
