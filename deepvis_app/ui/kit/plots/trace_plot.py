"""A unit's maximum and mean over the last seconds."""

from __future__ import annotations

from collections import deque
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.ui.kit.plots.drawing import Band, Curve, Drawing
from deepvis_app.ui.kit.plots.plot import Frame, Plot
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget

    from deepvis_app.ui.kit.plots.drawing import Floats

LONGEST = 4000  # samples kept: 10 s at 400 a second


class TracePlot(Plot):
    """Maximum in the accent, mean muted; the lowest and highest value stand at the left."""

    def __init__(self, seconds: float = 10.0, parent: QWidget | None = None) -> None:
        super().__init__(
            "Maximum and mean over time",
            Frame(beside=4),
            empty=("No unit picked", ""),
            parent=parent,
        )
        self._seconds = seconds
        self._samples: deque[tuple[float, float, float]] = deque(maxlen=LONGEST)

    def add(self, at_s: float, maximum: float, mean: float) -> None:
        """Take a sample at a monotonic time; one of an earlier time starts anew.

        What is not finite is a gap in the line, hatched and named.
        """
        samples = self._samples
        if samples and at_s < samples[-1][0]:
            samples.clear()
        samples.append((at_s, maximum, mean))
        while len(samples) > 1 and samples[1][0] < at_s - self._seconds:
            samples.popleft()  # one before the window stays: the line begins at its edge
        self.redraw_soon()

    def clear(self) -> None:
        self._samples.clear()
        self.redraw()

    def span(self) -> tuple[float, float]:
        """Return the lowest and the highest number shown; zero is always between them."""
        return _span(np.array(self._samples, np.float64).reshape(-1, 3)[:, 1:])

    def gaps(self) -> list[tuple[float, float, str]]:
        """Return (seconds ago, seconds ago, what it was) of each time without a number."""
        found: list[tuple[float, float, str]] = []
        newest, word = self._samples[-1][0], ""
        for at_s, *pair in self._samples:
            before, word = word, next((figure(v) for v in pair if not isfinite(v)), "")
            if before:
                left, _, _ = found[-1]
                found[-1] = left, newest - at_s, before
            if word and word != before:
                found.append((newest - at_s, newest - at_s, word))
        return found

    def drawing(self) -> Drawing | None:
        if not self._samples:
            return None
        samples = np.array(self._samples, np.float64)
        values = samples[:, 1:]
        x = np.maximum(samples[:, 0] - samples[-1, 0], -self._seconds)
        known = np.isfinite(values)
        return Drawing(
            x=(-self._seconds, 0.0),
            y=_span(values),
            x_word=_ago,
            x_name="time_s",
            y_word=figure if known.any() else lambda _: "",
            curves=(
                Curve("maximum", x, values[:, 0], has_end=True),
                Curve("mean", x, values[:, 1], "muted", 1.2, has_end=True),
            ),
            bands=() if known.all() else tuple(Band(-a, -b, w) for a, b, w in self.gaps()),
        )


def _span(values: Floats) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    low, high = float(known.min(initial=0.0)), float(known.max(initial=0.0))
    return low, high if high > low else low + 1.0


def _ago(time_s: float) -> str:
    if time_s > -0.005:
        return "now"
    return f"{-time_s:.2f}".rstrip("0").rstrip(".") + " s ago"
