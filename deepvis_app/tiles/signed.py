"""Signed numbers as pictures: blue above zero, orange below, dark at zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.tiles.overlay import coloured
from deepvis_app.tiles.palette import palette

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Picture = NDArray[np.uint8]

COLOURS = "blue-orange"  # its first shade is blue: signs are turned for it
BAD = (46, 230, 168)  # what is not finite
USUAL = 0.999  # share of sizes that the colours have steps for; the few beyond take the last
SAMPLE = 400_000  # values that are looked at for it


def signed_picture(values: Floats, peak: float) -> Picture:
    """Return numbers (h, w) as colours (h, w, 3), full at plus and minus `peak`."""
    picture = coloured(-values, palette(COLOURS), peak, signed=True)
    is_bad = ~np.isfinite(values)
    if is_bad.any():
        picture[is_bad] = BAD
    return picture


def common_peak(parts: Iterable[Floats], usual: float = USUAL) -> float:
    """Return one full colour for all: what all but a thousandth of the sizes do not exceed.

    0 where all are zero or none is finite.
    """
    sizes = [np.abs(part.ravel()[:: part.size // SAMPLE + 1]) for part in parts if part.size]
    if not sizes:
        return 0.0
    whole = np.concatenate(sizes)
    whole = whole[np.isfinite(whole)]
    if not whole.size:
        return 0.0
    return float(np.quantile(whole, usual)) or float(whole.max())


def strongest(values: Floats, rows: int, columns: int) -> Floats:
    """Return numbers (H, W) as at most (rows, columns), each the one furthest from zero there.

    It keeps its sign. A mean would let a matrix of many weights look like none. What is not
    finite wins.
    """
    found = np.asarray(values, np.float32)
    for axis, wanted in ((0, rows), (1, columns)):
        if found.shape[axis] > wanted:
            starts = np.arange(wanted) * found.shape[axis] // wanted
            high = np.maximum.reduceat(found, starts, axis)
            low = np.minimum.reduceat(found, starts, axis)
            found = np.where(np.abs(low) > np.abs(high), low, high)
    return found


def as_matrix(weights: Floats) -> tuple[Floats, tuple[int, int]]:
    """Return weights (O, I, …) as a matrix, and how many (rows, columns) one kernel has in it.

    A convolution's (O, I, h, w) becomes (O h, I w): kernels lie side by side. Those of few inputs
    and many units lie turned, (I h, O w), see `is_turned`. One number a unit (O,) becomes a row
    (1, O). More dimensions are laid along the columns.
    """
    if weights.ndim < 2:
        return weights.reshape(1, -1), (1, 1)
    if weights.ndim == 4:
        if is_turned(weights.shape):
            weights = weights.transpose(1, 0, 2, 3)
        outputs, inputs, height, width = weights.shape
        flat = weights.transpose(0, 2, 1, 3).reshape(outputs * height, inputs * width)
        return flat, (height, width)
    return weights.reshape(len(weights), -1), (1, 1)


def is_turned(shape: tuple[int, ...]) -> bool:
    """Tell whether `as_matrix` has the units of a convolution side by side, not its inputs."""
    return len(shape) == 4 and shape[0] > 4 * shape[1]


def kernel_colours(kernels: Floats, peak: float) -> Picture:
    """Return kernels (U, C, h, w) as pictures (U, h, w, 3).

    Of three channels they are red, green and blue about a grey that is zero; of one, signed
    colours; of others, the signed sum over the channels, full at the peak of those sums.
    """
    if kernels.shape[1] == 3:
        levels = 127.5 + np.nan_to_num(kernels, posinf=0, neginf=0) * (127.5 / max(peak, 1e-12))
        whole: Picture = np.rint(levels.clip(0, 255)).astype(np.uint8).transpose(0, 2, 3, 1)
        return whole
    flat = kernels.sum(1)
    if kernels.shape[1] > 1:
        peak = common_peak([flat])
    units, height, width = flat.shape
    return signed_picture(flat.reshape(units * height, width), peak).reshape(
        units, height, width, 3
    )


def moved(then: Floats, now: Floats) -> Floats:
    """Return how far each unit's weights (U, …) have gone, (U,) float32.

    The length of the change over the length that they had; NaN where that was zero.
    """
    was = then.reshape(len(then), -1).astype(np.float64)
    change = np.linalg.norm(now.reshape(len(now), -1) - was, axis=1)
    before = np.linalg.norm(was, axis=1)
    found = np.full(len(then), np.nan, np.float32)
    np.divide(change, before, out=found, where=before > 0, casting="same_kind")
    return found
