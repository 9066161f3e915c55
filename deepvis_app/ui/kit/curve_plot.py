"""How a value went over the steps of one or more runs."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QPainter, QPen, QPolygonF
from PyQt6.QtWidgets import QSizePolicy, QWidget

from deepvis_app.ui.kit.notice import paint_empty
from deepvis_app.ui.kit.plot_frame import paint_ends, paint_ground, paint_range
from deepvis_app.ui.kit.theme import colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PyQt6.QtGui import QPaintEvent

    Curve = Sequence[float]

CAPTION = 16.0  # the line of steps below
PADDING = 6.0
GUTTER = 44.0  # for the numbers at the left
MOST_POINTS = 400  # of a drawn line: more cannot be seen


class CurvePlot(QWidget):
    """One line a run; the pointed-out one in the accent, the others muted.

    A dot and a dashed line stand for what came of the pointed-out one.
    """

    def __init__(self, empty_text: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curves: tuple[Curve, ...] = ()
        self._marked: int | None = None
        self._steps = 0
        self._end: tuple[int, float] | None = None
        self._empty = empty_text
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    def set_curves(
        self, curves: Sequence[Curve], steps: int = 0, marked: int | None = None
    ) -> None:
        """Show one value a step for each run; `steps` is where the axis ends (0: the longest)."""
        self._curves = tuple(curves)
        self._steps = max(steps, max((len(curve) for curve in curves), default=0))
        self._marked = marked
        self.update()

    def set_end(self, end: tuple[int, float] | None) -> None:
        """Mark a step (0 is the first) and a value; None: no mark."""
        if end != self._end:
            self._end = end
            self.update()

    def span(self) -> tuple[float, float]:
        """Return the lowest and the highest finite value shown."""
        values = [v for curve in self._curves for v in curve if isfinite(v)]
        values += [self._end[1]] if self._end is not None and isfinite(self._end[1]) else []
        low, high = min(values, default=0.0), max(values, default=0.0)
        return (low, high) if high > low else (low, low + 1.0)

    def sizeHint(self) -> QSize:
        return QSize(240, 88)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 64)

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        area = paint_ground(painter, self, CAPTION)
        if not any(len(curve) for curve in self._curves):
            paint_empty(painter, area, "", self._empty)
            return
        low, high = self.span()
        self._paint_labels(painter, area, low, high)
        inner = area.adjusted(GUTTER, PADDING, -PADDING, -PADDING)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        alone = len(self._curves) == 1
        for index, curve in enumerate(self._curves):
            if not (alone or index == self._marked):
                self._paint_curve(painter, inner, curve, (low, high), "muted", 1.2)
        for index, curve in enumerate(self._curves):
            if alone or index == self._marked:
                self._paint_curve(painter, inner, curve, (low, high), "accent", 1.6)
        self._paint_end(painter, inner, (low, high))

    def _paint_end(self, painter: QPainter, inner: QRectF, span: tuple[float, float]) -> None:
        if self._end is None or not isfinite(self._end[1]):
            return
        step, value = self._end
        x = inner.left() + step * inner.width() / max(self._steps - 1, 1)
        y = inner.bottom() - (value - span[0]) * inner.height() / (span[1] - span[0])
        painter.setPen(QPen(colour("accent", 0.6), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(inner.left(), y), QPointF(inner.right(), y))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour("accent"))
        painter.drawEllipse(QPointF(x, y), 3, 3)

    def _paint_curve(
        self,
        painter: QPainter,
        inner: QRectF,
        curve: Curve,
        span: tuple[float, float],
        shade: str,
        width: float,
    ) -> None:
        across = inner.width() / max(self._steps - 1, 1)
        down = inner.height() / (span[1] - span[0])
        stride = max(len(curve) // MOST_POINTS, 1)
        line = QPolygonF()
        for step in [*range(0, len(curve), stride), len(curve) - 1]:
            if step >= 0 and isfinite(curve[step]):
                line.append(
                    QPointF(
                        inner.left() + step * across,
                        inner.bottom() - (curve[step] - span[0]) * down,
                    )
                )
        painter.setPen(QPen(colour(shade), width))
        painter.drawPolyline(line)

    def _paint_labels(self, painter: QPainter, area: QRectF, low: float, high: float) -> None:
        paint_range(painter, area, (low, high))
        below = QRectF(GUTTER, area.bottom(), self.width() - GUTTER, CAPTION)
        paint_ends(painter, below, "step 1", f"step {self._steps}")
