"""One unit through the checkpoints of a run: which are shown, and what is said of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.lab.timeline import becoming, reached
from deepvis_app.tiles.signed import common_peak, kernel_colours
from deepvis_app.ui.kit.plots.drawing import Curve, Drawing
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.lab.timeline import Becoming, Reached, Timeline

    Picture = NDArray[np.uint8]

COLUMNS = 8  # steps that are shown side by side
CURVES = (("weights", "run_1"), ("answers", "run_2"), ("selectivity", "run_3"))
PER_SIDE = 2  # of the pictures that excite it most: so many a side
GAP = 1
SIDE = 160  # px of a picture, twice what is seen of it on most screens


@dataclass(frozen=True, slots=True, eq=False)
class UnitTimeline:
    """What is shown of a unit."""

    timeline: Timeline
    unit: int
    becoming: Becoming

    @classmethod
    def of(cls, timeline: Timeline, unit: int) -> UnitTimeline:
        unit = min(max(unit, 0), timeline.unit_count - 1)
        return cls(timeline, unit, becoming(timeline, unit))

    def places(self, chosen: int) -> tuple[int, ...]:
        """Return which checkpoints stand side by side, the chosen one among them.

        They lie evenly by their number; the chosen one takes the place of its nearest, but never
        that of the first or the last.
        """
        count = len(self.timeline.moments)
        places = np.unique(np.linspace(0, count - 1, min(COLUMNS, count)).round().astype(int))
        if chosen in places or len(places) < 3:
            return tuple(places.tolist())
        inner = 1 + int(np.abs(places[1:-1] - chosen).argmin())
        places[inner] = chosen
        return tuple(sorted(set(places.tolist())))

    def weights(self, place: int) -> Picture | None:
        """Return the unit's weights at a checkpoint, (h, w, 3) in one scale for all of them."""
        moments = self.timeline.moments
        if moments[-1].kernels is not None:
            parts = [m.kernels[self.unit] for m in moments if m.kernels is not None]
        else:
            found = [m.weights[self.unit] for m in moments if m.weights is not None]
            parts = [each[None] for each in found]
        if not parts:
            return None
        picture: Picture = kernel_colours(parts[place][None], common_peak(parts) or 1.0)[0]
        return picture

    def best(self, place: int) -> Picture | None:
        """Return the four pictures that excite it most at a checkpoint, as one."""
        pictures = self.timeline.pictures
        top = self.timeline.top(self.unit, place, PER_SIDE**2)
        if pictures is None or not len(top):
            return None
        height, width = pictures.shape[1:3]
        tall, wide = height + GAP, width + GAP
        sheet = np.zeros((PER_SIDE * tall - GAP, PER_SIDE * wide - GAP, 3), np.uint8)
        for k, index in enumerate(top):
            y, x = k // PER_SIDE * tall, k % PER_SIDE * wide
            sheet[y : y + height, x : x + width] = pictures[index]
        return sheet

    def best_words(self, place: int) -> str:
        """Say of what classes these pictures are, the strongest first."""
        timeline = self.timeline
        top = timeline.top(self.unit, place, PER_SIDE**2)
        return ", ".join(_label(timeline, int(timeline.classes[k])) for k in top)

    def drawing(self, place: int) -> Drawing | None:
        """Return the measures over steps; the chosen checkpoint is marked."""
        steps = self.timeline.steps.astype(np.float64)
        if len(steps) < 2:
            return None
        values = (self.becoming.weights, self.becoming.answers, self._selectivity())
        curves = tuple(
            Curve(name, steps, y, shade, has_dots=len(steps) <= 40)
            for (name, shade), y in zip(CURVES, values, strict=True)
            if np.isfinite(y).any()
        )
        if not curves:
            return None
        low = min(0.0, *(float(np.nanmin(curve.y)) for curve in curves))
        return Drawing(
            x=(float(steps[0]), float(steps[-1])),
            y=(low, 1.05),
            x_word=lambda x: f"step {_grouped(round(x))}",
            x_name="step",
            curves=curves,
            mark=float(steps[place]),
        )

    def _selectivity(self) -> NDArray[np.float64]:
        values = self.becoming.selectivity
        largest = np.nanmax(np.abs(values)) if np.isfinite(values).any() else 0.0
        return values / largest if largest > 0 else np.full_like(values, np.nan)

    def words(self) -> tuple[tuple[str, str], ...]:
        """Say when each measure was half way, and nearly there; before it its curve's shade."""
        found, steps = self.becoming, self.timeline.steps
        told = None if found.best is None else _label(self.timeline, found.best)
        last = float(found.selectivity[-1]) if len(found.selectivity) else float("nan")
        named = "" if told is None else f"Tells {told} best, d′ {figure(last)}"
        measures = (
            ("Weights", found.weights),
            ("Answers", found.answers),
            (named, found.selectivity),
        )
        return tuple(
            (shade, f"{name}: {_when(reached(steps, values))}")
            for (_, shade), (name, values) in zip(CURVES, measures, strict=True)
            if name and np.isfinite(values).sum() > 1
        )


def squared(picture: Picture, ground: tuple[int, int, int], side: int = SIDE) -> Picture:
    """Return a picture (h, w, 3) in the middle of a square, enlarged by a whole number.

    So pictures of any size stand below one another. One larger than the square stays as it is.
    """
    height, width = picture.shape[:2]
    times = side // max(height, width)
    if times < 1:
        return picture
    large = picture.repeat(times, 0).repeat(times, 1)
    canvas = np.empty((side, side, 3), np.uint8)
    canvas[:] = ground
    top, left = (side - large.shape[0]) // 2, (side - large.shape[1]) // 2
    canvas[top : top + large.shape[0], left : left + large.shape[1]] = large
    return canvas


def _when(found: Reached) -> str:
    if found.half is None or found.most is None:
        return "as at the beginning"
    return f"half way at step {_grouped(found.half)}, 90 % at {_grouped(found.most)}"


def _label(timeline: Timeline, number: int) -> str:
    return timeline.labels[number] if number < len(timeline.labels) else f"class {number}"


def _grouped(step: int) -> str:
    return f"{step:,}".replace(",", "\u2009")


def step_words(timeline: Timeline, place: int) -> str:
    """Return "step 1 200"."""
    return f"step {_grouped(int(timeline.steps[place]))}"
