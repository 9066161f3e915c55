"""A quantity of every layer over the steps of a run, as columns of pixels that lose no extreme.

Columns lie evenly over the steps, so that they stand under the curves of the same run. Where
several steps fall into one column, what is not finite wins, else the largest: a single step that
went wrong is seen however long the run is. Between two measurements the earlier one goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.tiles.shades import BACKGROUND, TOP

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Whole = NDArray[np.int64]
    Kinds = NDArray[np.uint8]

SAMPLE = 50_000  # values that tell where the lowest percent ends
NUMBER, ABSENT, BAD = 0, 1, 2  # what a value is: ABSENT was not measured, BAD is not finite


@dataclass(frozen=True, slots=True, eq=False)
class StepColumns:
    """A table (S, L) gathered into columns: `values` float32 (L, W), 0 where not a NUMBER.

    `kinds` uint8 (L, W) says what each is. `rows` int64 (W, 2): the first row of the table that a
    column stands for, and the one after its last; `span`: the steps at the left end and the right.
    """

    values: Floats
    kinds: Kinds
    rows: Whole
    span: tuple[float, float]

    def column_of(self, step: float) -> int:
        """Return the column that a step lies in; those outside count to the ends."""
        width = int(self.values.shape[1])
        share = (step - self.span[0]) / (self.span[1] - self.span[0])
        return min(max(floor(share * width), 0), width - 1)


def kinds_of(values: Floats, bad: NDArray[np.floating] | None = None) -> Kinds:
    """Return what each value is; a NaN is BAD only where `bad`, of the same shape, is above zero.

    `bad` counts what was not finite where the value comes from; None: every NaN is BAD.
    """
    kinds = np.where(np.isnan(values), ABSENT if bad is not None else BAD, NUMBER).astype(np.uint8)
    kinds[np.isinf(values)] = BAD
    if bad is not None:
        kinds[bad > 0] = BAD  # false where the count itself was not taken
    return kinds


def gathered(
    steps: Whole, values: Floats, kinds: Kinds, width: int, last: int | None = None
) -> StepColumns:
    """Gather `values` and their `kinds` (S, L) at rising `steps` (S,) into `width` columns.

    They go from the first step to `last`, by default the last that was measured. Raises
    `ValueError` without a step.
    """
    if not len(steps):
        raise ValueError("there are no steps to be gathered")
    values, kinds = _going_on(values, kinds)
    span = float(steps[0]), float(max(int(steps[-1]), last or 0)) + 1.0
    edges = np.linspace(*span, width + 1)[:-1]
    first = np.searchsorted(steps, np.ceil(edges - 1e-9))
    after = np.append(first[1:], len(steps))
    is_held = after <= first  # no step of its own: the one before goes on
    rows = np.stack([np.where(is_held, first - 1, first), np.where(is_held, first, after)], 1)
    shown, marks = values[rows[:, 0]], kinds[rows[:, 0]]
    starts = first[~is_held]
    numbers = np.where(kinds == NUMBER, values, -np.inf)
    shown[~is_held] = np.maximum.reduceat(numbers, starts, axis=0)
    known = np.maximum.reduceat(kinds == NUMBER, starts, axis=0)
    worst = np.maximum.reduceat(kinds, starts, axis=0)
    marks[~is_held] = np.where(worst == BAD, BAD, np.where(known, NUMBER, ABSENT))
    shown[marks != NUMBER] = 0
    return StepColumns(shown.T, marks.T, rows, span)


def log_shades(columns: StepColumns, low: float, high: float) -> NDArray[np.uint8]:
    """Return shades (L, W): `low` (> 0) is the first, `high` the last, equal ratios equal steps.

    Values of at most `low`, so zero too, take the first; what is no number is BACKGROUND.
    """
    logs = np.log(np.maximum(columns.values, np.float32(low)))
    return _as_shades(columns, (logs - np.log(low)) / max(np.log(high / low), 1e-12))


def even_shades(columns: StepColumns, low: float, high: float) -> NDArray[np.uint8]:
    """Return shades (L, W) where equal differences are equal steps."""
    return _as_shades(columns, (columns.values - low) / max(high - low, 1e-12))


def log_range(values: Floats, most: float = 1e6) -> tuple[float, float]:
    """Return a low and a high that finite values above zero lie between, but for the last percent.

    The high is the largest, the low at least that over `most`. Never an empty range.
    """
    known = values[np.isfinite(values) & (values > 0)]
    if not known.size:
        return 1e-3, 1.0
    high = float(known.max())
    low = max(float(np.quantile(known[:: known.size // SAMPLE + 1], 0.01)), high / most)
    return (low, high) if high > low * 1.01 else (low / 2, high * 2)


def _going_on(values: Floats, kinds: Kinds) -> tuple[Floats, Kinds]:
    """Return both with what was not measured replaced by what was before it, if anything was."""
    if not (kinds == ABSENT).any():
        return values, kinds
    places = np.where(kinds == ABSENT, 0, np.arange(len(kinds))[:, None])
    places = np.maximum.accumulate(places, axis=0)
    filled: Floats = np.take_along_axis(values, places, 0)
    known: Kinds = np.take_along_axis(kinds, places, 0)
    return filled, known


def _as_shades(columns: StepColumns, share: NDArray[np.floating]) -> NDArray[np.uint8]:
    shades: NDArray[np.uint8] = np.rint(np.clip(share, 0.0, 1.0) * TOP).astype(np.uint8)
    shades[columns.kinds != NUMBER] = BACKGROUND
    return shades
