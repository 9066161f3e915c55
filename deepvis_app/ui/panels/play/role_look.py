"""What is shown of a picture that a technique takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class RoleLook:
    """One picture: `picture` (H, W, 3), None while there is none; `name` says which it is."""

    key: str
    title: str
    tip: str
    picture: NDArray[np.uint8] | None
    name: str
    can_go: bool = False  # it may be taken away: the technique does without
