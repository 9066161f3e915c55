"""The points of one scalar, as files say them, and the curve that they make."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.lab.log.run import Series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_COLUMNS = (np.int64, np.float64, np.float64)  # of a curve: steps, values, times


class Points:
    """What one file says of a tag, in the order it was written: steps may fall, or be the same."""

    def __init__(self) -> None:
        self.steps, self.values, self.times = array("q"), array("d"), array("d")

    def __len__(self) -> int:
        return len(self.steps)

    def add(self, step: int, value: float, time: float) -> None:
        self.steps.append(step)
        self.values.append(value)
        self.times.append(time)

    def cut(self, step: int) -> None:
        """Forget what was said of a step and all later ones."""
        steps, values, times = self.arrays(step)
        self.steps = array("q", steps.tobytes())
        self.values, self.times = array("d", values.tobytes()), array("d", times.tobytes())

    def arrays(self, before: int | None = None) -> list[NDArray[np.generic]]:
        """Return steps, values and times, those before a step only if one is given."""
        columns = [
            np.array(column, dtype)
            for column, dtype in zip((self.steps, self.values, self.times), _COLUMNS, strict=True)
        ]
        chosen = slice(None) if before is None else columns[0] < before
        return [column[chosen] for column in columns]


def curve(parts: Sequence[Sequence[NDArray[np.generic]]]) -> tuple[Series, int]:
    """Return the curve of what was said one part after the other, and how often steps went back.

    Where they do, a training was begun again from there: what was said last of a step and of those
    after it counts (TensorBoard's rule for its first files). Steps rise, each is there once. Where
    all are 0, nobody gave any, and the values are numbered.
    """
    steps, values, times = (np.concatenate(column) for column in zip(*parts, strict=True))
    if len(steps) > 1 and not steps.any():
        steps = np.arange(len(steps))
    later = np.minimum.accumulate(steps[::-1])[::-1]  # the least from each on
    kept = np.append(steps[:-1] < later[1:], True) if len(steps) else np.zeros(0, bool)
    columns = [column if kept.all() else column[kept] for column in (steps, values, times)]
    for column in columns:
        column.flags.writeable = False
    return Series(*columns), int((np.diff(steps) < 0).sum())
