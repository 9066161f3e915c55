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

    @property
    def is_finite(self) -> bool:
        """False when any activation of the layer is NaN or infinite."""
        return bool(np.isfinite(self.means).all())

    @property
    def low(self) -> float:
        """Lowest finite minimum of a unit; 0 when there is none."""
        finite = self.minima[np.isfinite(self.minima)]
        return float(finite.min()) if finite.size else 0.0

    @property
    def high(self) -> float:
        """Highest finite maximum of a unit; 0 when there is none."""
        finite = self.maxima[np.isfinite(self.maxima)]
        return float(finite.max()) if finite.size else 0.0


def unit_stats(maps: Tensor) -> UnitStats:
    """Measure maps (C, h, w) on their device; one small download."""
    area = (1, 2)
    parts = [maps.amin(area), maps.amax(area), maps.mean(area, dtype=torch.float32)]
    found = torch.stack([part.float() for part in parts]).cpu().numpy()
    found.setflags(write=False)
    return UnitStats(*found)
