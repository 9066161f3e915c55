"""How many held-out pictures are told right, beside what shuffled labels make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QPainter, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis_app.ui.kit.theme import Size, colour, font

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PyQt6.QtGui import QPaintEvent

HEIGHT, TALL = 38, 20  # of all, and of the highest bar
BINS = 40
LEFT, RIGHT = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
CENTRE = Qt.AlignmentFlag.AlignHCenter
MARGIN = 6.0


class AccuracyBar(QWidget):
    """From 0 to 100%: grey bars are the shufflings, the dot with its bounds is the concept."""

    def __init__(self) -> None:
        super().__init__()
        self._control: NDArray[np.float64] = np.zeros(0)
        self._share: tuple[float, float, float] | None = None
        self._is_better = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Accuracy on held-out pictures")

    def set_accuracy(
        self,
        share: tuple[float, float, float] | None,
        control: NDArray[np.float64],
        *,
        is_better: bool,
    ) -> None:
        """Show an accuracy with its bounds, None for none, and those with shuffled labels."""
        self._share, self._control, self._is_better = share, control, is_better
        self.setToolTip(
            "Dot: held-out pictures told right, with 95% bounds. Grey: the same with shuffled "
            "labels, 100 times"
        )
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, HEIGHT)

    def _x(self, share: float) -> float:
        return MARGIN + share * (self.width() - 2 * MARGIN)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._share is None:
            return
        base = HEIGHT - 13.5
        painter.setPen(QPen(colour("line"), 1))
        painter.drawLine(QPointF(self._x(0), base), QPointF(self._x(1), base))
        self._paint_ticks(painter, base)
        self._paint_control(painter, base)
        self._paint_share(painter, base, *self._share)

    def _paint_ticks(self, painter: QPainter, base: float) -> None:
        painter.setFont(font(Size.CAPTION))
        for share, text in ((0.0, "0"), (0.5, "50%"), (1.0, "100%")):
            x = self._x(share)
            painter.setPen(QPen(colour("line"), 1))
            painter.drawLine(QPointF(x, base), QPointF(x, base + 3))
            painter.setPen(colour("muted"))
            left = min(max(x - 30, 0.0), self.width() - 60)
            side = LEFT if share == 0 else RIGHT if share == 1 else CENTRE
            painter.drawText(QRectF(left, base + 1, 60, 14), int(side), text)

    def _paint_control(self, painter: QPainter, base: float) -> None:
        if not len(self._control):
            return
        counts, edges = np.histogram(self._control, BINS, (0, 1))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("muted", 0.55))
        for count, left, right in zip(counts, edges[:-1], edges[1:], strict=True):
            if count:
                tall = max(TALL * count / counts.max(), 1.5)
                wide = self._x(right) - self._x(left)
                painter.drawRect(QRectF(self._x(left) + 0.5, base - tall, wide - 1, tall))

    def _paint_share(
        self, painter: QPainter, base: float, share: float, low: float, high: float
    ) -> None:
        shade = colour("accent" if self._is_better else "muted")
        y = base - TALL / 2
        painter.setPen(QPen(shade, 2))
        painter.drawLine(QPointF(self._x(low), y), QPointF(self._x(high), y))
        for end in (low, high):
            painter.drawLine(QPointF(self._x(end), y - 4), QPointF(self._x(end), y + 4))
        painter.setPen(QPen(colour("pane"), 2))
        painter.setBrush(shade)
        painter.drawEllipse(QPointF(self._x(share), y), 5.5, 5.5)
