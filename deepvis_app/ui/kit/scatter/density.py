"""A million points as one picture: the more lie in a pixel, the brighter it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.frames.cv import cv2

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.ui.kit.scatter.cloud import Ints, Window

    Floats = NDArray[np.float32]

FAINTEST = 0.22  # how much of its colour a pixel has that holds one point
TOP_SHARE = 0.995  # of the pixels with points; those that hold more are as bright as can be
SPREAD = 2  # pixels beyond which a point does not reach
DIMMED = 0.3  # what is not selected, beside what is


def counts(x: Ints, y: Ints, window: Window) -> NDArray[np.int64]:
    """Return how many of the points, which all lie in a window, lie in each pixel (h, w)."""
    return _summed(_cells(x, y, window), window).astype(np.int64)


def mean_colours(
    x: Ints, y: Ints, rgb: NDArray[np.uint8], found: NDArray[np.int64], window: Window
) -> Floats:
    """Return the mean of the points' colours (n, 3) in each pixel, (h, w, 3); 0 without any."""
    cells, many = _cells(x, y, window), np.maximum(found, 1)
    sums = [_summed(cells, window, rgb[:, channel]) / many for channel in range(3)]
    return np.stack(sums, 2).astype(np.float32)


def top_of(found: NDArray[np.int64]) -> int:
    """Return the count that is as bright as can be."""
    held = np.bincount(found[found > 0])
    if not len(held):
        return 1
    reached = np.cumsum(held)
    return max(int(np.searchsorted(reached, TOP_SHARE * reached[-1])), 1)


def strengths(found: NDArray[np.int64], top: int) -> Floats:
    """Return counts (h, w) as shares 0..1 of a colour, by their logarithm."""
    whole = np.float32(np.log1p(max(top, 1)))
    share = np.log1p(found.astype(np.float32)) / whole
    least = np.float32(FAINTEST)
    shown = least + (1 - least) * (share - np.log(np.float32(2)) / whole)
    return np.where(found > 0, np.clip(shown, least, 1), 0).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Inks:
    """Colours of a density, RGB: of nothing, of points that have none of their own, of most."""

    ground: tuple[int, int, int]
    ink: tuple[int, int, int]
    most: tuple[int, int, int]

    def ramp(self) -> Floats:
        """Return 256 colours (256, 3): from the ground by the ink to the most."""
        stops = np.array([self.ground, self.ink, self.most], np.float32)
        at = np.linspace(0, 1, 256)
        ramp = [np.interp(at, (0, 0.65, 1), stops[:, channel]) for channel in range(3)]
        return np.stack(ramp, 1).astype(np.float32)


def blended(under: Floats, strength: Floats, colours: Floats) -> Floats:
    """Lay colours (h, w, 3) over others, as strongly as told (h, w)."""
    share = strength[..., None]
    return under + (colours - under) * share


def density(
    x: Ints,
    y: Ints,
    window: Window,
    inks: Inks,
    rgb: NDArray[np.uint8] | None = None,
    chosen: NDArray[np.bool_] | None = None,
    top: int | None = None,
    radius: int = 0,
) -> tuple[NDArray[np.uint8], int]:
    """Return a picture (h, w, 3), RGB, of points (n,), (n,) in a window, and its brightest count.

    `rgb` (n, 3) are their colours, which are mixed; `chosen` (n,) says which are selected: the
    others are dimmed. `top`: the brightest count, as another part of the same picture has it.
    `radius`: how far a point spreads, where they are few.
    """
    top = top or top_of(counts(x, y, window))
    wide, tall = window.size
    shown = np.broadcast_to(np.array(inks.ground, np.float32), (tall, wide, 3))
    layers = ((slice(None), 1.0),) if chosen is None else ((~chosen, DIMMED), (chosen, 1.0))
    for part, share in layers:
        own = None if rgb is None else rgb[part]
        strength, colours = _layer(x[part], y[part], window, inks, own, top)
        if radius:
            strength, colours = _spread(strength, colours, radius)
        shown = blended(shown, strength * np.float32(share), colours)
    return np.rint(shown).astype(np.uint8), top


def _layer(
    x: Ints, y: Ints, window: Window, inks: Inks, rgb: NDArray[np.uint8] | None, top: int
) -> tuple[Floats, Floats]:
    """Return how strongly points colour each pixel (h, w), and the colours (h, w, 3)."""
    found = counts(x, y, window)
    strength = strengths(found, top)
    if rgb is not None:
        return strength, mean_colours(x, y, rgb, found, window)
    shades = np.rint(strength * 255).astype(np.uint8)
    return (found > 0).astype(np.float32), inks.ramp()[shades]


def _spread(strength: Floats, colours: Floats, radius: int) -> tuple[Floats, Floats]:
    """Let every pixel reach so far: its neighbours take the strongest around them, and its colour.

    A mean would make few points fainter; the strongest keeps them.
    """
    side = 2 * radius + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    wider = cv2.dilate(strength, kernel)
    weights = cv2.filter2D(strength, -1, kernel.astype(np.float32))
    sums = cv2.filter2D(colours * strength[..., None], -1, kernel.astype(np.float32))
    mixed = sums / np.maximum(weights, 1e-6)[..., None]
    return np.asarray(wider, np.float32), np.asarray(mixed, np.float32)


def _cells(x: Ints, y: Ints, window: Window) -> NDArray[np.int32]:
    cells: NDArray[np.int32] = (y - window.top) * np.int32(window.size[0]) + (x - window.left)
    return cells


def _summed(
    cells: NDArray[np.int32], window: Window, weights: NDArray[np.uint8] | None = None
) -> NDArray[np.generic]:
    wide, tall = window.size
    return np.bincount(cells, weights, minlength=wide * tall).reshape(tall, wide)
