"""What keys do on a map."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import Qt

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PyQt6.QtGui import QKeyEvent

    from deepvis_app.ui.kit.scatter.cloud import Cloud
    from deepvis_app.ui.kit.scatter.still import View

_K, _M = Qt.Key, Qt.KeyboardModifier
ARROWS = {
    _K.Key_Left: (-1, 0),
    _K.Key_Right: (1, 0),
    _K.Key_Up: (0, -1),
    _K.Key_Down: (0, 1),
}


class Deed(Enum):
    """What a key asks for."""

    PAN = "pan"
    WALK = "walk"  # from the picked point to the next one in a direction
    LARGER = "larger"
    SMALLER = "smaller"
    FIT = "fit"
    OPEN = "open"
    ENCLOSE = "enclose"  # all that is in view
    DROP = "drop"


_PLAIN = {
    _K.Key_Plus: Deed.LARGER,
    _K.Key_Equal: Deed.LARGER,
    _K.Key_Minus: Deed.SMALLER,
    _K.Key_0: Deed.FIT,
    _K.Key_Return: Deed.OPEN,
    _K.Key_Enter: Deed.OPEN,
    _K.Key_Escape: Deed.DROP,
}


def deed_of(event: QKeyEvent) -> Deed | None:
    """Return what a key asks a map for; None where it is none of its keys."""
    keys = event.modifiers() & ~_M.KeypadModifier
    key = event.key()
    if keys & ~_M.ShiftModifier == _M.ControlModifier:
        return Deed.WALK if key in ARROWS else Deed.ENCLOSE if key == _K.Key_A else None
    if keys == _M.ShiftModifier and key == _K.Key_Plus:  # as it is typed on most keyboards
        return Deed.LARGER
    if keys:
        return None
    return Deed.PAN if key in ARROWS else _PLAIN.get(Qt.Key(key))


def next_place(cloud: Cloud, view: View, start: int | None, across: int, down: int) -> int | None:
    """Return the point to walk to from another one; from none: the one nearest the middle."""
    x, y = cloud.raster(view.scale)
    if start is None:
        left, top, right, low = view.window
        near = cloud.inside(view.scale, view.window)
        away = np.abs(2 * x[near] - left - right) + np.abs(2 * y[near] - top - low)
        return int(near[np.argmin(away)]) if len(near) else None
    place = next_in_direction(x, y, start, across, down)
    return place if place is not None and np.isfinite(cloud.given[place]).all() else None


def next_in_direction(
    x: NDArray[np.int32], y: NDArray[np.int32], start: int, across: int, down: int
) -> int | None:
    """Return which of points (n,), (n,) comes next in a direction; None: there is none.

    It is the nearest within 45 degrees of the direction, where what lies aside counts twice.
    """
    wide, tall = x - x[start], y - y[start]
    ahead, aside = wide * across + tall * down, np.abs(wide * down) + np.abs(tall * across)
    found = np.flatnonzero((ahead > 0) & (aside <= ahead))
    if not len(found):
        return None
    return int(found[np.argmin(ahead[found] + 2 * aside[found])])
