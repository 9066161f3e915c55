"""Two curves over the share of the picture: what is taken away, and what is put back."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis_app.ui.kit.notice import paint_empty
from deepvis_app.ui.kit.plot_frame import paint_ends, paint_ground, paint_range
from deepvis_app.ui.kit.theme import colour

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtGui import QPaintEvent

    Floats = NDArray[np.float32]

CAPTION = 20.0  # the line below
PADDING = 8.0
GUTTER = 40.0  # for the numbers at the left
DELETION, INSERTION = "pinned", "accent"  # colours
LEGEND = (("taken away", DELETION), ("put back", INSERTION))
LEGEND_GAP = 16.0


class TruthPlot(QWidget):
    """Deletion in the second colour, insertion in the accent; the area under each is tinted."""

    def __init__(self, empty_text: str) -> None:
        super().__init__()
        self._curves: tuple[tuple[Floats, str], ...] = ()
        self._empty = empty_text
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Deletion and insertion curves")

    def set_curves(self, deletion: Floats | None, insertion: Floats | None) -> None:
        """Show scores at evenly spaced shares 0..1 of the pixels, NaN where not known yet."""
        if deletion is None or insertion is None:
            self._curves = ()
        else:
            self._curves = ((deletion, DELETION), (insertion, INSERTION))
        self.update()

    def curves(self) -> tuple[Floats, ...]:
        return tuple(values for values, _ in self._curves)

    def span(self) -> tuple[float, float]:
        """Return the lowest and the highest value shown; zero is always in it."""
        values = [float(v) for curve, _ in self._curves for v in curve if isfinite(v)]
        low, high = min([0.0, *values]), max([0.0, *values])
        return (low, high) if high > low else (low, low + 1.0)

    def sizeHint(self) -> QSize:
        return QSize(240, 152)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 152)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        area = paint_ground(painter, self, CAPTION)
        if not self._curves:
            paint_empty(painter, area, "", self._empty)
            return
        self._paint_labels(painter, area)
        inner = area.adjusted(GUTTER, PADDING, -PADDING, -PADDING)
        for values, shade in self._curves:
            self._paint_curve(painter, inner, values, shade)

    def _paint_curve(self, painter: QPainter, inner: QRectF, values: Floats, shade: str) -> None:
        low, high = self.span()
        known = [k for k in range(len(values)) if isfinite(values[k])]
        if not known:
            return
        across = inner.width() / max(len(values) - 1, 1)
        down = inner.height() / (high - low)
        points = [
            QPointF(inner.left() + k * across, inner.bottom() - (values[k] - low) * down)
            for k in known
        ]
        zero = inner.bottom() + low * down
        under = QPainterPath(QPointF(points[0].x(), zero))
        for point in points:
            under.lineTo(point)
        under.lineTo(points[-1].x(), zero)
        painter.fillPath(under, colour(shade, 0.14))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour(shade), 1.6))
        painter.drawPolyline(QPolygonF(points))

    def _paint_labels(self, painter: QPainter, area: QRectF) -> None:
        paint_range(painter, area, self.span(), (8, 4))
        below = QRectF(GUTTER, area.bottom() + 4, self.width() - GUTTER, CAPTION - 4)
        paint_ends(painter, below, "0 %", "100 %")
        self._paint_legend(painter, below)

    def _paint_legend(self, painter: QPainter, line: QRectF) -> None:
        """Name the curves in their colours, in the middle of the line."""
        metrics = QFontMetricsF(painter.font())
        widths = [metrics.horizontalAdvance(text) for text, _ in LEGEND]
        left = line.center().x() - (sum(widths) + LEGEND_GAP) / 2
        for (text, shade), width in zip(LEGEND, widths, strict=True):
            painter.setPen(colour(shade))
            place = QRectF(left, line.top(), width + 2, line.height())
            painter.drawText(place, int(Qt.AlignmentFlag.AlignBottom), text)
            left += width + LEGEND_GAP
