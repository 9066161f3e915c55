"""Bars over a mosaic of pictures, and a veil over those tiles whose share is small."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QRect, Qt
from PyQt6.QtGui import QImage

from deepvis_app.ui.kit.pixels import memory
from deepvis_app.ui.kit.theme import colour

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PyQt6.QtGui import QPainter

    from deepvis_app.tiles.geometry import Tiling

BAR_PX = 3
VEIL = 0.82  # how much of a tile is covered whose share is zero


def paint_shares(
    painter: QPainter, tiling: Tiling, shares: NDArray[np.float32], *, dims: bool
) -> None:
    """Paint shares (tiles,) 0..1 over a mosaic whose corner is the painter's origin."""
    if not len(shares):
        return
    pitch = tiling.tile_px[0] + tiling.gap_px, tiling.tile_px[1] + tiling.gap_px
    if dims:
        _paint_veil(painter, tiling, pitch, shares)
    places = np.arange(len(shares))
    tops = places // tiling.columns * pitch[0] + tiling.tile_px[0] - BAR_PX
    lefts = places % tiling.columns * pitch[1]
    wide = tiling.tile_px[1]
    widths = np.rint(shares * wide).astype(np.int64)
    painter.setPen(Qt.PenStyle.NoPen)
    spots = list(zip(lefts.tolist(), tops.tolist(), widths.tolist(), strict=True))
    painter.setBrush(colour("background", 0.75))
    painter.drawRects(*[QRect(x + w, y, wide - w, BAR_PX) for x, y, w in spots if w < wide])
    painter.setBrush(colour("text"))
    if bars := [QRect(x, y, w, BAR_PX) for x, y, w in spots if w]:
        painter.drawRects(*bars)


def _paint_veil(
    painter: QPainter, tiling: Tiling, pitch: tuple[int, int], shares: NDArray[np.float32]
) -> None:
    """Fade tiles towards what they lie on: the gaps between them do not change.

    One pixel a tile, enlarged: a rectangle for each takes several times as long.
    """
    rows = -(-len(shares) // tiling.columns)
    alpha = np.zeros(rows * tiling.columns, np.float32)
    alpha[: len(shares)] = VEIL * (1 - shares)
    ground = colour("background")
    image = QImage(tiling.columns, rows, QImage.Format.Format_ARGB32_Premultiplied)
    shade = np.array([ground.blue(), ground.green(), ground.red(), 255], np.float32)
    pixels = np.rint(alpha[:, None] * shade).astype(np.uint8)
    memory(image)[:] = pixels.reshape(rows, tiling.columns, 4)
    painter.drawImage(QRect(0, 0, tiling.columns * pitch[1], rows * pitch[0]), image)
