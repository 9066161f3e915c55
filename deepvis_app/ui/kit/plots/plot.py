"""The one frame of every plot: its ground, axes, words, read-out, zoom and menu.

A plot tells what it shows as a `Drawing`; pyqtgraph draws it (`plot_canvas.py`), and is imported
only once there is something to draw, so that it is not in the way of the first picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PyQt6.QtCore import QEvent, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetricsF, QPainter
from PyQt6.QtWidgets import QApplication, QMenu, QSizePolicy, QWidget

from deepvis_app.ui.kit.keyboard_focus import KeyboardFocus
from deepvis_app.ui.kit.notice import paint_empty
from deepvis_app.ui.kit.outline import paint_focus
from deepvis_app.ui.kit.paced import PacedUpdate
from deepvis_app.ui.kit.pictures.zoom_keys import ZoomKeys
from deepvis_app.ui.kit.pictures.zooming import Zooming
from deepvis_app.ui.kit.theme import Size, colour, font

if TYPE_CHECKING:
    from PyQt6.QtCore import QPointF
    from PyQt6.QtGui import (
        QContextMenuEvent,
        QMouseEvent,
        QPaintEvent,
        QResizeEvent,
        QWheelEvent,
    )

    from deepvis_app.ui.kit.plots.canvas import PlotCanvas
    from deepvis_app.ui.kit.plots.drawing import Drawing, Span

LEGEND_GAP = 16.0
MOST = 64.0  # times as large
TOP, BOTTOM = Qt.AlignmentFlag.AlignTop, Qt.AlignmentFlag.AlignBottom
LEFT, RIGHT = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight


@dataclass(frozen=True, slots=True)
class Frame:
    """Pixels around the area of a plot's data."""

    gutter: int = 44  # for the numbers at the left, so that no line runs through them
    above: int = 6
    beside: int = 6  # at the right
    below: int = 6
    caption: int = 16  # the line of words below
    margin: int = 3  # of this, what lines and dots may take
    ground: str = "control"


@dataclass(frozen=True, slots=True)
class _Words:
    """What stands beside the curves, and changes far less often."""

    low: str = ""
    high: str = ""
    first: str = ""
    last: str = ""
    middle: tuple[tuple[float, str, str], ...] = ()  # centre, text, shade
    across: tuple[tuple[float, str], ...] = ()  # centre, text of each tick below
    down: tuple[tuple[float, str], ...] = ()  # middle, text of each tick at the left


