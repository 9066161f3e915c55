"""A million points as one picture: the more lie in a pixel, the brighter it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.frames.cv import cv2

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.ui.kit.scatter.cloud import Ints, Window
    from deepvis_app.ui.kit.scatter.stamps import Pixels

    Floats = NDArray[np.float32]
    Counts = NDArray[np.int64]

FAINTEST = 0.22  # how much of its colour a pixel has that holds one point
TOP_SHARE = 0.995  # of the pixels with points; those that hold more are as bright as can be
DIMMED = 0.3  # what is not selected, beside what is


def cells_of(x: Ints, y: Ints, window: Window) -> Ints:
    """Return in which pixel of a window each of the points lies, all of them in it, row by row."""
    cells: Ints = (y - window.top) * np.int32(window.size[0]) + (x - window.left)
    return cells


def counts(cells: Ints, window: Window) -> Counts:
    """Return how many points lie in each pixel, (h, w)."""
    wide, tall = window.size
    return np.bincount(cells, minlength=wide * tall).reshape(tall, wide)


def mean_colours(cells: Ints, colours: Pixels, found: Counts) -> Floats:
    """Return the means of the points' colours (n,) in the pixels that hold some, RGB (m, 3).

    `found` (h, w) are their counts; the pixels come in their order.
    """
    held = np.flatnonzero(found)
    many = found.ravel()[held]
    means = np.empty((len(held), 3), np.float32)
    for channel in range(3):
        levels = colours >> np.uint32(16 - 8 * channel) & np.uint32(255)
        sums = np.bincount(cells, levels, minlength=found.size)
        means[:, channel] = sums[held] / many
    return means


def top_of(found: Counts) -> int:
    """Return the count that is as bright as can be."""
    held = np.bincount(found[found > 0])
    if not len(held):
        return 1
    reached = np.cumsum(held)
    return max(int(np.searchsorted(reached, TOP_SHARE * reached[-1])), 1)


def strengths(found: Counts, top: int) -> Floats:
    """Return counts >= 1 as shares 0..1 of a colour, by their logarithm up to that of `top`."""
    share = np.log(np.arange(1, top + 1, dtype=np.float32)) / np.float32(max(np.log(top), 1e-6))
    table = FAINTEST + (1 - FAINTEST) * share
    return np.asarray(table[np.minimum(found, top) - 1], np.float32)


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
        found: Floats = np.stack(ramp, 1).astype(np.float32)
        return found


def density(
    cells: Ints,
    window: Window,
    inks: Inks,
    colours: Pixels | None = None,
    chosen: NDArray[np.bool_] | None = None,
    top: int | None = None,
    radius: int = 0,
) -> tuple[NDArray[np.uint8], int]:
    """Return a picture (h, w, 3), RGB, of points in pixels (n,) of it, and its brightest count.

    `colours` (n,) are theirs, which are mixed; `chosen` (n,) says which are selected: the
    others are dimmed. `top`: the brightest count, as another part of the same picture has it.
    `radius`: how far a point spreads, where they are few.
    """
    wide, tall = window.size
    shown = np.empty((tall, wide, 3), np.uint8)
    shown[:] = inks.ground
    found = counts(cells, window)
    top = top or top_of(found)
    if chosen is None:
        _lay(shown, cells, found, inks, colours, top, 1.0, radius)
        return shown, top
    for part, share in ((~chosen, DIMMED), (chosen, 1.0)):
        own = None if colours is None else colours[part]
        _lay(shown, cells[part], counts(cells[part], window), inks, own, top, share, radius)
    return shown, top


def _lay(
    shown: NDArray[np.uint8],
    cells: Ints,
    found: Counts,
    inks: Inks,
    colours: Pixels | None,
    top: int,
    share: float,
    radius: int,
) -> None:
    """Lay points over a picture (h, w, 3), as strongly as a share."""
    held = found > 0
    strength = strengths(found[held], top)
    if colours is not None:
        over = mean_colours(cells, colours, found)
    else:
        over = inks.ramp()[np.rint(strength * 255).astype(np.uint8)]
        strength = np.ones_like(strength)
    if radius:
        held, strength, over = _spread(held, strength, over, radius)
    under = shown[held]
    mixed = under + (over - under) * (strength * np.float32(share))[:, None]
    shown[held] = np.rint(mixed).astype(np.uint8)


def _spread(
    held: NDArray[np.bool_], strength: Floats, colours: Floats, radius: int
) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Let every pixel that holds points reach so far.

    Its neighbours are as strong as the strongest around them: a mean would make few points
    fainter. Their colours are mixed.
    """
    side = 2 * radius + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    spread = np.zeros((*held.shape, 4), np.float32)  # colours times strength, and strength
    spread[held] = np.concatenate([colours * strength[:, None], strength[:, None]], 1)
    wider = np.asarray(cv2.dilate(np.ascontiguousarray(spread[..., 3]), kernel))
    sums = np.asarray(cv2.filter2D(spread, -1, kernel.astype(np.float32)))
    reached = wider > 0
    found: Floats = np.asarray(sums[reached], np.float32)
    mixed: Floats = np.divide(found[:, :3], np.maximum(found[:, 3:], 1e-6), dtype=np.float32)
    return reached, np.asarray(wider[reached], np.float32), mixed
