"""How two pictures that are compared are painted: where, at what size, and what is said on them."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QImage, QPainter

from deepvis_app.ui.kit.pictures.aperture import Place
from deepvis_app.ui.kit.pictures.content import Content, Covers
from deepvis_app.ui.kit.pictures.pill import cut_to, paint_pill, pill_size
from deepvis_app.ui.kit.theme import colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.ui.kit.captions import Captions
    from deepvis_app.ui.kit.pictures.zoom import Zoom

KNOB = 15.0  # radius of the handle
MARGIN = 8.0  # about a caption


class Compare(Enum):
    """How two pictures are compared."""

    SPLIT = "split"
    BLINK = "blink"
    BESIDE = "beside"
    DIFFERENCE = "difference"


def fitting(shape: tuple[int, int], wide: int, tall: int) -> QSize:
    """Return at what size pixels (H, W) are shown: the largest whole multiple, else what fits."""
    height, width = shape
    times = min(wide // max(width, 1), tall // max(height, 1))
    if times >= 1:
        return QSize(width * times, height * times)
    size = QSize(width, height).scaled(wide, tall, Qt.AspectRatioMode.KeepAspectRatio)
    return size.expandedTo(QSize(1, 1))


class PartImages:
    """What of pictures is seen in a cell, as images; the last of each is kept while it is right."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[object, tuple[object, ...], QImage]] = {}

    def of(
        self, name: str, picture: NDArray[np.uint8], cell: QSize, zoom: Zoom, ratio: float
    ) -> QImage:
        """Return what of a picture (H, W, 3) is seen; `cell` in pixels of the screen."""
        key = (cell.width(), cell.height(), zoom)
        kept = self._kept.get(name)
        if kept is not None and kept[0] is picture and kept[1] == key:
            return kept[2]
        wide, tall = cell.width() * zoom.times, cell.height() * zoom.times
        whole = QRectF(-zoom.left * wide, -zoom.top * tall, wide, tall)
        content = Content(picture, Place.of(picture.shape, None), smooth=False)
        image = content.image(cell, whole, None, Covers(), ratio)
        self._kept[name] = (picture, key, image)
        return image


def paint_captions(
    painter: QPainter, words: Captions, mode: Compare | None, cells: Sequence[QRectF], second: bool
) -> None:
    """Say on pictures what they are; `second`: of two that are not compared side by side, which."""
    one = cells[0]
    told = {
        Compare.BESIDE: [(one, words.before, False), (cells[-1], words.after, False)],
        Compare.DIFFERENCE: [(one, words.difference, False)],
        Compare.SPLIT: [(one, words.before, False), (one, words.after, True)],
    }
    alone = [(one, words.after if second else words.before, False)]
    left = 0.0  # what stands at the left of the same picture
    for cell, whole, at_right in told.get(mode, alone) if mode is not None else alone:
        text = cut_to(whole, cell.width() - 2 * MARGIN - (left + MARGIN if at_right else 0))
        if text:
            size = pill_size(text)
            x = cell.right() - size.width() - MARGIN if at_right else cell.left() + MARGIN
            paint_pill(painter, QPointF(x, cell.bottom() - size.height() - MARGIN), text, "#ffffff")
            left = size.width()


def paint_handle(painter: QPainter, area: QRectF, x: float) -> None:
    """Paint the line at `x` that parts a picture, and what takes hold of it."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    for wide, shade in ((4.0, colour("halo", 0.5)), (2.0, colour("#ffffff"))):
        painter.setBrush(shade)
        painter.drawRect(QRectF(x - wide / 2, area.top(), wide, area.height()))
    middle = QPointF(x, area.center().y())
    for radius, shade in ((KNOB + 1, colour("halo", 0.5)), (KNOB, colour("#ffffff"))):
        painter.setBrush(shade)
        painter.drawEllipse(middle, radius, radius)
    pen = painter.pen()
    pen.setStyle(Qt.PenStyle.SolidLine)
    pen.setWidthF(1.6)
    pen.setColor(colour("#17181b"))
    painter.setPen(pen)
    for way in (-1, 1):
        tip = middle + QPointF(way * 9, 0)
        painter.drawLine(tip, tip + QPointF(-way * 4, -4))
        painter.drawLine(tip, tip + QPointF(-way * 4, 4))
