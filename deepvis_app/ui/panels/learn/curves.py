"""The curves of the runs: what is drawn of each, between which values, and what lies beyond."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from math import inf, isfinite, isnan, log10, nan
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.state.learn import Axis
from deepvis_app.ui.kit.plots.drawing import Curve, Drawing, Edge, Rule
from deepvis_app.ui.kit.plots.ticks import power
from deepvis_app.words.figures import duration, figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from deepvis_app.known.lines import Line
    from deepvis_app.lab.log.run import Run

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

TRAIN = {"loss": ("loss", "train_loss"), "accuracy": ("accuracy", "train_accuracy")}
VAL = "val_"
RAW_ALPHA = 0.22
ROOM = 1.5  # times what nineteen of twenty values stay below
MUCH = 10.0  # times another run's room, beyond which a run is off the scale
MOST_RULES = 8


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A run whose curves are drawn; `start_s`: when it began."""

    name: str
    colour: int
    run: Run
    train: Line | None
    val: Line | None

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for line in (self.train, self.val) if line is not None)

    @property
    def start_s(self) -> float:
        return min((float(line.series.times[0]) for line in self.lines), default=0.0)


@dataclass(frozen=True, slots=True)
class Look:
    """How curves are drawn."""

    axis: Axis = Axis.STEPS
    is_log: bool = False
    is_share: bool = False  # values are shares of 1


def drawing_of(
    shown: Sequence[Shown], look: Look, chosen: Run | None, *, is_whole: bool
) -> Drawing | None:
    """Return the runs' curves; None: there is none. `is_whole`: points that tell are enough."""
    curves = [curve for one in shown for curve in _curves(one, look, is_whole=is_whole)]
    if not curves:
        return None
    ends = [float(curve.x[-1]) for curve in curves if len(curve.x)]
    starts = [float(curve.x[0]) for curve in curves if len(curve.x)]
    left, right = min(starts, default=0.0), max(ends, default=1.0)
    low, high = _span(shown, look)
    return Drawing(
        x=(min(left, 0.0), right if right > left else left + 1.0),
        y=(low, high),
        x_word=lambda x: place_word(x, look.axis),
        x_name=look.axis.value,
        curves=tuple(curves),
        rules=_rules(shown, chosen, look),
        edges=_edges(shown, look, high),
        told_word=(lambda y: figure(10.0**y)) if look.is_log else figure,
        most_told=8,
        ends_differ=True,
    )


def table_of(shown: Sequence[Shown], what: str) -> str:
    """Return all values of the curves as CSV: run, curve, step, seconds since its start, value."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["run", "curve", "step", "seconds", what])
    for one in shown:
        for name, line in (("train", one.train), ("val", one.val)):
            if line is not None:
                s = line.series
                rows = zip(s.steps.tolist(), (s.times - one.start_s).tolist(), s.values.tolist(),
                           strict=True)  # fmt: skip
                writer.writerows([one.name, name, *row] for row in rows)
    return text.getvalue()


def place_of(step: int, run: Run, axis: Axis, line: Line | None) -> float | None:
    """Return where a step stands on an axis; None where the run does not tell."""
    if axis is Axis.STEPS:
        return float(step)
    if axis is Axis.EPOCHS:
        return step / run.about.steps_per_epoch if run.about.steps_per_epoch else None
    if line is None:
        return None
    s = line.series
    return float(np.interp(step, s.steps, s.times) - s.times[0])


def step_at(place: float, run: Run, axis: Axis, line: Line | None) -> int | None:
    """Return the step that stands at a place of an axis."""
    if axis is Axis.STEPS:
        return max(round(place), 0)
    if axis is Axis.EPOCHS:
        per = run.about.steps_per_epoch
        return max(round(place * per), 0) if per else None
    if line is None:
        return None
    s = line.series
    return round(float(np.interp(place, s.times - s.times[0], s.steps)))


def place_word(place: float, axis: Axis) -> str:
    """Return a place of an axis in words."""
    if axis is Axis.STEPS:
        return f"step {round(place):,}".replace(",", "\u2009")
    return f"epoch {place:.2f}" if axis is Axis.EPOCHS else f"after {duration(place)}"


def can_stand(run: Run, axis: Axis) -> bool:
    """Tell whether a run's log says where its steps stand on an axis."""
    return axis is not Axis.EPOCHS or bool(run.about.steps_per_epoch)


