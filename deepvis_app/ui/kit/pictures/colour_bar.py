"""What the colours of a grid mean in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, nan
from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QFontMetricsF, QPainter
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis_app.tiles import TOP
from deepvis_app.ui.kit.paced import PacedUpdate
from deepvis_app.ui.kit.pixels import rgb_image
from deepvis_app.ui.kit.theme import Size, colour, font
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PyQt6.QtGui import QImage, QPaintEvent

BAR = 6.0
GAP = 8.0
WIDEST = "−88 888"  # that has room, so that the bar does not jump with each frame


@dataclass(frozen=True, slots=True, eq=False)
class Bar:
    """A palette (256, 3) between two values; NaN: every unit has a range of its own."""

    palette: NDArray[np.uint8]
    low: float
    high: float


class ColourBar(QWidget):
    """A palette between its lowest and highest value, one line high."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shades: NDArray[np.uint8] | None = None
        self.span = (nan, nan)  # lowest and highest value
        self._image: QImage | None = None
        self._texts = ("", "", "")
        self._painting = PacedUpdate(self)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_colours(self, palette: NDArray[np.uint8]) -> None:
        """Take a palette (256, 3); its shades are 0..254."""
        if palette is not self.shades:
            self.shades = palette
            self._image = rgb_image(palette[np.newaxis, : TOP + 1])
            self.update()

    def set_range(self, low: float, high: float, signed: bool = False) -> None:
        """Name the ends; NaN: every unit has a range of its own. `signed` names zero too."""
        self.span = (low, high)
        if isfinite(low) and isfinite(high):
            texts = (figure(low), "0" if signed else "", figure(high))
        else:
            texts = ("low", "0" if signed else "", "high")
        if texts != self._texts:
            self._texts = texts
            self._painting.soon()

    def sizeHint(self) -> QSize:
        return QSize(200, 20)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 20)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        if self._image is None:
            return
        painter = QPainter(self)
        painter.setFont(font(Size.CAPTION))
        metrics = QFontMetricsF(painter.font())
        low, zero, high = self._texts
        room = [metrics.horizontalAdvance(max(t, WIDEST, key=len)) for t in (low, high)]
        whole = QRectF(self.rect())
        bar = whole.adjusted(room[0] + GAP, 0, -room[1] - GAP, 0)
        bar.setTop(whole.center().y() - BAR / 2)
        bar.setHeight(BAR)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(bar, self._image)
        painter.setPen(colour("muted"))
        centre, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        painter.drawText(QRectF(0, 0, room[0], whole.height()), int(centre | right), low)
        painter.drawText(QRectF(bar.right() + GAP, 0, room[1], whole.height()), int(centre), high)
        if zero:
            middle = round(bar.center().x())
            painter.fillRect(QRectF(middle, bar.top() - 3, 1, BAR + 6), colour("text"))
