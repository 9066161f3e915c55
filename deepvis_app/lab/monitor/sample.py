"""What was measured of one training step, as its numbers arrive."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis_app.lab.monitor.exponents import RAW, WIDTH, counts_of, raw_counts
from deepvis_app.lab.monitor.plain import groups, norms, plain, size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.lab.log.writer import LogWriter
    from deepvis_app.lab.monitor.late import Late
    from deepvis_app.lab.monitor.parameters import Parameters

NORMS = ("weight", "gradient", "update", "moved")
HISTOGRAMS = {"weights": "weight", "gradients": "gradient", "updates": "update"}


class Sample:
    """Norms and histograms of the parameters, by their numbers, of the step that is being made."""

    def __init__(self, step: int, late: Late) -> None:
        self.step = step
        self.whole = False  # more than the gradients' norms
        self.rows: dict[str, NDArray[Any]] = {}  # what is known by row, (L,)
        self._late = late
        self._squares: dict[str, dict[int, float]] = {}
        self._raw: dict[str, dict[int, NDArray[Any]]] = {}

    # What is measured

    def norms(
        self,
        of: str,
        numbers: Sequence[int],
        tensors: Sequence[Tensor],
        scale: Tensor | None = None,
    ) -> None:
        """Measure ‖·‖₂ of each, divided by a loss scale where the optimiser still has to."""
        values = [plain(each) for each in tensors]
        for group in groups(values):
            found = norms([values[place] for place in group])
            if scale is not None:
                found = found / scale.to(found.device)
            kept = [numbers[place] for place in group]
            here = [values[place] for place in group] if found.device.type == "cpu" else []
            self._late.read(found, partial(self._take_norms, of, kept, here))

    def _take_norms(
        self, of: str, numbers: Sequence[int], here: Sequence[Tensor], found: NDArray[Any]
    ) -> None:
        squares = self._squares.setdefault(of, {})
        squares.update(zip(numbers, (found * found).tolist(), strict=True))
        for number, values in zip(numbers, here, strict=False):
            if not math.isfinite(squares[number]):  # squares of float32 that are beyond it
                squares[number] = float(values.double().square().sum())

    def histogram(
        self,
        of: str,
        numbers: Sequence[int],
        tensors: Sequence[Tensor],
        scale: Tensor | None = None,
    ) -> None:
        """Count the exponents of each."""
        for number, tensor in zip(numbers, tensors, strict=True):
            values = plain(tensor)
            missing = size(tensor) - values.numel() if tensor.is_sparse else 0
            if scale is not None:
                values = values / scale.to(values.device)
            self._late.read(raw_counts(values, missing), partial(self._take_raw, of, number))

    def _take_raw(self, of: str, number: int, raw: NDArray[Any]) -> None:
        self._raw.setdefault(of, {})[number] = raw

    def forget(self, numbers: Sequence[int]) -> None:
        """Drop what was measured of a step that was not taken after all, but for the weights."""
        for known in (self._squares, self._raw):
            for of in {"gradient", "update", "gradients", "updates"} & known.keys():
                for number in numbers:
                    known[of].pop(number, None)

    # What is made of it

    def norm(self, of: str) -> float | None:
        """Return the norm of all that was measured together; None where nothing was."""
        squares = self._squares.get(of)
        return math.sqrt(sum(squares.values())) if squares else None

    def not_finite(self, of: str) -> list[int]:
        """Return the numbers of those whose norm is no number, first ones first."""
        squares = self._squares.get(of, {})
        return sorted(number for number, each in squares.items() if not math.isfinite(each))

    def write(self, log: LogWriter, parameters: Parameters) -> None:
        """Write the row and the histograms."""
        values = {"count": parameters.counts(), **self.rows}
        for of in NORMS:
            if of in self._squares:
                values[of] = np.sqrt(parameters.by_row(self._squares[of]))
        for of, single in HISTOGRAMS.items():
            if of in self._raw:
                values |= self._histogram(log, parameters, of, single)
        log.row("weights", self.step, parameters.rows, values)

    def _histogram(
        self, log: LogWriter, parameters: Parameters, of: str, single: str
    ) -> dict[str, NDArray[Any]]:
        raw = np.zeros((len(parameters.rows), WIDTH), np.int64)
        for number, each in self._raw[of].items():
            raw[parameters.row[number]] += each
        counts = counts_of(self.step, raw)
        log.counts(of, parameters.rows, counts)
        if single == "update":
            return {}
        total = raw[:, :RAW].sum(1)
        unknown = np.where(total > 0, 0.0, np.nan)
        found = {f"{single}_bad": raw[:, [255, 511]].sum(1) + unknown}
        if single == "gradient":
            found["gradient_zero"] = raw[:, RAW] / np.maximum(total, 1) + unknown
        return found
