"""Why an explanation cannot be drawn where NaN or infinity is in the way."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def holds_numbers(found: NDArray[np.float32]) -> bool:
    """Tell whether any value of a map is finite."""
    return bool(np.isfinite(found).any())


def why_no_numbers(found: NDArray[np.float32], score: float) -> str:
    """Say why a map of a unit with that score says nothing; "" where that has other reasons."""
    if not isfinite(score) and not found[np.isfinite(found)].any():
        return "The unit gives NaN or infinity on this picture: no gradient explains that."
    if not holds_numbers(found):
        return "The unit gives a number, but what comes back is NaN or infinite everywhere."
    return ""
