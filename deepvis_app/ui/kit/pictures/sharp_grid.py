"""Small pictures that stay sharp: every one of their pixels is as many of the screen's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.ui.kit.pictures.picture_grid import PictureGrid
from deepvis_app.ui.kit.pixels import rgb_image

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PyQt6.QtCore import QSize
    from PyQt6.QtGui import QImage


class SharpGrid(PictureGrid):
    """Cells are the largest whole multiple of their pictures that there is room for.

    `most_px` is the greatest width of a cell. Pictures larger than a cell are averaged.
    """

    most_px = 120

    def _cell_width(self, width: int) -> float:
        room = min(super()._cell_width(width), self.most_px)
        wide = next((c.picture.shape[1] for c in self.cells() if c.picture is not None), 1)
        return max(room // wide, 1) * wide if wide <= room else max(int(room), 1)

    def _scaled(self, index: int, picture: NDArray[np.uint8], size: QSize) -> QImage:
        times = min(size.width() // picture.shape[1], size.height() // picture.shape[0])
        if times < 1:
            return super()._scaled(index, picture, size)
        while len(self._images) <= index:
            self._images.append((None, rgb_image(picture)))
        known, image = self._images[index]
        if known is not picture or image.size() != size:
            large = picture.repeat(times, 0).repeat(times, 1)
            image = rgb_image(np.ascontiguousarray(large))
            self._images[index] = (picture, image)
        return image
