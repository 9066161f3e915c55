"""A unit's map as a translucent picture, to be laid over another one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.frames.cv import cv2
from deepvis_app.tiles import TOP, ZERO, numbers
from deepvis_app.ui.kit.pixels import covered, memory, stretched

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PyQt6.QtCore import QRectF
    from PyQt6.QtGui import QImage

EdgesF = tuple[float, float, float, float]  # top, left, bottom, right


@dataclass(frozen=True, slots=True, eq=False)
class Heat:
    """A map (h, w) in the colours of a palette, more opaque the further it is from nothing.

    `box` is the part of the picture that it covers (None: all of it). Values `low`..`high` take
    the whole palette; `signed` means that zero lies in the palette's middle.
    """

    values: NDArray[np.float32]
    palette: NDArray[np.uint8]
    opacity: float = 0.7
    low: float | None = None
    high: float | None = None
    signed: bool = False
    box: EdgesF | None = None
    smooth: bool = True

    def lay_over(self, image: QImage, area: QRectF) -> None:
        """Blend the map into an RGB32 image, where it fills `area`."""
        part = covered(area) & image.rect()
        nothing = self.opacity <= 0 or not self.values.size  # it is there for its marks
        if nothing or part.isEmpty():
            return
        over = stretched(self.pixels(), area, part, smooth=self.smooth)
        left = cv2.cvtColor(255 - cv2.extractChannel(over, 3), cv2.COLOR_GRAY2BGRA)
        rows = slice(part.top(), part.bottom() + 1)
        under = memory(image)[rows, part.left() : part.right() + 1]
        under[:] = cv2.add(cv2.multiply(under, left, scale=1 / 255), over)
        under[..., 3] = 255

    def pixels(self) -> NDArray[np.uint8]:
        """Return the map as an image holds it (h, w, 4): multiplied by alpha, blue first."""
        values = numbers(np.asarray(self.values, np.float32))
        low, high = self._range(values)
        shades = (values - low) * np.float32(TOP / max(high - low, 1e-12)) + np.float32(0.5)
        inks = _inks(self.palette.tobytes(), self.opacity, self.signed)
        return inks.take(shades.clip(0, TOP + 0.5).astype(np.uint8), axis=0)

    def _range(self, values: NDArray[np.float32]) -> tuple[float, float]:
        """Return the values that take the palette's ends."""
        if self.signed:
            bound = max(abs(self.low or 0.0), abs(self.high or 0.0)) or float(np.abs(values).max())
            return -bound, bound
        low = min(0.0, float(values.min())) if self.low is None else self.low
        return low, float(values.max()) if self.high is None else self.high


@lru_cache(maxsize=8)
def _inks(palette: bytes, opacity: float, signed: bool) -> NDArray[np.uint8]:
    """Return what each shade lays on the picture (TOP + 1, 4): times its alpha, blue first."""
    colours = np.frombuffer(palette, np.uint8).reshape(-1, 3)[: TOP + 1]
    shades = np.arange(TOP + 1)
    strength = np.abs(shades - ZERO) / ZERO if signed else shades / TOP
    alpha = np.rint(np.sqrt(strength) * opacity * 255)  # half as hot is well seen
    covering = np.concatenate([colours[:, ::-1] * (alpha[:, None] / 255), alpha[:, None]], 1)
    return np.asarray(np.rint(covering), np.uint8)
