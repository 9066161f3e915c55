"""Curves and bars by pyqtgraph, in our colours. Only `plots.py` imports this, when it first draws.

Left out is what costs at each frame: its axes, menus and view box, ranges found anew, checks for
what is not finite. Its items are given pixels. Mouse and keys stay with the plot.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPaintEngine, QPainter, QPen
from PyQt6.QtWidgets import QGraphicsItem

from deepvis_app.tiles.thinned import thinned
from deepvis_app.ui.kit.bubble import Tip, paint_bubble
from deepvis_app.ui.kit.theme import Size, colour, font

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QStyleOptionGraphicsItem, QWidget

    from deepvis_app.ui.kit.plots.drawing import Band, Bars, Curve, Drawing, Floats, Span

BAR_ALPHA = 0.85
DOT, TARGET_DOT = 2.5, 3.0  # radii
LINE = 16.0  # height of a line of notes
DASHES = [3.0, 2.0]  # in widths of the line


class PlotCanvas:
    """`margin`: pixels around the data's area, so that lines and dots at its edge stay whole.

    `ground`: the colour that it lies on.
    """

    def __init__(self, parent: QWidget, margin: int, ground: str = "control") -> None:
        self.view = pyqtgraph.GraphicsView(parent, background=None)
        self.view.setCacheMode(self.view.CacheModeFlag.CacheNone)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.view.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._marks, self._levels = _Marks(ground), _Levels()
        for item in (self._levels, self._marks):
            self.view.scene().addItem(item)
        self._margin = margin
        self._lines: list[pyqtgraph.PlotCurveItem] = []
        self._bars: pyqtgraph.BarGraphItem | None = None
        self._ground_name, self._ground = ground, QColor()

    def set_drawing(self, drawing: Drawing, x: Span, y: Span) -> None:
        """Draw what lies between two places and two values, over the whole area."""
        if (ground := colour(self._ground_name)) != self._ground:
            self._ground = ground
            self.view.setBackgroundBrush(ground)
        whole, margin = QRectF(self.view.rect()), self._margin
        scale = Scale(whole.adjusted(margin, margin, -margin, -margin), x, y)
        self._set_curves(drawing.upwards(), scale)
        self._set_bars(drawing.bars, scale)
        self._levels.set_drawing(drawing, scale, whole)
        self._marks.set_drawing(drawing, scale, whole)

    def point_out(self, place: float | None, *, tells: bool = True) -> None:
        """Mark a place and tell what is there; None: nothing."""
        self._marks.point_out(place, tells=tells)

    def _set_curves(self, curves: list[Curve], scale: Scale) -> None:
        while len(self._lines) < len(curves):
            self._lines.append(_Line(antialias=True))
            self.view.scene().addItem(self._lines[-1])
        for line, curve in zip(self._lines, curves, strict=False):
            x, y = thinned(*_joined(curve), 2 * round(scale.area.width()))
            pen = QPen(colour(curve.shade, curve.alpha), curve.width)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)  # else pieces would cover their ends twice
            if curve.is_dashed:
                pen.setDashPattern(DASHES)
            line.setData(
                scale.across(x),
                scale.down(y),
                pen=pen,
                connect="all" if np.isfinite(y).all() else "finite",
                skipFiniteCheck=True,
                fillLevel=float(scale.down(0.0)) if curve.tint else None,
                brush=colour(curve.shade, curve.tint) if curve.tint else None,
            )
        for line in self._lines[len(curves) :]:
            line.clear()

    def _set_bars(self, bars: Bars | None, scale: Scale) -> None:
        if bars is None:
            return
        if self._bars is None:
            self._bars = pyqtgraph.BarGraphItem(x0=[0], x1=[0], y0=0, y1=[0], pen=None)
            self.view.scene().addItem(self._bars)
        edges = np.round(scale.across(bars.edges))  # on the screen's raster, 1 px between
        self._bars.setOpts(
            x0=edges[:-1],
            x1=edges[1:] - (edges[1:] - edges[:-1] > 1),
            y0=scale.down(0.0),
            y1=scale.down(bars.heights),
            brush=QBrush(colour(bars.shade, BAR_ALPHA)),
            pen=None,
        )


@dataclass(frozen=True, slots=True)
class Scale:
    """From places and values to pixels: the spans fill `area`."""

    area: QRectF
    x: Span
    y: Span

    def across(self, x: Floats | float) -> Floats:
        share = (np.asarray(x) - self.x[0]) / (self.x[1] - self.x[0])
        return self.area.left() + share * self.area.width()

    def down(self, y: Floats | float) -> Floats:
        share = (np.asarray(y) - self.y[0]) / (self.y[1] - self.y[0])
        return self.area.bottom() - share * self.area.height()

    def point(self, x: float, y: float) -> QPointF:
        return QPointF(float(self.across(x)), float(self.down(y)))


def _joined(curve: Curve) -> tuple[np.ndarray, np.ndarray]:
    if not curve.joins:
        return curve.x, curve.y
    known = np.isfinite(curve.y)
    return curve.x[known], curve.y[known]


class _Line(pyqtgraph.PlotCurveItem):  # type: ignore[misc] # pyqtgraph has no types
    """A curve that is painted piece by piece on the screen: ten times as quick as one path."""

    def paint(self, painter: QPainter, *where: object) -> None:
        engine = painter.paintEngine()
        pieces = engine is not None and engine.type() == QPaintEngine.Type.Raster
        pieces = pieces and self.opts["pen"].style() == Qt.PenStyle.SolidLine  # dashes go on
        self.opts["segmentedLineMode"] = "on" if pieces else "off"  # a file gets the path
        super().paint(painter, *where)


class _Overlay(QGraphicsItem):
    """Something painted in pixels over the whole plot."""

    def __init__(self) -> None:
        super().__init__()
        self._drawing: Drawing | None = None
        self._scale = Scale(QRectF(0, 0, 1, 1), (0, 1), (0, 1))
        self._whole = QRectF()

    def set_drawing(self, drawing: Drawing, scale: Scale, whole: QRectF) -> None:
        if whole != self._whole:
            self.prepareGeometryChange()
        self._drawing, self._scale, self._whole = drawing, scale, whole
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802
        return self._whole


class _Levels(_Overlay):
    """What lies under the curves: a faint line at every tick of the values."""

    def __init__(self) -> None:
        super().__init__()
        self.setZValue(-1)

    def paint(
        self,
        painter: QPainter | None,
        _option: QStyleOptionGraphicsItem | None,
        _widget: QWidget | None = None,
    ) -> None:
        if painter is None or self._drawing is None:
            return
        inner, (low, high) = self._scale.area, self._scale.y
        for value, _ in self._drawing.y_ticks:
            if low <= value <= high:
                y = round(float(self._scale.down(value)))
                painter.fillRect(QRectF(inner.left(), y, inner.width(), 1), colour("line", 0.7))


class _Marks(_Overlay):
    """What lies over curves and bars, in pixels: gaps, dots, notes, the read-out."""

    def __init__(self, ground: str) -> None:
        super().__init__()
        self._place: float | None = None
        self._tells = True
        self.ground = ground
        self.setZValue(1)

    def point_out(self, place: float | None, *, tells: bool = True) -> None:
        if (place, tells) != (self._place, self._tells):
            self._place, self._tells = place, tells
            self.update()

    def paint(
        self,
        painter: QPainter | None,
        _option: QStyleOptionGraphicsItem | None,
        _widget: QWidget | None = None,
    ) -> None:
        drawing = self._drawing
        if painter is None or drawing is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        inner, scale = self._scale.area, self._scale
        if drawing.rule is not None and scale.x[0] < drawing.rule < scale.x[1]:
            x = round(scale.point(drawing.rule, 0.0).x())
            painter.fillRect(QRectF(x, inner.top(), 1, inner.height()), colour("text"))
        if drawing.mark is not None and scale.x[0] <= drawing.mark <= scale.x[1]:
            x = round(scale.point(drawing.mark, 0.0).x()) - 1
            painter.fillRect(QRectF(x, inner.top(), 2, inner.height()), colour("accent"))
        for curve in drawing.upwards():
            self._paint_dots(painter, curve)
        if drawing.target is not None:
            self._paint_target(painter, inner, *drawing.target)
        for band in drawing.bands:
            self._paint_band(painter, inner, band)
        self._paint_rules(painter, inner, drawing)
        self._paint_edges(painter, inner, drawing)
        self._paint_notes(painter, inner, drawing)
        if self._place is not None:
            self._paint_told(painter, inner, drawing, self._place)

    def _paint_dots(self, painter: QPainter, curve: Curve) -> None:
        """Put dots where a curve has some: at all of its values, or at the last."""
        first = 0 if curve.has_dots else len(curve.y) - 1 if curve.has_end else len(curve.y)
        for x, y in zip(curve.x[first:], curve.y[first:], strict=True):
            if isfinite(y):
                self._paint_dot(painter, x, y, curve.shade, DOT)

    def _paint_dot(self, painter: QPainter, x: float, y: float, shade: str, radius: float) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(shade))
        painter.drawEllipse(self._scale.point(x, y), radius, radius)

    def _paint_target(self, painter: QPainter, inner: QRectF, x: float, y: float) -> None:
        level = self._scale.point(x, y).y()
        painter.setPen(QPen(colour("accent", 0.6), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(inner.left(), level), QPointF(inner.right(), level))
        self._paint_dot(painter, x, y, "accent", TARGET_DOT)

    def _paint_band(self, painter: QPainter, inner: QRectF, band: Band) -> None:
        left, right = (
            self._scale.point(band.left, 0).x() - 1,
            self._scale.point(band.right, 0).x() + 1,
        )
        area = QRectF(left, inner.top(), right - left, inner.height()).intersected(inner)
        painter.fillRect(area, QBrush(colour("bad", 0.6), Qt.BrushStyle.DiagCrossPattern))
        painter.setFont(font(Size.CAPTION, QFont.Weight.DemiBold))
        width = QFontMetricsF(painter.font()).horizontalAdvance(band.word) + 12
        if width <= area.width():
            pill = QRectF(0, 0, width, 18)
            pill.moveCenter(area.center())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour(self.ground))
            painter.drawRoundedRect(pill, 4, 4)
            painter.setPen(colour("bad"))
            painter.drawText(pill, int(Qt.AlignmentFlag.AlignCenter), band.word)

    def _paint_rules(self, painter: QPainter, inner: QRectF, drawing: Drawing) -> None:
        """Put a dotted line where something happened, and its words where they have room."""
        painter.setFont(font(Size.CAPTION))
        free = inner.left()
        for rule in sorted(drawing.rules, key=lambda rule: rule.at):
            if not self._scale.x[0] <= rule.at <= self._scale.x[1]:
                continue
            x = round(float(self._scale.across(rule.at))) + 0.5
            painter.setPen(QPen(colour(rule.shade), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(x, inner.top()), QPointF(x, inner.bottom()))
            width = painter.fontMetrics().horizontalAdvance(rule.text)
            left = x + 5 if x + 5 + width <= inner.right() else x - 5 - width
            if left >= free:
                place = QRectF(left, inner.bottom() - LINE, width + 1, LINE)
                painter.fillRect(place.adjusted(-2, 1, 2, 0), colour(self.ground, 0.7))
                painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter), rule.text)
                free = place.right() + 6

    def _paint_edges(self, painter: QPainter, inner: QRectF, drawing: Drawing) -> None:
        """Say what lies above the upper edge, one below the other where they would meet."""
        painter.setFont(font(Size.CAPTION, QFont.Weight.DemiBold))
        taken: list[QRectF] = []
        for edge in drawing.edges:
            if not self._scale.x[0] <= edge.at <= self._scale.x[1]:
                continue
            width = painter.fontMetrics().horizontalAdvance(edge.text)
            left = min(float(self._scale.across(edge.at)) + 5, inner.right() - width)
            place = QRectF(left, inner.top(), width + 1, LINE)
            while any(place.intersects(other) for other in taken):
                place.translate(0, LINE)
            taken.append(place)
            painter.setPen(colour(edge.shade))
            painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter), edge.text)

    def _paint_notes(self, painter: QPainter, inner: QRectF, drawing: Drawing) -> None:
        if not drawing.notes:
            return
        painter.setFont(font(Size.CAPTION))
        corner = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight
        area = inner.adjusted(2, -1, -2, 0)
        for note in drawing.notes:
            if note.text and drawing.bars is not None:
                under = painter.boundingRect(area, int(corner), note.text)
                painter.fillRect(under, colour(self.ground, 0.75))
            painter.setPen(colour(note.shade))
            painter.drawText(area, int(corner), note.text)
            area.setTop(area.top() + LINE)

    def _paint_told(self, painter: QPainter, inner: QRectF, drawing: Drawing, place: float) -> None:
        told = drawing.told_at(place) if self._tells else ("", ())
        if told is None:
            return
        x = self._scale.point(place, 0).x()
        if drawing.bars is None and self._tells:
            x = self._paint_told_curves(painter, drawing, place)
        painter.setPen(QPen(_faint(), 1))
        painter.drawLine(QPointF(x, inner.top()), QPointF(x, inner.bottom()))
        if self._tells:
            paint_bubble(painter, Tip(*told), QRectF(x, inner.top(), 0, 0), self._whole)

    def _paint_told_curves(self, painter: QPainter, drawing: Drawing, place: float) -> float:
        """Put a dot on each curve that is told of; return where they are."""
        x = self._scale.point(place, 0).x()
        for curve in reversed(drawing.told(place)):
            index = curve.nearest(place)
            if index is not None:
                x = x if drawing.ends_differ else self._scale.point(curve.x[index], 0).x()
                if isfinite(curve.y[index]):
                    self._paint_dot(painter, curve.x[index], curve.y[index], curve.shade, DOT)
        return x


def _faint() -> QColor:
    return colour("text", 0.4)
