"""How much of a gradient is signal: its mean over sampled steps beside its spread."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis_app.lab.monitor.plain import groups, norms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.lab.monitor.sample import Sample
    from deepvis_app.lab.monitor.shared import Shared

STEPS = 10  # sampled steps that are taken together


class Noise:
    """Adds gradients up over `STEPS` sampled steps: ‖mean g‖² / (mean ‖g‖² − ‖mean g‖²) a row."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._sums: dict[int, Tensor] = {}
        self._squares: dict[int, float] = {}  # summed over the steps
        self._steps = 0

    def add(self, sample: Sample, gradients: Mapping[int, Tensor]) -> None:
        """Take a step's gradients, which are ours to keep; at the last one fill the row."""
        if gradients.keys() != self._sums.keys():  # at the first, and where others take part
            self._sums, self._squares, self._steps = dict(gradients), {}, 0
        else:
            for number, gradient in gradients.items():
                self._sums[number].add_(gradient)
        self._read(gradients if self._steps else self._sums, self._squares)
        self._steps += 1
        if self._steps == STEPS:
            means: dict[int, float] = {}
            self._read(self._sums, means)
            self._shared.late.then(partial(self._tell, sample, self._squares, means))
            self._sums = {}

    def _read(self, tensors: Mapping[int, Tensor], into: dict[int, float]) -> None:
        numbers, values = list(tensors), list(tensors.values())
        for group in groups(values):
            found = norms([values[place] for place in group])
            here = [numbers[place] for place in group]
            self._shared.late.read(found, partial(_add_squares, into, here))

    def _tell(self, sample: Sample, squares: dict[int, float], sums: dict[int, float]) -> None:
        signal = self._shared.parameters.by_row(sums) / STEPS**2
        spread = self._shared.parameters.by_row(squares) / STEPS - signal
        known = np.isfinite(signal) & (spread > 0)
        sample.rows["noise"] = np.where(known, signal / np.where(known, spread, 1.0), np.nan)


def _add_squares(into: dict[int, float], numbers: Sequence[int], found: NDArray[Any]) -> None:
    for number, value in zip(numbers, found.tolist(), strict=True):
        into[number] = into.get(number, 0.0) + value * value
