"""Trainings beside each other as one picture: accuracy, loss, and how their numbers are spread."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Box = tuple[int, int, int, int]  # left, top, right, bottom
    Colour = tuple[int, int, int]
    Values = NDArray[np.float64]

FINE = 2  # lines are drawn so many times as large, for smooth edges
PANEL_PX, NAME_PX, GAP_PX = (360, 300), 150, 24  # a panel (width, height), the room for names
HEAD_PX, FOOT_PX, LEFT_PX = 74, 54, 48
FONT_PX, SMALL_PX = 14, 12
POWERS, TICKED = 40, 8  # powers of two that are shown at most, and from tick to tick
BACKGROUND, LINE, INK, MUTED = (24, 24, 24), (58, 58, 60), (225, 225, 225), (160, 160, 165)
COLOURS = (
    (76, 194, 255), (255, 180, 84), (123, 216, 143), (214, 140, 255), (255, 122, 122),
    (190, 190, 120), (120, 220, 220), (230, 150, 190),
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class RunLines:
    """What is drawn of a run: steps (n,) with accuracies 0..1 and losses at these, NaN for none.

    `spreads`: of a kind of number, such as "weights", counts by power of two: log2 of the first
    one's lower edge, and the counts.
    """

    name: str
    steps: NDArray[np.int64]
    accuracy: Values  # on held-out examples
    train_loss: Values
    val_loss: Values
    spreads: Mapping[str, tuple[int, NDArray[np.int64]]] = field(default_factory=dict)

    @property
    def gap(self) -> float:
        """The last loss on held-out examples less that on those trained on."""
        both = np.flatnonzero(np.isfinite(self.val_loss) & np.isfinite(self.train_loss))
        return float(self.val_loss[both[-1]] - self.train_loss[both[-1]]) if len(both) else np.nan


def runs_figure(runs: Sequence[RunLines], title: str = "") -> NDArray[np.uint8]:
    """Draw runs, each in a colour of its own, uint8 RGB (height, width, 3).

    Loss is logarithmic, solid on the examples trained on and dashed on those held out; the gap is
    the difference of both at the end. Spreads are over powers of two, each as high as its peak;
    what is smaller than `POWERS` of them below the largest is told at their left end.
    """
    kinds = list(dict.fromkeys(kind for run in runs for kind in run.spreads))
    wide, high = PANEL_PX
    width = LEFT_PX + 2 * (wide + NAME_PX + LEFT_PX) + (wide + GAP_PX if kinds else 0)
    sheet = _Sheet(width, HEAD_PX + high + FOOT_PX)
    if title:
        sheet.text((LEFT_PX, 14), title, INK, FONT_PX + 3)
    box = (LEFT_PX, HEAD_PX, LEFT_PX + wide, HEAD_PX + high)
    _accuracies(sheet, box, runs)
    box = _beside(box, wide + NAME_PX + LEFT_PX)
    _losses(sheet, box, runs)
    if kinds:
        _all_spreads(sheet, _beside(box, wide + NAME_PX + LEFT_PX), runs, kinds)
    return sheet.picture()


def _accuracies(sheet: _Sheet, box: Box, runs: Sequence[RunLines]) -> None:
    axes = _Axes(box, (0, _last(runs)), (0, 1))
    sheet.frame(axes, "accuracy on held-out examples", [(y, f"{100 * y:.0f} %") for y in _PARTS])
    names = []
    for run, colour in _coloured(runs):
        sheet.curve(axes, run.steps, run.accuracy, colour)
        end = _end(run.accuracy)
        told = "none" if np.isnan(end) else f"{100 * end:.1f} %"
        names.append((end, f"{run.name}  {told}", colour))
    sheet.names(axes, names)


_PARTS = (0.0, 0.25, 0.5, 0.75, 1.0)


def _losses(sheet: _Sheet, box: Box, runs: Sequence[RunLines]) -> None:
    values = np.concatenate([np.r_[run.train_loss, run.val_loss] for run in runs])
    usual = values[np.isfinite(values) & (values > 0)]
    low, high = (np.log10(usual.min()), np.log10(usual.max())) if len(usual) else (-1.0, 1.0)
    axes = _Axes(box, (0, _last(runs)), (float(low), max(float(high), float(low) + 0.1)))
    ticks = [(float(t), f"{10.0**t:g}") for t in range(-6, 7) if low <= t <= high]
    sheet.frame(axes, "loss: solid trained on, dashed held out", ticks)
    names = []
    with np.errstate(divide="ignore", invalid="ignore"):
        for run, colour in _coloured(runs):
            sheet.curve(axes, run.steps, np.log10(run.train_loss), colour)
            held_out = np.log10(run.val_loss)
            sheet.curve(axes, run.steps, held_out, colour, is_dashed=True)
            told = "" if np.isnan(run.gap) else f"  gap {run.gap:.2f}"
            names.append((_end(held_out), run.name + told, colour))
    sheet.names(axes, names)


def _all_spreads(sheet: _Sheet, box: Box, runs: Sequence[RunLines], kinds: Sequence[str]) -> None:
    """Draw a row a kind: how often sizes are, at the end, over one axis of powers of two."""
    found = [spread for run in runs for spread in run.spreads.values() if spread[1].any()]
    if not found:
        return
    high = max(first + len(counts) for first, counts in found)
    least = min(first for first, _ in found)
    low = max(least, high - POWERS)
    left, top, right, bottom = box
    row = (bottom - top) // len(kinds)
    for number, kind in enumerate(kinds):
        edge = top + (number + 1) * row
        axes = _Axes((left, edge - row + 20, right, edge), (low, high), (0, 1.05))
        sheet.text((left, edge - row), f"{kind} at the end, by size", INK, SMALL_PX)
        sheet.line([(left, edge), (right, edge)], LINE)
        for run, colour in _coloured(runs):
            counts = _from(low, *run.spreads.get(kind, (low, np.zeros(0, np.int64))))
            if counts.any():
                at = low + 0.5 + np.arange(len(counts))
                sheet.curve(axes, at, counts / counts.max(), colour)
    for tick in range(-(-low // TICKED) * TICKED, high + 1, TICKED):
        x = left + (right - left) * (tick - low) / (high - low)
        sheet.text((x, bottom + 8), f"2^{tick}", MUTED, SMALL_PX, "ma")
    if low > least:
        sheet.text((left, bottom + 26), f"below 2^{low + 1} at the left edge", MUTED, SMALL_PX)


def _from(low: int, first: int, counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return counts from a power of two on, with all that is smaller in the first."""
    if first >= low:
        return np.concatenate([np.zeros(first - low, np.int64), counts])
    beyond = counts[: low - first].sum()
    kept = counts[low - first :].copy()
    if len(kept):
        kept[0] += beyond
    return kept if len(kept) else np.array([beyond], np.int64)


