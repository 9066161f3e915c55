"""The score of the frames of the last seconds, about the line between both sides."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.ui.kit.plots.drawing import Curve, Drawing
from deepvis_app.ui.kit.plots.plot import Frame, Plot
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from deepvis_app.ui.kit.plots.drawing import Floats

SECONDS = 10.0
LONGEST = 4000
LEAST = 1.5  # of the scale at either side: ±1 are what the taught pictures give on average


class ScoreTrace(Plot):
    """What is above zero, the concept, is in the accent; what is below is muted."""

    def __init__(self) -> None:
        super().__init__(
            "Score over time",
            Frame(gutter=28, above=4, below=4, caption=0),
            height=72,
            empty=("No frame yet", ""),
        )
        self._samples: deque[tuple[float, float]] = deque(maxlen=LONGEST)

    def add(self, at_s: float, score: float) -> None:
        """Take a score at a monotonic time; one of an earlier time starts anew."""
        samples = self._samples
        if samples and at_s < samples[-1][0]:
            samples.clear()
        samples.append((at_s, score))
        while len(samples) > 1 and samples[1][0] < at_s - SECONDS:
            samples.popleft()
        self.redraw_soon()

    def clear(self) -> None:
        self._samples.clear()
        self.redraw()

    def drawing(self) -> Drawing | None:
        if not self._samples:
            return None
        samples = np.array(self._samples, np.float64)
        x = np.maximum(samples[:, 0] - samples[-1, 0], -SECONDS)
        scores = samples[:, 1]
        known = scores[np.isfinite(scores)]
        most = max(LEAST, float(np.abs(known).max(initial=0.0)) * 1.1)
        return Drawing(
            x=(-SECONDS, 0.0),
            y=(-most, most),
            x_word=_ago,
            x_name="time_s",
            curves=(
                Curve("zero", np.array([-SECONDS, 0.0]), np.zeros(2), "line", 1.0, is_told=False),
                *_parts(x, scores),
            ),
            y_ticks=((1.0, "+1"), (0.0, "0"), (-1.0, "−1")),
            x_ticks=(),
            told_word=figure,
        )


def _parts(x: Floats, scores: Floats) -> tuple[Curve, ...]:
    """Return the line in both colours; it changes where it crosses zero."""
    above = np.where(scores >= 0, scores, np.nan)
    below = np.where(scores < 0, scores, np.nan)
    for place in np.flatnonzero(np.diff(np.sign(scores)) != 0):  # no gap where it crosses
        if scores[place] >= 0:
            below[place] = scores[place]
        else:
            above[place] = scores[place]
    is_above = bool(scores[-1] >= 0)
    return (
        Curve("score, it", x, above, has_end=is_above),
        Curve("score, not it", x, below, "muted", has_end=not is_above),
    )


def _ago(time_s: float) -> str:
    return "now" if time_s > -0.005 else f"{-time_s:.1f} s ago"
