"""A unit's maximum and mean over the last seconds."""

from __future__ import annotations

from collections import deque
from math import isfinite
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QPainter, QPen, QPolygonF
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis_app.ui.theme import colour
from deepvis_app.ui.widgets.notice import paint_empty
from deepvis_app.ui.widgets.paced import PacedUpdate
from deepvis_app.ui.widgets.plot_frame import paint_ends, paint_ground, paint_range

if TYPE_CHECKING:
    from PyQt6.QtGui import QPaintEvent

CAPTION = 16.0  # the line of times below
PADDING = 6.0
GUTTER = 44.0  # for the numbers at the left, so that the line does not run through them
LONGEST = 4000  # samples kept: 10 s at 400 a second


class TracePlot(QWidget):
    """Maximum in the accent, mean muted; the lowest and highest value stand at the left."""

    def __init__(self, seconds: float = 10.0, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._seconds = seconds
        self._samples: deque[tuple[float, float, float]] = deque(maxlen=LONGEST)
        self._empty = ("No unit picked", "")
        self._painting = PacedUpdate(self)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Maximum and mean over time")

    def add(self, at_s: float, maximum: float, mean: float) -> None:
        """Take a sample at a monotonic time; one of an earlier time starts anew.

        What is not finite cannot be drawn and is left out.
        """
        if not (isfinite(maximum) and isfinite(mean)):
            return
        samples = self._samples
        if samples and at_s < samples[-1][0]:
            samples.clear()
        samples.append((at_s, maximum, mean))
        while len(samples) > 1 and samples[1][0] < at_s - self._seconds:
            samples.popleft()  # one before the window stays: the line begins at its edge
        self._painting.soon()

    def clear(self) -> None:
        self._samples.clear()
        self.update()

    def set_empty_text(self, text: str, remedy: str = "") -> None:
        self._empty = (text, remedy)
        self.update()

    def span(self) -> tuple[float, float]:
        """Return the lowest and the highest value shown; zero is always between them."""
        values = [value for _, *pair in self._samples for value in pair]
        low, high = min(0.0, *values, 0.0), max(0.0, *values, 0.0)
        return low, high if high > low else low + 1.0

    def sizeHint(self) -> QSize:
        return QSize(240, 84)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 64)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        area = paint_ground(painter, self, CAPTION)
        if not self._samples:
            paint_empty(painter, area, *self._empty)
            return
        span = self.span()
        self._paint_labels(painter, area, span)
        inner = area.adjusted(GUTTER, PADDING, -4, -PADDING)
        for column, shade, width in ((2, "muted", 1.2), (1, "accent", 1.6)):
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colour(shade), width))
            line = self._line(inner, column, span)
            painter.drawPolyline(line)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour(shade))
            painter.drawEllipse(line[len(line) - 1], 2.5, 2.5)  # now

    def _line(self, inner: QRectF, column: int, span: tuple[float, float]) -> QPolygonF:
        low, high = span
        newest = self._samples[-1][0]
        across, down = inner.width() / self._seconds, inner.height() / (high - low)
        line = QPolygonF()
        for sample in self._samples:
            x = max(inner.right() - (newest - sample[0]) * across, inner.left())
            line.append(QPointF(x, inner.bottom() - (sample[column] - low) * down))
        return line

    def _paint_labels(self, painter: QPainter, area: QRectF, span: tuple[float, float]) -> None:
        paint_range(painter, area, span)
        below = QRectF(GUTTER, area.bottom(), self.width() - GUTTER, CAPTION)
        paint_ends(painter, below, f"{self._seconds:g} s ago", "now")
