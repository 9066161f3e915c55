"""Small plots side by side, one a layer: how a layer's values were spread, then and now.

All have one axis. Older steps stand behind and fainter; the newest is in front. What an axis of
powers of two has no place for (zeros, subnormals, what is not finite) are bars beside the line.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, inf
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QEvent, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPen, QPixmap

from deepvis_app.tiles.spread import outline
from deepvis_app.ui.kit.bubble import Tip, paint_bubble
from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.notice import paint_empty
from deepvis_app.ui.kit.outline import paint_focus
from deepvis_app.ui.kit.pictures.cell_grid import CellGrid
from deepvis_app.ui.kit.plots.polygons import polygon
from deepvis_app.ui.kit.theme import Size, colour, font

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PyQt6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QPolygonF, QResizeEvent

    Floats = NDArray[np.float64]

NAME, PLOT, FOOT = 18, 84, 14  # heights
SPACE = 8
LEAST, MOST = 68, 168  # widths of a plot
RISE = 0.42  # of the plot's height that the highest outline takes
SIDE = 11  # pixels at each side for the bars of what has no place on the axis
DRAW_S = 0.003  # in one go: the window answers between two plots
_PRESSES = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """One layer's spread at some steps, oldest first.

    `heights` (S, B): shares of its values in each bin of the shared axis. `zero`, `small` and `bad`
    (S,): shares that are zero, subnormal, and not finite. `bands` (T, 5) over `band_steps` (T,):
    the 5th, 25th, 50th, 75th and 95th percentile as places on the axis, in bins.
    """

    name: str
    shade: str  # a colour of the theme
    steps: NDArray[np.int64]
    heights: Floats
    zero: Floats
    small: Floats
    bad: Floats
    band_steps: NDArray[np.int64]
    bands: Floats


@dataclass(frozen=True, slots=True, eq=False)
class RidgePlate:
    """One small plot: a layer, or two in two colours; `lines` are told when it is pointed at."""

    title: str
    spreads: tuple[Spread, ...]
    lines: tuple[tuple[tuple[str, str], ...], ...] = ()


class RidgeSheet(CellGrid):
    """`set_plates` shows them in rows as long as there is room; a click or Enter picks one."""

    picked = pyqtSignal(int)

    def __init__(self, name: str) -> None:
        super().__init__(1, name)
        self._plates: tuple[RidgePlate, ...] = ()
        self._ends = ("", "")
        self._marks: tuple[tuple[float, str], ...] = ()
        self._as_bands = False
        self._pictures: dict[int, tuple[RidgePlate | None, QPixmap]] = {}
        self._until_s = 0.0
        self._empty = ("", "")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_plates(
        self,
        plates: Sequence[RidgePlate],
        ends: tuple[str, str] = ("", ""),
        marks: Sequence[tuple[float, str]] = (),
    ) -> None:
        """Show these; `ends` name the shared axis's ends, `marks` some places on it, in 0..1."""
        is_resized = self._rows(len(plates)) != self._rows(len(self._plates))
        self._plates, self._ends, self._marks = tuple(plates), ends, tuple(marks)
        self._lay()
        self._take_count(is_resized=is_resized)

    def set_bands(self, as_bands: bool) -> None:
        """Draw percentiles over the steps, instead of one outline a step."""
        if as_bands != self._as_bands:
            self._as_bands = as_bands
            self._draw_anew()
            self.update()

    def set_notice(self, text: str, remedy: str = "") -> None:
        if (text, remedy) != self._empty:
            self._empty = (text, remedy)
            self.update()

    def plates(self) -> tuple[RidgePlate, ...]:
        return self._plates

    def count(self) -> int:
        return len(self._plates)

    # Where what lies

    def _lay(self) -> None:
        self._columns = self._fitting(self.width())

    def _fitting(self, width: int) -> int:
        return max(1, min((width + SPACE) // (LEAST + SPACE), max(len(self._plates), 1)))

    def cell_rect(self, index: int) -> QRectF:
        row, column = divmod(index, self._columns)
        whole = (self.width() + SPACE) // self._columns - SPACE
        width = min(whole, MOST)
        tall = NAME + PLOT + FOOT
        return QRectF(column * (width + SPACE), row * (tall + SPACE), width, tall)

    def plot_rect(self, index: int) -> QRectF:
        """Return where a layer's axis lies."""
        return self.cell_rect(index).adjusted(SIDE, NAME, -SIDE, -FOOT)

    def heightForWidth(self, width: int) -> int:
        if not self._plates:
            return NAME + PLOT
        rows = -(-len(self._plates) // self._fitting(width))
        return rows * (NAME + PLOT + FOOT + SPACE) - SPACE

    def minimumSizeHint(self) -> QSize:
        return QSize(2 * LEAST, self.heightForWidth(max(self.width(), 2 * LEAST)))

    # Painting

    def paintEvent(self, event: QPaintEvent | None) -> None:
        self._until_s = perf_counter() + DRAW_S
        seen = QRectF(self.rect() if event is None else event.rect())
        painter = QPainter(self)
        if not self._plates:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour("control"))
            painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
            paint_empty(painter, QRectF(self.rect()), *self._empty)
        for index, plate in enumerate(self._plates):
            rect = self.cell_rect(index)
            if not rect.intersects(seen):
                continue
            self._paint_words(painter, rect, index, plate)
            painter.drawPixmap(rect.topLeft(), self._picture(index, plate))
        if self._hovered is not None:
            plate, rect = self._plates[self._hovered], self.cell_rect(self._hovered)
            if plate.lines:
                beside = QRectF(rect.left(), rect.top() + NAME, rect.width(), PLOT)
                tip = Tip(plate.title, plate.lines)
                paint_bubble(painter, tip, beside, QRectF(self.rect()))
        if self.shows_focus and self._plates:
            paint_focus(painter, self.cell_rect(self._cursor), 4)

    def _paint_words(self, painter: QPainter, rect: QRectF, index: int, plate: RidgePlate) -> None:
        painter.setFont(font(Size.CAPTION))
        is_marked = index in (self._marked, self._hovered)
        painter.setPen(colour("text" if is_marked else "muted"))
        box = QRectF(rect.left(), rect.top(), rect.width(), NAME)
        mode = Qt.TextElideMode.ElideMiddle
        title = elided(painter.fontMetrics(), plate.title, mode, int(rect.width()))
        start, end = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        painter.drawText(box, int(start | Qt.AlignmentFlag.AlignTop), title)
        if index % self._columns == 0 or rect.width() >= 100:
            painter.setPen(colour("muted"))
            below = QRectF(rect.left(), rect.bottom() - FOOT, rect.width(), FOOT)
            low, high = self._ends
            painter.drawText(below, int(start | Qt.AlignmentFlag.AlignBottom), low)
            painter.drawText(below, int(end | Qt.AlignmentFlag.AlignBottom), high)

    def whole(self) -> RidgeSheet:
        """Draw all that is not drawn yet, and return the sheet: for a file."""
        self._until_s = inf
        for index, plate in enumerate(self._plates):
            self._picture(index, plate)
        return self

    def _draw_anew(self) -> None:
        """Draw all again, and show them as they are until then."""
        self._pictures = {k: (None, picture) for k, (_, picture) in self._pictures.items()}
        self.update()

    def _picture(self, index: int, plate: RidgePlate) -> QPixmap:
        """Return a plot as an image; the one before while there is no time to draw more."""
        known, found = self._pictures.get(index, (None, QPixmap()))
        if known is plate:
            return found
        rect, ratio = self.cell_rect(index), self.devicePixelRatioF()
        if perf_counter() > self._until_s:
            self.update(rect.toAlignedRect())  # goes on with the next event
            return found
        found = QPixmap(ceil(rect.width() * ratio), ceil((NAME + PLOT) * ratio))
        found.setDevicePixelRatio(ratio)
        found.fill(Qt.GlobalColor.transparent)
        painter = QPainter(found)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(SIDE, NAME, rect.width() - 2 * SIDE, PLOT)
        for place, _ in self._marks:
            x = round(area.left() + place * area.width())
            painter.fillRect(QRectF(x, area.top(), 1, PLOT), colour("line"))
        draw = _paint_bands if self._as_bands else _paint_ridges
        draw(painter, area, plate.spreads)
        painter.end()
        self._pictures[index] = plate, found
        return found

    # Pointing and keys

    def _tip(self, _index: int) -> str:
        return ""  # painted at once

    def _pick(self, index: int | None) -> None:
        if index is not None:
            self._cursor = index
            self.picked.emit(index)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._pick(self.index_at(event.position()))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is None:
            return
        if event.key() in _PRESSES and self._plates:
            self._pick(self._cursor)
        elif not self._move(event.key()):
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        self._draw_anew()
        self._lay()
        super().resizeEvent(event)

    def changeEvent(self, event: QEvent | None) -> None:
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.StyleChange:
            self._draw_anew()


def _paint_ridges(painter: QPainter, area: QRectF, spreads: tuple[Spread, ...]) -> None:
    """Draw the steps from the oldest, behind, to the newest in front."""
    count = max((len(s.steps) for s in spreads), default=0)
    peak = max((float(s.heights.max(initial=0)) for s in spreads), default=0) or 1.0
    rise = area.height() * RISE
    lines = [_outlines(area, spread, rise / peak) for spread in spreads]
    gap = (area.height() - rise) / max(count - 1, 1)
    for place in range(count):
        base = area.top() + rise + place * gap
        for number, spread in enumerate(spreads):
            step = place - (count - len(spread.steps))
            if step >= 0:
                age = place / max(count - 1, 1)
                x, rises = lines[number]
                _paint_ridge(painter, polygon(x, base - rises[step]), spread.shade, age, number)
                _paint_others(painter, area, spread, step, base, age, number)


def _outlines(area: QRectF, spread: Spread, scale: float) -> tuple[Floats, Floats]:
    """Return the places of an outline's points, (n,), and how high each step's rises, (S, n)."""
    places, heights = outline(spread.heights)
    return area.left() + places * area.width() / spread.heights.shape[1], heights * scale


def _paint_ridge(painter: QPainter, line: QPolygonF, shade: str, age: float, number: int) -> None:
    if number == 0:  # what is behind is covered; of two, both are to be seen
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_mixed("pane", shade, 0.10 + 0.06 * age))
        painter.drawPolygon(line)
    # Wider pens take ten times as long.
    painter.setPen(QPen(_mixed("pane", shade, 0.35 + 0.65 * age), 1.6 if age == 1 else 1.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(line)


def _paint_others(
    painter: QPainter, area: QRectF, spread: Spread, step: int, base: float, age: float, number: int
) -> None:
    """Draw bars of what the axis has no place for; each is seen however few there are."""
    if not (spread.zero[step] or spread.small[step] or spread.bad[step]):
        return
    shade = _mixed("pane", spread.shade, 0.35 + 0.65 * age)
    bad = _mixed("pane", "bad", 0.35 + 0.65 * age)
    tall = area.height() * RISE
    left = area.left() - SIDE + 4 * number
    for share, x, ink in (
        (spread.zero[step], left, shade),
        (spread.small[step], left + 4, shade),
        (spread.bad[step], area.right() + 3 + 4 * number, bad),
    ):
        if share > 0:
            height = max(round(share * tall), 2)
            painter.fillRect(QRectF(round(x), round(base) - height, 3, height), ink)


def _paint_bands(painter: QPainter, area: QRectF, spreads: tuple[Spread, ...]) -> None:
    """Draw percentiles from the first step, at the left, to the newest; small values below."""
    for number, spread in enumerate(spreads):
        steps, bands = spread.band_steps, spread.bands
        known = np.isfinite(bands).all(1)
        steps, bands = steps[known], bands[known]
        if not len(steps):
            continue
        wide = max(float(steps[-1] - steps[0]), 1.0)
        x = area.left() + (steps - steps[0]) / wide * area.width()
        if len(steps) == 1:
            x, bands = np.array([area.left(), area.right()]), bands.repeat(2, 0)
        y = area.bottom() - bands / spread.heights.shape[1] * area.height()
        painter.setPen(Qt.PenStyle.NoPen)
        for low, high, alpha in ((0, 4, 0.18), (1, 3, 0.30)):
            if number == 0:
                painter.setBrush(colour(spread.shade, alpha))
                edges = np.concatenate([y[:, low], y[::-1, high]])
                painter.drawPolygon(polygon(np.concatenate([x, x[::-1]]), edges))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colour(spread.shade), 1.4))
        painter.drawPolyline(polygon(x, y[:, 2]))
        if number:
            painter.setPen(QPen(colour(spread.shade, 0.7), 1, Qt.PenStyle.DashLine))
            for edge in (0, 4):
                painter.drawPolyline(polygon(x, y[:, edge]))


def _mixed(ground: str, ink: str, share: float) -> QColor:
    """Return a colour between two of the theme's.

    It is opaque, so that what is behind does not shine through.
    """
    return _between(colour(ground).rgb(), colour(ink).rgb(), share)


@lru_cache(maxsize=512)
def _between(ground: int, ink: int, share: float) -> QColor:
    parts = zip(QColor(ground).getRgb()[:3], QColor(ink).getRgb()[:3], strict=True)
    return QColor(*(round(a + (b - a) * share) for a, b in parts))
