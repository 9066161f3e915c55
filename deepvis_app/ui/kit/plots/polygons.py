"""Many points to Qt at once: a list of points takes ten times as long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtGui import QPolygonF
from PyQt6.sip import voidptr

if TYPE_CHECKING:
    from numpy.typing import NDArray


def polygon(x: NDArray[np.floating], y: NDArray[np.floating]) -> QPolygonF:
    """Return the points (n,), (n,) as a polygon with memory of its own."""
    found = QPolygonF()
    found.resize(len(x))
    if len(x):
        pointer = voidptr(found.data(), len(x) * 16, True)
        points = np.frombuffer(pointer, np.float64).reshape(-1, 2)  # type: ignore[call-overload]
        points[:, 0], points[:, 1] = x, y
    return found
