"""Several curves over steps, epochs or time; other pictures may point at the same place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QMenu, QSizePolicy

from deepvis_app.ui.kit.pictures.zoom import Zoom
from deepvis_app.ui.kit.plots.plot import MOST, Frame, Plot
from deepvis_app.ui.kit.plots.ticks import log_ticks, ticks

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.ui.kit.plots.drawing import Drawing, Span

EVERY_X, EVERY_Y = 72, 26  # px that a tick needs


class StepPlot(Plot):
    """Shows what `make` returns; a logarithmic drawing's values are logarithms to base 10.

    `make` is told whether the whole is seen: then the points that tell are enough.
    """

    pointed = pyqtSignal(object)  # the place under the pointer, None: none

    def __init__(self, name: str, empty: tuple[str, str], height: int = 140) -> None:
        frame = Frame(gutter=44, above=8, beside=4, below=2, caption=20, ground="background")
        super().__init__(name, frame, height=height, empty=empty)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(height)
        self._is_log = False
        self._elsewhere: float | None = None
        self.make: Callable[[bool], Drawing | None] = lambda _is_whole: None
        self.table: Callable[[], str] = lambda: ""
        self.extend_menu: Callable[[QMenu], None] = lambda _menu: None

    def changed(self, *, is_log: bool = False) -> None:
        """There is something else to be drawn."""
        self._is_log = is_log
        self.redraw_soon()

    def set_pointed(self, place: float | None) -> None:
        """Mark a place that is pointed at in another plot; this one's own pointer goes before."""
        self._elsewhere = place
        if not self.underMouse() and self._canvas is not None:
            self._canvas.point_out(place, tells=False)

    def drawing(self) -> Drawing | None:
        is_whole = self._zooming.zoom.is_whole
        given = self.make(is_whole)
        if given is None:
            return None
        if not is_whole:
            given = replace(given, y=_fitted(given, self.spans_of(given)[0]))
        x, y = self.spans_of(given)
        area = self.data_rect()
        across = max(int(area.width() / EVERY_X), 2)
        up = max(int(area.height() / EVERY_Y), 2)
        return replace(
            given,
            x_ticks=ticks(x, across),
            y_ticks=(log_ticks if self._is_log else ticks)(y, up),
        )

    def spans_of(self, drawing: Drawing) -> tuple[Span, Span]:
        """Zoom along the steps alone."""
        return super().spans_of(drawing)[0], drawing.y

    def show_places(self, first: float, last: float) -> None:
        """Zoom to what lies between two places."""
        drawing = self.make(True)
        if drawing is None or not last > first:
            return
        (low, high), whole = drawing.x, drawing.x[1] - drawing.x[0]
        times = min(max(whole / (last - first), 1.0), MOST)
        middle = ((first + last) / 2 - low) / (high - low)
        left = min(max(middle - 0.5 / times, 0.0), 1 - 1 / times)
        self._zooming.set(Zoom(left, 0.0, times))

    def data(self) -> str:
        """Return all points as CSV: what is drawn may be thinned, smoothed and logarithmic."""
        return self.table()

    def menu(self) -> QMenu:
        menu = super().menu()
        self.extend_menu(menu)
        return menu

    def _show_place(self, place: float | None) -> None:
        super()._show_place(place)
        self.pointed.emit(place)
        if place is None and self._canvas is not None:
            self._canvas.point_out(self._elsewhere, tells=False)


def _fitted(drawing: Drawing, x: Span) -> Span:
    """Return between which values the curves that are told of lie at some places, in the whole."""
    low, high = drawing.y
    seen = [c.y[(c.x >= x[0]) & (c.x <= x[1])] for c in drawing.curves if c.is_told]
    values = np.concatenate([*seen, np.zeros(0)])
    values = values[np.isfinite(values) & (values <= high)]
    if not len(values):
        return drawing.y
    least, most = max(float(values.min()), low), float(values.max())
    room = max(0.08 * (most - least), 1e-3 * (high - low))
    return max(least - room, low), min(most + room, high)
