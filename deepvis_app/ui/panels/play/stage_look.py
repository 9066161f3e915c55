"""What is shown of one stage of the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class StageLook:
    """One stage: its picture (H, W, 3) so far, None before the first; `note`: error or progress."""

    name: str
    picture: NDArray[np.uint8] | None
    note: str
    share: float = 1.0  # of the steps that are done