class Plot(ZoomKeys, KeyboardFocus, QWidget):
    """Shows what `drawing` returns. Ctrl and the wheel zoom, a double click shows the whole."""

    data_requested = pyqtSignal(str)  # as CSV
    figure_requested = pyqtSignal()

    def __init__(
        self,
        name: str,
        frame: Frame,
        height: int = 84,
        empty: tuple[str, str] = ("", ""),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._frame, self._height, self._empty = frame, height, empty
        self._canvas: PlotCanvas | None = None
        self._drawn: Drawing | None = None
        self._words = _Words()
        self._is_due = True
        self._painting = PacedUpdate(self, self._redraw_if_seen)
        self._zooming = Zooming(self, self.data_rect, lambda: MOST if self._drawn else 1.0)
        self._zooming.changed.connect(self.redraw)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    def drawing(self) -> Drawing | None:
        """Return what is to be seen; None: there is nothing, and the notice says why."""
        raise NotImplementedError

    def notice(self) -> tuple[str, str]:
        """Return what is said where there is nothing to draw, and what to do."""
        return self._empty

    def set_empty_text(self, text: str, remedy: str = "") -> None:
        self._empty = (text, remedy)
        self.update()

    def redraw_soon(self) -> None:
        """Draw what changed, together with what changes until then."""
        self._is_due = True
        self._painting.soon()

    def redraw(self) -> None:
        """Draw what changed now."""
        self._is_due = True
        self._redraw_if_seen()
        self.update()

    def ground_rect(self) -> QRect:
        return self.rect().adjusted(0, 0, 0, -self._frame.caption)

    def data_rect(self) -> QRectF:
        """Return where the spans of both axes lie, in logical pixels."""
        frame = self._frame
        ground = QRectF(self.ground_rect())
        return ground.adjusted(frame.gutter, frame.above, -frame.beside, -frame.below)

    def shown_spans(self) -> tuple[Span, Span]:
        """Return the places and the values between which is drawn."""
        return ((0.0, 1.0), (0.0, 1.0)) if self._drawn is None else self.spans_of(self._drawn)

    def spans_of(self, drawing: Drawing) -> tuple[Span, Span]:
        """Return the places and the values of a drawing that the zoom leaves."""
        zoom = self._zooming.zoom
        wide, tall = drawing.x[1] - drawing.x[0], drawing.y[1] - drawing.y[0]
        left = drawing.x[0] + zoom.left * wide
        top = drawing.y[1] - zoom.top * tall
        return (left, left + zoom.side * wide), (top - zoom.side * tall, top)

    def reset_zoom(self) -> None:
        self._zooming.reset()

    # The menu

    def menu(self) -> QMenu:
        menu = QMenu(self)
        copy = menu.addAction("Copy as picture", self.copy)
        data = menu.addAction("Save data (CSV)", self._save_data)
        figure = menu.addAction("Save figure (SVG, PDF, PNG)…", self.figure_requested.emit)
        menu.addSeparator()
        whole = menu.addAction("Show the whole", self.reset_zoom)
        for action in (copy, data, figure):
            if action is not None:
                action.setEnabled(self.drawing() is not None)
        if whole is not None:
            whole.setEnabled(not self._zooming.zoom.is_whole)
        return menu

    def copy(self) -> None:
        """Put the plot as it looks onto the clipboard."""
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            self._point_out(None)
            clipboard.setPixmap(self.grab())

    def data(self) -> str:
        """Return what is drawn as CSV; "" where there is nothing."""
        drawing = self.drawing()
        return "" if drawing is None else drawing.csv()

    def _save_data(self) -> None:
        self.data_requested.emit(self.data())

    # Drawing

    def _redraw_if_seen(self) -> None:
        if self.isVisible():
            self._draw()

    def _draw(self) -> None:
        self._is_due = False
        self._drawn = drawing = self.drawing()
        words = _Words()
        if drawing is not None:
            canvas = self._canvas = self._canvas or self._make_canvas()
            canvas.set_drawing(drawing, *self.shown_spans())
            words = self._words_of(drawing)
        if self._canvas is not None and self._canvas.view.isHidden() == (drawing is not None):
            self._canvas.view.setVisible(drawing is not None)
            self.update()
        if words != self._words or drawing is None:
            self._words = words
            self.update()

    def _make_canvas(self) -> PlotCanvas:
        from deepvis_app.ui.kit.plots.canvas import PlotCanvas

        canvas = PlotCanvas(self, self._frame.margin, self._frame.ground)
        self._place(canvas)
        canvas.view.show()
        if not self.isVisible():  # else it takes its size only once it is painted, and that is now
            canvas.view.grab()
        return canvas

    def _place(self, canvas: PlotCanvas) -> None:
        margin = self._frame.margin
        area = self.data_rect().toRect().adjusted(-margin, -margin, margin, margin)
        canvas.view.setGeometry(area)

    def _words_of(self, drawing: Drawing) -> _Words:
        x, y = self.shown_spans()
        if drawing.x_ticks or drawing.y_ticks:
            return _Words(across=self._ticks_across(drawing, x), down=self._ticks_down(drawing, y))
        ends = drawing.x_word(x[0]), drawing.x_word(x[1])
        return _Words(
            drawing.y_word(y[0]), drawing.y_word(y[1]), *ends, self._middle(drawing, x, ends)
        )

    def _ticks_across(self, drawing: Drawing, x: Span) -> tuple[tuple[float, str], ...]:
        """Return where the places' ticks stand, without those that would run into one another."""
        metrics, area, free = QFontMetricsF(font(Size.CAPTION)), self.data_rect(), 0.0
        placed = []
        for value, text in drawing.x_ticks:
            if not x[0] <= value <= x[1]:
                continue
            half = metrics.horizontalAdvance(text) / 2
            centre = area.left() + area.width() * (value - x[0]) / (x[1] - x[0])
            centre = min(centre, self.width() - half)
            if centre - half >= free:
                placed.append((centre, text))
                free = centre + half + 8
        return tuple(placed)

    def _ticks_down(self, drawing: Drawing, y: Span) -> tuple[tuple[float, str], ...]:
        area = self.data_rect()
        return tuple(
            (area.bottom() - area.height() * (value - y[0]) / (y[1] - y[0]), text)
            for value, text in drawing.y_ticks
            if y[0] <= value <= y[1]
        )

    def _middle(
        self, drawing: Drawing, x: Span, ends: tuple[str, str]
    ) -> tuple[tuple[float, str, str], ...]:
        """Return what stands below between both ends: the legend, or the rule's place."""
        metrics = QFontMetricsF(font(Size.CAPTION))
        area = self.data_rect()
        if drawing.rule is not None and x[0] < drawing.rule < x[1]:
            at = area.left() + area.width() * (drawing.rule - x[0]) / (x[1] - x[0])
            room = max(map(metrics.horizontalAdvance, ends)) + 8
            if self._frame.beside + room < at < self.width() - self._frame.beside - room:
                return ((at, drawing.x_word(drawing.rule), "muted"),)
        widths = [metrics.horizontalAdvance(note.text) for note in drawing.legend]
        left = (self._left_below() + self.width() - sum(widths) - LEGEND_GAP) / 2
        placed = []
        for note, width in zip(drawing.legend, widths, strict=True):
            placed.append((left + width / 2, note.text, note.shade))
            left += width + LEGEND_GAP
        return tuple(placed)

    def _left_below(self) -> int:
        """Return where the line of words begins."""
        return self._frame.gutter if self._frame.gutter > self._frame.beside else 0

    def _paint_words(self, painter: QPainter, words: _Words) -> None:
        painter.setFont(font(Size.CAPTION))
        painter.setPen(colour("muted"))
        inside = QRectF(self.ground_rect()).adjusted(6, 3, -6, -3)
        painter.drawText(inside, int(TOP | LEFT), words.high)
        painter.drawText(inside, int(BOTTOM | LEFT), words.low)
        below = QRectF(self.rect())
        below.setLeft(self._left_below())
        painter.drawText(below, int(BOTTOM | LEFT), words.first)
        painter.drawText(below, int(BOTTOM | RIGHT), words.last)
        for centre, text in words.across:
            place = QRectF(centre - 60, below.top(), 120, below.height())
            painter.drawText(place, int(BOTTOM | Qt.AlignmentFlag.AlignHCenter), text)
        for middle, text in words.down:
            place = QRectF(0, middle - 10, self._frame.gutter - 8, 20)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter | RIGHT), text)
        for centre, text, shade in words.middle:
            painter.setPen(colour(shade))
            place = QRectF(centre - 100, below.top(), 200, below.height())
            painter.drawText(place, int(BOTTOM | Qt.AlignmentFlag.AlignHCenter), text)

    # Pointing

    def _point_out(self, at: QPointF | None) -> None:
        if self._canvas is None or self._drawn is None:
            return
        area = self.data_rect()
        if at is None or not QRectF(self.ground_rect()).contains(at) or self._zooming.is_dragging:
            self._show_place(None)
            return
        share = min(max((at.x() - area.left()) / max(area.width(), 1.0), 0.0), 1.0)
        (left, right), _ = self.shown_spans()
        self._show_place(left + share * (right - left))

    def _show_place(self, place: float | None) -> None:
        """Mark what is pointed at; None: nothing is."""
        if self._canvas is not None:
            self._canvas.point_out(place)

    def clicked(self) -> None:
        """Do what a plain click on the plot does."""

    # Qt's own methods

    def sizeHint(self) -> QSize:
        return QSize(240, self._height)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, min(self._height, 64))

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        if self._is_due:
            self._draw()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour(self._frame.ground))
        ground = QRectF(self.ground_rect())
        painter.drawRoundedRect(ground, 4, 4)
        if self._drawn is None:
            paint_empty(painter, ground, *self.notice())
        else:
            self._paint_words(painter, self._words)
        if self.shows_focus:
            paint_focus(painter, ground, 4)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if self._canvas is not None:
            self._place(self._canvas)
        self._is_due = True

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.StyleChange:
            self.redraw()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is not None:
            self._zooming.wheel(event)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._zooming.press(event.position())

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is not None:
            self._zooming.drag(event.position())
            self._point_out(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            if not self._zooming.release():
                self.clicked()
            self._point_out(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """The release that follows undoes what the first one did: a click is no part of it."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self.reset_zoom()

    def leaveEvent(self, _event: QEvent | None) -> None:
        self._point_out(None)

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        if event is not None:
            self._point_out(None)
            menu = self.menu()
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(event.globalPos())
