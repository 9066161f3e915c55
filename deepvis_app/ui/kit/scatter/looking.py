"""Which part of a map a widget shows: by the middle and times the whole, whatever its size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QObject, QPointF, QRectF, pyqtSignal

from deepvis_app.ui.kit.scatter.cloud import Window
from deepvis_app.ui.kit.scatter.lens import LEAST, MARGIN, MOST, Lens
from deepvis_app.ui.kit.scatter.still import View
from deepvis_app.ui.kit.scatter.thumbs import GAP, side_px

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from PyQt6.QtWidgets import QWidget

    from deepvis_app.ui.kit.scatter.scene import Scene

    Size = tuple[float, float]
    Looked = tuple[float, float, float]  # the middle, in the map's units, and times the whole

FEW = 512  # points, up to which thumbnails may reach further than the usual margin
EDGE = 8  # logical pixels at the edge that are not quite in view


class Looking(QObject):
    """`shown` gives what is shown just now."""

    changed = pyqtSignal()

    def __init__(self, widget: QWidget, shown: Callable[[], Scene]) -> None:
        super().__init__(widget)
        self._widget, self._scene = widget, shown
        self.state: Looked | None = None  # None: the whole

    @property
    def times(self) -> float:
        """How much larger the map is than when it is shown whole."""
        return self.state[2] if self.state else 1.0

    @property
    def size(self) -> Size:
        """Of the widget, in logical pixels."""
        return float(self._widget.width()), float(self._widget.height())

    def lens(self) -> Lens:
        whole = self._whole()
        if self.state is None:
            return whole
        x, y, times = self.state
        return Lens(x, y, whole.scale * times)

    def view(self) -> View:
        return view_of(self.lens(), self.size, self._widget.devicePixelRatioF())

    def set(self, state: Looked | None) -> None:
        """Look at what `state` was; a wrong one is taken for the whole."""
        if state is not None and not (np.isfinite(state).all() and LEAST <= state[2] <= MOST):
            state = None
        if state != self.state:
            self.state = state
            self.changed.emit()

    def by(self, lens: Lens) -> None:
        """Look through a lens whose middle stays in the map."""
        if len(self._scene()):
            lens = lens.within(self._scene().box)
            self.set((lens.x, lens.y, lens.scale / self._whole().scale))

    def move(self, across: float, down: float) -> None:
        """Show what lies so many logical pixels further right and down."""
        self.by(self.lens().moved(across, down))

    def reveal(self, x: float, y: float) -> None:
        """Put a point of the map into the middle, if it is not in view."""
        across, down = self.lens().to_screen(np.array([(x, y)]), self.size)[0].tolist()
        inner = QRectF(self._widget.rect()).adjusted(EDGE, EDGE, -EDGE, -EDGE)
        if not inner.contains(QPointF(across, down)):
            self.by(Lens(x, y, self.lens().scale))

    def corners(self) -> NDArray[np.float64]:
        """Return those of what is in view, (4, 2), in the map's units."""
        wide, tall = self.size
        return self.lens().to_map(np.array([(0, 0), (wide, 0), (wide, tall), (0, tall)]), self.size)

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Enlarge about a pixel of the widget, else about its middle."""
        at = at or QRectF(self._widget.rect()).center()
        lens, whole = self.lens(), self._whole().scale
        scale = min(max(lens.scale * factor, LEAST * whole), MOST * whole)
        self.by(lens.about((at.x(), at.y()), self.size, scale))

    def _whole(self) -> Lens:
        """Show all of it, thumbnails too: the fewer there are the larger they are."""
        scene, ratio = self._scene(), self._widget.devicePixelRatioF()
        lens = Lens.fitting(scene.box, self.size)
        if scene.sprites is None or len(scene) > FEW:
            return lens
        side = side_px(scene.cloud, scene.sprites.side, lens.scale * ratio, ratio) / ratio
        across, down = (max(margin, side / 2 + GAP) for margin in MARGIN)
        return Lens.fitting(scene.box, self.size, (across, down))


def view_of(lens: Lens, size: Size, ratio: float) -> View:
    """Return which of the screen's pixels a lens shows in so many logical ones."""
    scale = lens.scale * ratio
    wide, tall = max(round(size[0] * ratio), 1), max(round(size[1] * ratio), 1)
    left, top = round(lens.x * scale - wide / 2), round(-lens.y * scale - tall / 2)
    return View(Window(left, top, left + wide, top + tall), scale, ratio)
