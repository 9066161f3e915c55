"""How far a scan is, and what its last pictures gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.corpus.measure import Measured


@dataclass(frozen=True, slots=True, eq=False)
class ScanProgress:
    """Where a scan is: `step` of `total` pictures are done, `faults` of these cannot be read.

    `phase` is "listing" while contents are looked at, then "scanning". `so_far` are the pictures
    of the shard in work, which no file has yet.
    """

    step: int
    total: int
    faults: int = 0
    phase: str = "scanning"
    so_far: SoFar | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SoFar:
    """A shard in work: what its first pictures gave, and their rows in the plan."""

    shard: int
    measured: Measured
    rows: NDArray[np.int64]