def _coloured(runs: Sequence[RunLines]) -> list[tuple[RunLines, Colour]]:
    return [(run, COLOURS[number % len(COLOURS)]) for number, run in enumerate(runs)]


def _beside(box: Box, way: int) -> Box:
    return box[0] + way, box[1], box[2] + way, box[3]


def _last(runs: Sequence[RunLines]) -> int:
    return max([int(run.steps[-1]) for run in runs if len(run.steps)] or [1])


def _end(values: Values) -> float:
    finite = values[np.isfinite(values)]
    return float(finite[-1]) if len(finite) else float("nan")


@dataclass(frozen=True, slots=True)
class _Axes:
    """Where values are in a box; y upwards. What is beyond the box is drawn at its edge."""

    box: Box
    x: tuple[float, float]
    y: tuple[float, float]

    def at(self, x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.floating]:
        left, top, right, bottom = self.box
        across = (x - self.x[0]) / (self.x[1] - self.x[0] or 1)
        up = np.clip((y - self.y[0]) / (self.y[1] - self.y[0] or 1), 0, 1)
        return np.stack([left + across * (right - left), bottom - up * (bottom - top)], -1)


class _Sheet:
    """A picture that is drawn larger than it will be, so that its lines are smooth."""

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        self._image = Image.new("RGB", (width * FINE, height * FINE), BACKGROUND)
        self._draw = ImageDraw.Draw(self._image)

    def picture(self) -> NDArray[np.uint8]:
        return np.asarray(self._image.resize(self._size, Image.Resampling.LANCZOS))

    def text(
        self, at: tuple[float, float], text: str, colour: Colour, size: int, anchor: str = "la"
    ) -> None:
        font = ImageFont.load_default(size * FINE)
        self._draw.text((at[0] * FINE, at[1] * FINE), text, colour, font, anchor)

    def line(self, points: Sequence[tuple[float, float]], colour: Colour, thick: float = 1) -> None:
        fine = [(x * FINE, y * FINE) for x, y in points]
        self._draw.line(fine, colour, round(thick * FINE), joint="curve")

    def frame(self, axes: _Axes, title: str, ticks: Sequence[tuple[float, str]]) -> None:
        """Draw a panel's title, its lines across, and the last step."""
        left, top, right, bottom = axes.box
        self.text((left, top - 28), title, INK, FONT_PX)
        for y, words in ticks:
            height = float(axes.at(np.array(0.0), np.array(y))[1])
            self.line([(left, height), (right, height)], LINE)
            self.text((left - 6, height), words, MUTED, SMALL_PX, "rm")
        self.text((left, bottom + 8), "step 0", MUTED, SMALL_PX)
        self.text((right, bottom + 8), f"{axes.x[1]:,.0f}".replace(",", " "), MUTED, SMALL_PX, "ra")

    def curve(
        self,
        axes: _Axes,
        x: NDArray[np.generic],
        y: Values,
        colour: Colour,
        *,
        is_dashed: bool = False,
    ) -> None:
        """Draw finite values as a line."""
        is_there = np.isfinite(y)
        points = axes.at(np.asarray(x, float)[is_there], y[is_there])
        if len(points) == 1:
            points = np.repeat(points, 2, 0)
        for piece in _dashes(points) if is_dashed else [points]:
            if len(piece) > 1:
                self.line([(float(a), float(b)) for a, b in piece], colour, 1.5)

    def names(self, axes: _Axes, names: Sequence[tuple[float, str, Colour]]) -> None:
        """Write names to the right of a panel at their curves' ends, none over another."""
        _, top, right, bottom = axes.box
        wanted = []
        for value, words, colour in names:
            y = axes.at(np.array(0.0), np.array(axes.y[0] if np.isnan(value) else value))[1]
            wanted.append((float(y), words, colour))
        line = min(FONT_PX + 4, (bottom - top) / max(len(wanted), 1))
        wanted.sort(key=lambda one: one[0])
        for height, (_, words, colour) in zip(
            _apart([y for y, _, _ in wanted], line, top, bottom), wanted, strict=True
        ):
            self.text((right + 8, height), words, colour, SMALL_PX, "lm")


def _apart(heights: Sequence[float], line: float, top: float, bottom: float) -> list[float]:
    """Return rising heights moved by little so that lines of text have room between two ends."""
    found: list[float] = []
    for number, height in enumerate(heights):
        lowest = found[-1] + line if found else top
        rest = (len(heights) - 1 - number) * line
        found.append(min(max(height, lowest), max(bottom - rest, lowest)))
    return found


DASH_PX = 5.0


def _dashes(points: NDArray[np.floating]) -> list[NDArray[np.floating]]:
    """Cut a line into pieces of `DASH_PX`, and leave out every other one."""
    if len(points) < 2:
        return []
    ways = np.r_[0.0, np.hypot(*np.diff(points, axis=0).T).cumsum()]
    starts = np.arange(0, ways[-1], 2 * DASH_PX)
    pieces = []
    for start in starts:
        inside = points[(ways > start) & (ways < start + DASH_PX)]
        ends = np.array([[np.interp(s, ways, points[:, n]) for n in (0, 1)]
                         for s in (start, min(start + DASH_PX, ways[-1]))])  # fmt: skip
        pieces.append(np.vstack([ends[:1], inside, ends[1:]]))
    return pieces
