"""Two corpora beside each other: what is another for the same units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.bins import AN_OCTAVE, SIDE, ZERO
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.corpus.corpus import Corpus, Patch
    from deepvis_app.corpus.state import LayerState
    from deepvis_app.nets.layers import Unit

    Floats = NDArray[np.float64]

A_BAR = 4  # bins of a histogram that are shown as one: half an octave


@dataclass(frozen=True, slots=True, eq=False)
class LayerChange:
    """What the second corpus is other than the first for a layer's C units; arrays (C,).

    `shift` is the largest difference between the cumulative distributions of scores (0..1; of
    Kolmogorov and Smirnov), within a bin. `mean` and `silent` are the second less the first: mean
    activation over all places, and share of pictures on which the unit is silent.
    """

    layer: str
    pictures: tuple[int, int]
    shift: Floats
    mean: Floats
    silent: Floats


@dataclass(frozen=True, slots=True, eq=False)
class UnitChange:
    """One unit in two corpora.

    `first` and `second` (n,) are shares of pictures by score; `low` and `high` the scores at both
    ends of the bars, which are half an octave wide each, but for the one of zero. `lost` are the
    best pictures of the first that are not among the best of the second, `new` the reverse, `kept`
    how many are in both.
    """

    unit: Unit
    pictures: tuple[int, int]
    first: Floats
    second: Floats
    low: float
    high: float
    lost: tuple[Patch, ...]
    new: tuple[Patch, ...]
    kept: int


def layer_change(first: Corpus, second: Corpus, layer: str) -> LayerChange:
    """Compare a layer. Raises `UserError` where the second has no such layer, or another width."""
    one, other = first.stats(layer), _fitting(first, second, layer)
    found = LayerChange(
        layer, (one.pictures, other.pictures), shifts(one, other),
        other.activation - one.activation, other.silent - one.silent,
    )  # fmt: skip
    for array in (found.shift, found.mean, found.silent):
        array.setflags(write=False)
    return found


def _fitting(first: Corpus, second: Corpus, layer: str) -> LayerState:
    units = first.manner.part(layer).shape[0]
    if layer not in second.layers or second.manner.part(layer).shape[0] != units:
        raise UserError(
            f"{second.name} has no layer {layer} of {units} units",
            "Choose a corpus of this network, or of one with the same layers",
        )
    return second.stats(layer)


def shifts(one: LayerState, other: LayerState) -> Floats:
    """Return the largest difference of the cumulative shares (C,); NaN where one has no scores."""
    parts = []
    for state in (one, other):
        upto = np.cumsum(state.histogram, 1).astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            parts.append(upto / upto[:, -1:])
    return np.asarray(np.abs(parts[0] - parts[1]).max(1))


def unit_change(first: Corpus, second: Corpus, unit: Unit) -> UnitChange:
    """Compare a unit. Raises `UserError` as `layer_change` does."""
    one, other = first.stats(unit.layer), _fitting(first, second, unit.layer)
    bars = [_bars(state.histogram[unit.index]) for state in (one, other)]
    filled = np.flatnonzero((bars[0] > 0) | (bars[1] > 0))
    start, stop = (filled[0], filled[-1] + 1) if len(filled) else (0, 0)
    best = first.top(unit), second.top(unit)
    ids = [{patch.picture for patch in each} for each in best]
    ends = [
        [float(each[unit.index]) for each in (state.lowest, state.highest)]
        for state in (one, other)
        if state.count[unit.index]
    ]
    return UnitChange(
        unit, (one.pictures, other.pictures), bars[0][start:stop], bars[1][start:stop],
        min((low for low, _ in ends), default=0.0), max((high for _, high in ends), default=0.0),
        tuple(patch for patch in best[0] if patch.picture not in ids[1]),
        tuple(patch for patch in best[1] if patch.picture not in ids[0]),
        len(ids[0] & ids[1]),
    )  # fmt: skip


def _bars(histogram: NDArray[np.int64]) -> Floats:
    """Return the shares of a histogram (BINS,), some bins joined; the bin of zero stays alone."""
    assert AN_OCTAVE % A_BAR == 0
    below = histogram[:ZERO].reshape(SIDE // A_BAR, A_BAR).sum(1)
    above = histogram[ZERO + 1 :].reshape(SIDE // A_BAR, A_BAR).sum(1)
    joined = np.concatenate([below, histogram[ZERO : ZERO + 1], above]).astype(np.float64)
    return np.asarray(joined / max(joined.sum(), 1.0))
