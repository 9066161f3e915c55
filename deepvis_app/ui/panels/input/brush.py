"""Dragging over the input covers a part of it, and everything answers to the rest."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from deepvis_app.nets import Box

if TYPE_CHECKING:
    from deepvis_app.nets import Network
    from deepvis_app.state.explaining import ExplainOptions
    from deepvis_app.ui.main_window import MainWindow


class BrushPresenter(QObject):
    """From gestures on the input to the options' strokes, and these back to the picture."""

    def __init__(self, window: MainWindow, options: ExplainOptions) -> None:
        super().__init__(window)
        self._view = window.input
        self._closer = window.closer
        self._options = options
        self._network: Network | None = None
        self._at: tuple[float, float] | None = None  # where the stroke in hand is
        picture = self._view.picture
        picture.dragged.connect(self._drag)
        picture.released.connect(self.lift)
        self._view.strokes_cleared.connect(self.clear)
        self._view.stroke_undone.connect(self.undo)
        self._closer.brush_toggled.connect(lambda on: setattr(options, "is_brushing", on))
        options.events.is_brushing.connect(self._show_brushing)
        options.events.strokes.connect(self._show_strokes)
        options.events.is_watched.connect(lambda on, *_: None if on else self.put_down())

    def set_network(self, network: Network | None) -> None:
        self._network = network
        self.put_down()

    def toggle(self) -> None:
        self._options.is_brushing = not self._options.is_brushing

    def lift(self) -> None:
        """End the stroke; what it covers stays covered."""
        self._at = None
        self._view.picture.set_patch(None)

    def put_down(self) -> None:
        """Drag no more; what is covered stays so."""
        self.lift()
        self._options.is_brushing = False

    def clear(self) -> None:
        """Uncover the picture."""
        self._options.strokes = ()

    def undo(self) -> bool:
        """Take the last stroke back; return whether there was one."""
        found = bool(self._options.strokes)
        self._options.strokes = self._options.strokes[:-1]
        return found

    def _drag(self, y: float, x: float) -> None:
        """Go on with the stroke, without gaps however fast the pointer is; or begin one."""
        if not self._options.is_brushing or self._network is None:
            return
        strokes, before = self._options.strokes, self._at
        if before is None:
            strokes, before = (*strokes, ()), (y, x)
        far = max(abs(y - before[0]), abs(x - before[1]))
        steps = max(math.ceil(far / max(self._options.patch_px / 4, 1)), 1)
        path = [
            self._box(*(a + (b - a) * k / steps for a, b in zip(before, (y, x), strict=True)))
            for k in range(1, steps + 1)
        ]
        stroke = tuple(dict.fromkeys((*strokes[-1], *path)))
        self._at = (y, x)
        self._options.strokes = (*strokes[:-1], stroke)
        self._view.picture.set_patch(path[-1])

    def _box(self, y: float, x: float) -> Box:
        assert self._network is not None
        height, width = self._network.input_shape[1:]
        side = self._options.patch_px
        top = min(max(round(y - side / 2), 0), max(height - side, 0))
        left = min(max(round(x - side / 2), 0), max(width - side, 0))
        return Box(top, left, min(top + side, height), min(left + side, width))

    def _show_brushing(self, on: bool, *_: object) -> None:
        self._closer.set_brushing(on)
        self._view.set_brushing(on)
        if not on:
            self.lift()

    def _show_strokes(self, strokes: tuple[tuple[Box, ...], ...], *_: object) -> None:
        self._view.set_strokes(len(strokes))
        self._view.picture.set_covered(tuple(box for stroke in strokes for box in stroke))
