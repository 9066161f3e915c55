"""A unit's maximum and mean over the last seconds."""

from __future__ import annotations

from collections import deque
from math import isfinite
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QBrush, QFont, QFontMetricsF, QPainter, QPen, QPolygonF
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis_app.ui.kit.notice import paint_empty
from deepvis_app.ui.kit.paced import PacedUpdate
from deepvis_app.ui.kit.plot_frame import paint_ends, paint_ground, paint_range
from deepvis_app.ui.kit.theme import Size, colour, font
from deepvis_app.words.figures import figure

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

        What is not finite is a gap in the line, hatched and named.
        """
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
        """Return the lowest and the highest number shown; zero is always between them."""
        values = [value for _, *pair in self._samples for value in pair if isfinite(value)]
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
            lines = self._lines(inner, column, span)
            for line in lines:
                painter.drawPolyline(line)
            if isfinite(self._samples[-1][column]):
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colour(shade))
                painter.drawEllipse(lines[-1][len(lines[-1]) - 1], 2.5, 2.5)  # now
        for left, right, word in self.gaps():
            self._paint_gap(painter, inner, left, right, word)

    def gaps(self) -> list[tuple[float, float, str]]:
        """Return (seconds ago, seconds ago, what it was) of each time without a number."""
        found: list[tuple[float, float, str]] = []
        newest, word = self._samples[-1][0], ""
        for at_s, *pair in self._samples:
            before, word = word, next((figure(v) for v in pair if not isfinite(v)), "")
            if before:
                left, _, _ = found[-1]
                found[-1] = left, newest - at_s, before
            if word and word != before:
                found.append((newest - at_s, newest - at_s, word))
        return found

    def _paint_gap(
        self, painter: QPainter, inner: QRectF, left_s: float, right_s: float, word: str
    ) -> None:
        across = inner.width() / self._seconds
        left = max(inner.right() - left_s * across - 1, inner.left())
        band = QRectF(
            left, inner.top(), inner.right() - right_s * across + 1 - left, inner.height()
        )
        painter.fillRect(band, QBrush(colour("bad", 0.6), Qt.BrushStyle.DiagCrossPattern))
        painter.setFont(font(Size.CAPTION, QFont.Weight.DemiBold))
        width = QFontMetricsF(painter.font()).horizontalAdvance(word) + 12
        if width <= band.width():
            pill = QRectF(0, 0, width, 18)
            pill.moveCenter(band.center())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour("control"))
            painter.drawRoundedRect(pill, 4, 4)
            painter.setPen(colour("bad"))
            painter.drawText(pill, int(Qt.AlignmentFlag.AlignCenter), word)

    def _lines(self, inner: QRectF, column: int, span: tuple[float, float]) -> list[QPolygonF]:
        """Return a line for each time with numbers throughout."""
        low, high = span
        newest = self._samples[-1][0]
        across, down = inner.width() / self._seconds, inner.height() / (high - low)
        lines = [QPolygonF()]
        for sample in self._samples:
            if isfinite(sample[column]):
                x = max(inner.right() - (newest - sample[0]) * across, inner.left())
                lines[-1].append(QPointF(x, inner.bottom() - (sample[column] - low) * down))
            elif len(lines[-1]):
                lines.append(QPolygonF())
        return lines

    def _paint_labels(self, painter: QPainter, area: QRectF, span: tuple[float, float]) -> None:
        if any(isfinite(value) for _, *pair in self._samples for value in pair):
            paint_range(painter, area, span)
        painter.setFont(font(Size.CAPTION))
        painter.setPen(colour("muted"))
        below = QRectF(GUTTER, area.bottom(), self.width() - GUTTER, CAPTION)
        paint_ends(painter, below, f"{self._seconds:g} s ago", "now")
