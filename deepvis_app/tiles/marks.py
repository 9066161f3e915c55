"""What of a map is no number: NaN and the infinities, kept apart from every shade."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

NAN, PLUS, MINUS = 1, 2, 3  # 0: a number
WORDS = {NAN: "NaN", PLUS: "∞", MINUS: "−∞"}


def marks_of(values: Tensor) -> Tensor:
    """Return what each value is, uint8 of the same shape: 0, NAN, PLUS or MINUS."""
    marks = values.isnan().to(torch.uint8) * NAN
    marks += values.isposinf().to(torch.uint8) * PLUS
    marks += values.isneginf().to(torch.uint8) * MINUS
    return marks


def array_marks(values: NDArray[np.float32]) -> NDArray[np.uint8] | None:
    """Return the same of an array; None where all are numbers."""
    if np.isfinite(values).all():
        return None
    marks: NDArray[np.uint8] = marks_of(torch.from_numpy(np.array(values))).numpy()
    return marks


def counts(marks: NDArray[np.uint8]) -> dict[str, int]:
    """Return how many of each kind there are, by its word; without those that there are none of."""
    found = {word: int((marks == mark).sum()) for mark, word in WORDS.items()}
    return {word: count for word, count in found.items() if count}
