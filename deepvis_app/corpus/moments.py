"""The part of a layer's state that says how its units' scores are spread: small enough to ship."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from deepvis_app.corpus.state import LayerState


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Sums over pictures of C units' scores, as in `LayerState`; all arrays are (C,)."""

    count: NDArray[np.int64]
    total: NDArray[np.float64]
    squares: NDArray[np.float64]
    highest: NDArray[np.float32]

    @classmethod
    def of(cls, state: LayerState) -> Moments:
        return cls(state.count, state.total, state.squares, state.highest)

    @property
    def mean(self) -> NDArray[np.float64]:
        """(C,) mean score."""
        return self.total / np.maximum(self.count, 1)

    @property
    def deviation(self) -> NDArray[np.float64]:
        """(C,) standard deviation of the scores, of the pictures themselves (not n - 1)."""
        spread: NDArray[np.float64] = self.squares / np.maximum(self.count, 1) - self.mean**2
        return np.sqrt(np.maximum(spread, 0.0))


def packed(moments: Moments) -> dict[str, NDArray[np.generic]]:
    """Return moments as named arrays, for a file."""
    return {field.name: getattr(moments, field.name) for field in fields(moments)}


def unpacked(arrays: Mapping[str, NDArray[np.generic]]) -> Moments:
    """Return what `packed` made arrays of. Raises `KeyError` for anything else."""
    kinds = (np.int64, np.float64, np.float64, np.float32)
    names = (field.name for field in fields(Moments))
    count, total, squares, highest = (
        arrays[name].astype(kind) for name, kind in zip(names, kinds, strict=True)
    )
    return Moments(count, total, squares, highest)
