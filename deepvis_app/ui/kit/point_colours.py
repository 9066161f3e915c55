"""Colours of points on the surround of either theme: for classes, and along a palette."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.tiles import TOP
from deepvis_app.ui.kit.theme import active_theme

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Shades = NDArray[np.uint8]

# The last is of all others. Each stands >= 3 : 1 against the surround; neighbours in order differ
# in lightness too.
DARK = (
    "4f9ff0", "f2953c", "7fc24a", "b98cf2", "e6c34a", "4cc9b6", "ff7b72", "e884bd", "c2a878",
    "8fa3ff", "868c95",
)  # fmt: skip
LIGHT = (
    "1e78d2", "bd5b05", "3f8627", "8a46c4", "8a6a00", "0f7d78", "c9302a", "b83286", "8a5a35",
    "4b57c9", "6f757d",
)  # fmt: skip
DIM = 0.22  # of a palette's dark end, that is lost on a dark surround
DIMMEST = np.uint8(0x48)
PALE = 0.8  # where its bright end begins to be lost on a light one


def class_shades() -> Shades:
    """Return ten colours for classes and one for all others, (11, 3), of the active theme."""
    return _shades(is_dark=active_theme().is_dark)


@lru_cache(maxsize=2)
def _shades(*, is_dark: bool) -> Shades:
    names = DARK if is_dark else LIGHT
    found = np.array([[*bytes.fromhex(name)] for name in names], np.uint8)
    found.setflags(write=False)
    return found


def point_shades(palette: Shades, *, signed: bool = False) -> Shades:
    """Return a palette (256, 3) whose ends all can be seen as points on the surround.

    On a light surround it goes the other way round: there the dark is what stands out. One whose
    middle is zero keeps its direction. The last entry, of what is not known, is the grey of others.
    """
    is_dark = active_theme().is_dark
    share = np.linspace(0, 1, TOP + 1)
    if signed:
        low, high = (0.06, 0.94) if is_dark else (0.12, 0.88)
        at = low + (high - low) * share
    elif is_dark:
        at = DIM + (1 - DIM) * share
    else:
        at = PALE - PALE * share
    found = np.empty((256, 3), np.uint8)
    found[: TOP + 1] = palette[np.round(at * TOP).astype(int)]
    if signed and is_dark:  # zero, dark in most palettes, is seen as well
        found = np.maximum(found, DIMMEST)
    found[TOP + 1 :] = class_shades()[-1]
    found.setflags(write=False)
    return found
