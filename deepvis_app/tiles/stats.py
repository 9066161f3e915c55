"""What a layer's units give on one frame, in a few numbers each."""

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
    """Each unit's minimum, maximum and mean over its map: float32 (units,), read-only.

    Where a unit's map holds NaN all three are NaN. `lowest` and `highest` (units,) are of what is
    finite, zero where nothing is.
    """

    minima: NDArray[np.float32]
    maxima: NDArray[np.float32]
    means: NDArray[np.float32]
    lowest: NDArray[np.float32]
    highest: NDArray[np.float32]
    low: float  # the layer's lowest finite activation; 0 when there is none
    high: float  # its highest
    is_finite: bool = True  # False when any activation of the layer is NaN or infinite
    has_numbers: bool = True  # False when none is finite

    @classmethod
    def of(
        cls,
        minima: NDArray[np.float32],
        maxima: NDArray[np.float32],
        means: NDArray[np.float32],
    ) -> UnitStats:
        """Add what follows from the units' numbers where all activations are finite."""
        low, high = (float(minima.min()), float(maxima.max())) if means.size else (0.0, 0.0)
        return cls(minima, maxima, means, minima, maxima, low, high)


def unit_stats(maps: Tensor) -> UnitStats:
    """Measure maps (C, h, w) on their device; one small download, another if not all is finite."""
    area = (1, 2)
    found = _downloaded(maps.amin(area), maps.amax(area), maps.mean(area, dtype=torch.float32))
    if np.isfinite(found[2]).all():  # a sum of finite numbers may overflow, but not the reverse
        return UnitStats.of(*found)
    return _of_numbers(maps, found)


def _of_numbers(maps: Tensor, found: NDArray[np.float32]) -> UnitStats:
    """Look at the finite activations alone, beside each unit's (minima, maxima, means)."""
    finite = maps.isfinite()
    infinity = torch.inf
    lowest, highest, all_finite = _downloaded(
        maps.where(finite, infinity).amin((1, 2)),
        maps.where(finite, -infinity).amax((1, 2)),
        finite.all(2).all(1),
    )
    some = lowest <= highest
    low, high = float(lowest.min(initial=np.inf)), float(highest.max(initial=-np.inf))
    minima, maxima, means = found
    return UnitStats(
        minima,
        maxima,
        means,
        np.where(some, lowest, np.float32(0)),
        np.where(some, highest, np.float32(0)),
        low if some.any() else 0.0,
        high if some.any() else 0.0,
        is_finite=bool(all_finite.all()),
        has_numbers=bool(some.any()),
    )


def _downloaded(*parts: Tensor) -> NDArray[np.float32]:
    found: NDArray[np.float32] = torch.stack([part.float() for part in parts]).cpu().numpy()
    found.setflags(write=False)
    return found
