"""A unit's map as a translucent picture, to be laid over another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.tiles import TOP, ZERO, numbers
from deepvis_app.ui.kit.pixels import rgba_image

if TYPE_CHECKING:
    from numpy.typing import NDArray
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

    def image(self) -> QImage:
        """Return the map as an image of its own size with alpha."""
        values = numbers(np.asarray(self.values, np.float32))
        shades = self._shades(values)
        picture = np.empty((*values.shape, 4), np.uint8)
        picture[..., :3] = self.palette[np.rint(shades * TOP).astype(np.uint8)]
        strength = np.abs(shades * TOP - ZERO) / ZERO if self.signed else shades
        alpha = np.sqrt(np.clip(strength, 0, 1)) * self.opacity  # half as hot is well seen
        picture[..., 3] = np.rint(alpha * 255)
        return rgba_image(picture)

    def _shades(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.signed:
            bound = max(abs(self.low or 0.0), abs(self.high or 0.0)) or float(np.abs(values).max())
            low, high = -bound, bound
        else:
            low = min(0.0, float(values.min())) if self.low is None else self.low
            high = float(values.max()) if self.high is None else self.high
        share: NDArray[np.float32] = (values - low) / np.float32(max(high - low, 1e-12))
        return share.clip(0, 1)
