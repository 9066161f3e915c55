"""A layer's histograms through a run: sizes by power of two, and what is no usual number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.lab.log.bins import COUNT, NON_FINITE, SUBNORMAL, ZERO, exponents, size_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.lab.log.run import Ridge

    Whole = NDArray[np.int64]

FIRST = int(exponents()[0])  # log2 of the lower edge of the first bin


@dataclass(frozen=True, slots=True, eq=False)
class LayerSpread:
    """Counts at `steps` (S,): `sizes` (S, 254) by the power of two, see `bins.size_of`.

    `zeros`, `subnormals` and `bad` (S,), infinities and NaN, are beside them; `total` is all.
    """

    steps: Whole
    sizes: Whole
    zeros: Whole
    subnormals: Whole
    bad: Whole

    @property
    def total(self) -> Whole:
        found: Whole = self.sizes.sum(1) + self.zeros + self.subnormals + self.bad
        return found

    def only(self, rows: Whole) -> LayerSpread:
        """Return some of its steps."""
        return LayerSpread(
            self.steps[rows],
            self.sizes[rows],
            self.zeros[rows],
            self.subnormals[rows],
            self.bad[rows],
        )


def layer_spreads(ridge: Ridge, most: int) -> dict[str, LayerSpread]:
    """Return every layer's histograms at `most` steps that lie evenly, the ends among them.

    A layer has only the steps at which one was taken of it; one without any is not there.
    """
    rows = [ridge.rows[place] for place in evenly(ridge.steps, most)]
    steps = np.array([row.step for row in rows], np.int64)
    counts = np.zeros((len(rows), len(ridge.names), COUNT), np.int64)
    for place, row in enumerate(rows):
        layers = np.repeat(np.arange(len(row.ends)), np.diff(row.ends, prepend=0))
        counts[place, layers, row.bins] = row.counts
    found = {name: _layer(steps, counts[:, k]) for k, name in enumerate(ridge.names)}
    return {name: spread for name, spread in found.items() if len(spread.steps)}


def _layer(steps: Whole, counts: Whole) -> LayerSpread:
    known = counts.any(1)
    counts = counts[known]
    return LayerSpread(
        steps[known],
        size_of(counts),
        counts[:, ZERO],
        counts[:, SUBNORMAL],
        counts[:, list(NON_FINITE)].sum(1),
    )


def evenly(steps: Whole, most: int) -> Whole:
    """Return the places of at most `most` steps that lie evenly over them, both ends among them."""
    if len(steps) <= most:
        return np.arange(len(steps), dtype=np.int64)
    wanted = np.linspace(steps[0], steps[-1], most)
    right = np.clip(np.searchsorted(steps, wanted), 1, len(steps) - 1)
    nearer_left = wanted - steps[right - 1] <= steps[right] - wanted
    return np.unique(np.where(nearer_left, right - 1, right))
