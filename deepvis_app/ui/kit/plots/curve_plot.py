"""How a value went over the steps of one or more runs."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.ui.kit.plots.drawing import Curve, Drawing, floats
from deepvis_app.ui.kit.plots.plot import Frame, Plot
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtWidgets import QWidget

    Run = Sequence[float]


class CurvePlot(Plot):
    """One line a run; the pointed-out one in the accent, the others muted.

    A dot and a dashed line stand for what came of the pointed-out one.
    """

    def __init__(self, empty_text: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, Frame(), height=88, empty=("", empty_text), parent=parent)
        self._curves: tuple[Run, ...] = ()
        self._marked: int | None = None
        self._steps = 0
        self._end: tuple[int, float] | None = None

    def set_curves(self, curves: Sequence[Run], steps: int = 0, marked: int | None = None) -> None:
        """Show one value a step for each run; `steps` is where the axis ends (0: the longest)."""
        self._curves = tuple(curves)
        self._steps = max(steps, max((len(curve) for curve in curves), default=0))
        self._marked = marked
        self.redraw_soon()

    def set_end(self, end: tuple[int, float] | None) -> None:
        """Mark a step (0 is the first) and a value; None: no mark."""
        if end != self._end:
            self._end = end
            self.redraw_soon()

    def span(self) -> tuple[float, float]:
        """Return the lowest and the highest finite value shown."""
        end = () if self._end is None else (self._end[1],)
        values = np.concatenate([floats(end), *map(floats, self._curves)])
        values = values[np.isfinite(values)]
        low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
        return (low, high) if high > low else (low, low + 1.0)

    def drawing(self) -> Drawing | None:
        if not any(len(curve) for curve in self._curves):
            return None
        alone = len(self._curves) == 1
        curves = [
            _curve(k, run, is_marked=alone or k == self._marked, alone=alone)
            for k, run in enumerate(self._curves)
        ]
        has_end = self._end is not None and isfinite(self._end[1])
        return Drawing(
            x=(1.0, float(max(self._steps, 2))),
            y=self.span(),
            x_word=self._step_word,
            x_name="step",
            y_word=figure,
            curves=tuple(curves),
            target=(self._end[0] + 1, self._end[1]) if has_end and self._end else None,
        )

    def _step_word(self, step: float) -> str:
        return f"step {min(round(step), self._steps)}"


def _curve(number: int, run: Run, *, is_marked: bool, alone: bool) -> Curve:
    name = "activation" if alone else f"run {number + 1}"
    shade, width = ("accent", 1.6) if is_marked else ("muted", 1.2)
    return Curve(name, np.arange(1.0, len(run) + 1), floats(run), shade, width, joins=True)