def _curves(one: Shown, look: Look, *, is_whole: bool) -> list[Curve]:
    """Return the raw trace faintly, over it the mean, and what was validated dashed."""
    shade, found = f"run_{one.colour}", []
    if not can_stand(one.run, look.axis):
        return []
    if one.train is not None:
        line = one.train
        name = f"{one.name} train"
        if line.window > 1:
            x, y = _points(one, line, line.series.values, line.raw_kept, look, is_whole=is_whole)
            found.append(Curve(name, x, y, shade, 1.0, alpha=RAW_ALPHA, is_told=False))
        x, y = _points(one, line, line.smooth, line.smooth_kept, look, is_whole=is_whole)
        found.append(Curve(name, x, y, shade, has_dots=len(x) == 1))
    if one.val is not None:
        line = one.val
        x, y = _points(one, line, line.series.values, line.raw_kept, look, is_whole=is_whole)
        found.append(
            Curve(f"{one.name} val", x, y, shade, 1.5, is_dashed=True, has_dots=len(x) == 1)
        )
    return found


def _points(
    one: Shown, line: Line, values: Floats, kept: Ints, look: Look, *, is_whole: bool
) -> tuple[Floats, Floats]:
    series = line.series
    chosen = kept if is_whole else slice(None)
    steps, y = series.steps[chosen], values[chosen]
    if look.axis is Axis.STEPS:
        x = steps.astype(np.float64)
    elif look.axis is Axis.EPOCHS:
        x = steps / float(one.run.about.steps_per_epoch)
    else:
        x = series.times[chosen] - one.start_s
    if look.is_log:
        with np.errstate(divide="ignore", invalid="ignore"):
            y = np.log10(y)
    return x, y


def _span(shown: Sequence[Shown], look: Look) -> tuple[float, float]:
    """Return between which values is drawn.

    Upwards as far as nineteen of twenty of a run's values reach and half as much again, or to the
    first one; a run that reaches ten times as far as another is let run off the scale. On a
    logarithmic axis all is drawn.
    """
    if look.is_share:
        return 0.0, 1.0
    known = [e for one in shown for line in one.lines if not isnan((e := line.extent).top)]
    if not known:
        return 0.0, 1.0
    if look.is_log:
        ends = [(log10(e.least), log10(e.top)) for e in known if not isnan(e.least)]
        low = min((low for low, _ in ends), default=0.0)
        high = max((high for _, high in ends), default=1.0)
        return (low, high) if high - low > 0.1 else (low - 0.05, high + 0.05)
    reaches = [min(e.top, max(ROOM * e.high, 1.1 * e.first)) for e in known]
    limit = MUCH * min((reach for reach in reaches if reach > 0), default=1.0)
    high = max((reach for reach in reaches if reach <= limit), default=max(reaches))
    low = min(0.0, *(e.low for e in known))
    return (low, high * 1.03) if high > low else (low, low + 1.0)


def _edges(shown: Sequence[Shown], look: Look, high: float) -> tuple[Edge, ...]:
    """Say of each run what is beyond the upper edge, and from when on it is no number."""
    found = []
    for one in shown:
        if not can_stand(one.run, look.axis):
            continue
        shade = f"run_{one.colour}"
        highest = max(one.lines, key=lambda line: _or_less(line.extent.top))
        if not look.is_log and highest.extent.top > high:
            at = _place(one, highest, highest.extent.peak, look.axis)
            found.append(Edge(at, f"↑ {power(highest.extent.top)}", shade))
        broken = next((line for line in one.lines if line.extent.broken >= 0), None)
        if broken is not None:
            k = broken.extent.broken
            step, value = int(broken.series.steps[k]), float(broken.series.values[k])
            at = _place(one, broken, k, look.axis)
            found.append(Edge(at, f"{figure(value)} from step {step}", shade))
    return tuple(edge for edge in found if not isnan(edge.at))


def _or_less(value: float) -> float:
    return -inf if isnan(value) else value


def _place(one: Shown, line: Line, k: int, axis: Axis) -> float:
    at = place_of(int(line.series.steps[k]), one.run, axis, line)
    return nan if at is None else at


def _rules(shown: Sequence[Shown], chosen: Run | None, look: Look) -> tuple[Rule, ...]:
    """Return what was changed in the run that is looked at."""
    one = next((each for each in shown if each.run is chosen), None)
    if one is None or not can_stand(one.run, look.axis):
        return ()
    line = next(iter(one.lines), None)
    found = [
        Rule(at, mark.text)
        for mark in one.run.marks[-MOST_RULES:]
        if (at := place_of(mark.step, one.run, look.axis, line)) is not None and isfinite(at)
    ]
    return tuple(found)


def smoothing_words(lines: Sequence[Line]) -> str:
    """Say over how many values the means are taken, "" where there are none."""
    windows = sorted({line.window for line in lines if line.window > 1})
    if not windows:
        return ""
    return "mean of " + " to ".join(map(str, dict.fromkeys((windows[0], windows[-1]))))
