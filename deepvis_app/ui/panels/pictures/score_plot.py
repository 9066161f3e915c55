"""How a unit's scores are spread over all pictures, with the live value among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QFontMetricsF, QPainter, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis_app.ui.kit.theme import Size, colour, font
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PyQt6.QtGui import QPaintEvent

HEIGHT = 44
CAPTION = 16


class ScorePlot(QWidget):
    """Bars (log counts), the median dashed, what is shown above tinted, the live value a line."""

    def __init__(self) -> None:
        super().__init__()
        self._bars: NDArray[np.float64] = np.zeros(0)
        self._ends = (0.0, 1.0)
        self._median: float | None = None
        self._shown: tuple[float, float] | None = None
        self._shown_words = ""
        self._live: float | None = None
        self.setAccessibleName("Scores of all pictures")
        self.setFixedHeight(HEIGHT + CAPTION)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(
            "How many pictures give the unit which highest activation; heights are log(1 + count)"
        )

    def set_spread(
        self,
        counts: NDArray[np.float64] | None,
        ends: tuple[float, float],
        median: float | None,
        shown: tuple[float, float] | None,
        words: str,
    ) -> None:
        """Show counts in bins of equal width between two ends; `shown` is tinted and named."""
        heights = np.zeros(0) if counts is None else np.log1p(counts)
        peak = float(heights.max(initial=0))
        self._bars = heights / peak if peak else heights
        self._ends, self._median = ends, median
        self._shown, self._shown_words = shown, words
        self.update()

    def set_live(self, value: float | None) -> None:
        """Show what the unit gives now; None: that is not known."""
        if value != self._live:
            is_seen = self._place_px(value) != self._place_px(self._live)
            self._live = value
            if is_seen:
                self.update()

    def sizeHint(self) -> QSize:
        return QSize(240, HEIGHT + CAPTION)

    def _place_px(self, value: float | None) -> int | None:
        return None if value is None else round(self._x(value))

    def _x(self, value: float) -> float:
        low, high = self._ends
        share = (value - low) / (high - low) if high > low else 0.0
        return min(max(share, 0.0), 1.0) * (self.width() - 1)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        ground = QRectF(0, 0, self.width(), HEIGHT)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("control"))
        painter.drawRoundedRect(ground, 4, 4)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        if not len(self._bars):
            return
        if self._shown is not None:
            left, right = self._x(self._shown[0]), self._x(self._shown[1])
            painter.fillRect(QRectF(left, 0, max(right - left, 2), HEIGHT), colour("muted", 0.22))
        width = self.width() / len(self._bars)
        for place, height in enumerate(self._bars):
            if height > 0:
                tall = max(height * (HEIGHT - 4), 1.0)
                bar = QRectF(place * width, HEIGHT - tall, max(width - 1, 1), tall)
                painter.fillRect(bar, colour("muted", 0.75))
        self._paint_marks(painter)
        self._paint_ends(painter)

    def _paint_marks(self, painter: QPainter) -> None:
        """Paint the median, the live value, and the names of both and of what is tinted."""
        marks = []
        if self._median is not None:
            x = self._x(self._median)
            painter.setPen(QPen(colour("text"), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QLineF(QPointF(x, 0), QPointF(x, HEIGHT)))
            marks.append((x, f"median {figure(self._median)}", "text"))
        if self._live is not None:
            x = self._x(self._live)
            painter.fillRect(QRectF(x - 1, 0, 2, HEIGHT), colour("accent"))
            marks.insert(0, (x, f"live {figure(self._live)}", "accent"))
        if self._shown is not None and self._shown_words:
            marks.append((self._x(self._shown[0]), self._shown_words, "text"))
        painter.setFont(font(Size.CAPTION))
        metrics = QFontMetricsF(painter.font())
        taken: list[QRectF] = []
        for x, words, shade in marks:
            places = (_beside(x, y, words, metrics, self.width()) for y in (1, 15, 29))
            box = next((b for b in places if not any(map(b.intersects, taken))), None)
            if box is not None:
                taken.append(box)
                painter.fillRect(box, colour("control", 0.75))
                painter.setPen(colour(shade))
                painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), words)

    def _paint_ends(self, painter: QPainter) -> None:
        painter.setPen(colour("muted"))
        below = QRectF(0, HEIGHT, self.width(), CAPTION)
        low, high = map(figure, self._ends)
        bottom = Qt.AlignmentFlag.AlignBottom
        painter.drawText(below, int(bottom | Qt.AlignmentFlag.AlignLeft), low)
        painter.drawText(below, int(bottom | Qt.AlignmentFlag.AlignRight), high)


def _beside(x: float, y: float, words: str, metrics: QFontMetricsF, room: float) -> QRectF:
    """Return where words stand at a mark: right of it, left where there is no room."""
    width = metrics.horizontalAdvance(words) + 2
    left = x + 3 if x + 3 + width <= room else x - 3 - width
    return QRectF(left, y, width, metrics.height())
