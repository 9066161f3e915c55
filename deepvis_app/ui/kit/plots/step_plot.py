"""Several curves over steps, epochs or time; other pictures may point at the same place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QMenu, QSizePolicy

from deepvis_app.ui.kit.plots.plot import Frame, Plot
from deepvis_app.ui.kit.plots.ticks import log_ticks, ticks

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.ui.kit.plots.drawing import Drawing

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
        given = self.make(self._zooming.zoom.is_whole)
        if given is None:
            return None
        x, y = self.spans_of(given)
        area = self.data_rect()
        across = max(int(area.width() / EVERY_X), 2)
        up = max(int(area.height() / EVERY_Y), 2)
        return replace(
            given,
            x_ticks=ticks(x, across),
            y_ticks=(log_ticks if self._is_log else ticks)(y, up),
        )

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
