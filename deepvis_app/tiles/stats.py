"""What a layer's units give on one frame, in three numbers each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class UnitStats:
    """Each unit's minimum, maximum and mean over its map: float32 (units,), read-only."""

    minima: NDArray[np.float32]
    maxima: NDArray[np.float32]
    means: NDArray[np.float32]
    is_finite: bool  # False when any activation of the layer is NaN or infinite
    low: float  # lowest finite minimum of a unit; 0 when there is none
    high: float  # highest finite maximum of a unit; 0 when there is none

    @classmethod
    def of(
        cls,
        minima: NDArray[np.float32],
        maxima: NDArray[np.float32],
        means: NDArray[np.float32],
    ) -> UnitStats:
        """Add what follows from the units' numbers."""
        is_finite = bool(np.isfinite(means).all())
        if is_finite and means.size:
            return cls(minima, maxima, means, True, float(minima.min()), float(maxima.max()))
        lows, highs = minima[np.isfinite(minima)], maxima[np.isfinite(maxima)]
        low = float(lows.min()) if lows.size else 0.0
        high = float(highs.max()) if highs.size else 0.0
        return cls(minima, maxima, means, is_finite, low, high)


def unit_stats(maps: Tensor) -> UnitStats:
    """Measure maps (C, h, w) on their device; one small download."""
    area = (1, 2)
    parts = [maps.amin(area), maps.amax(area), maps.mean(area, dtype=torch.float32)]
    found = torch.stack([part.float() for part in parts]).cpu().numpy()
    found.setflags(write=False)
    return UnitStats.of(*found)
