"""What the page shows, as values. Nothing here knows Qt or a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class SumLines:
    """Three bars that add up: all above zero, all below, and these with the bias."""

    plus: float = 0.0
    minus: float = 0.0
    bias: float = 0.0
    total: float = 0.0
    plus_text: str = ""
    minus_text: str = ""
    total_text: str = ""
    plus_note: str = ""
    minus_note: str = ""
    total_note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class UnitRow:
    """One input or output: `layer` and `unit` say where Enter leads, None: nowhere.

    `kernel` and `seen` (rows, columns) are signed and not; `seen` None: it is not shown.
    """

    name: str
    kernel: Floats
    value: float
    text: str
    tip: str
    layer: str | None = None
    unit: int = 0
    seen: Floats | None = None
    picture: Picture | None = None  # what it likes
    note: str = ""  # of which layer it is, where that is not the same for all rows


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A class and the weight with which it reads the unit."""

    name: str
    text: str
    tip: str
    note: str = ""  # the bias, where there is room
