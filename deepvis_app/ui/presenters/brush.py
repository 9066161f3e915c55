"""Dragging over the input covers a part of it, and everything answers to the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from deepvis_app.nets import Box

if TYPE_CHECKING:
    from deepvis_app.nets import Network
    from deepvis_app.state.explaining import ExplainOptions
    from deepvis_app.ui.main_window import MainWindow


class BrushPresenter(QObject):
    """From gestures on the input to the options' box, and the box back to the picture."""

    def __init__(self, window: MainWindow, options: ExplainOptions) -> None:
        super().__init__(window)
        self._view = window.input
        self._closer = window.closer
        self._options = options
        self._network: Network | None = None
        picture = self._view.picture
        picture.dragged.connect(self._drag)
        picture.released.connect(self.lift)
        self._closer.brush_toggled.connect(lambda on: setattr(options, "is_brushing", on))
        options.events.is_brushing.connect(self._show_brushing)
        options.events.box.connect(lambda box, *_: picture.set_patch(box))
        options.events.is_watched.connect(lambda on, *_: None if on else self.put_down())

    def set_network(self, network: Network | None) -> None:
        self._network = network
        self.put_down()

    def toggle(self) -> None:
        self._options.is_brushing = not self._options.is_brushing

    def lift(self) -> None:
        """Uncover the picture."""
        self._options.box = None

    def put_down(self) -> None:
        """Uncover the picture, and drag no more."""
        self.lift()
        self._options.is_brushing = False

    def _drag(self, y: float, x: float) -> None:
        if not self._options.is_brushing or self._network is None:
            return
        height, width = self._network.input_shape[1:]
        side = self._options.patch_px
        top = min(max(round(y - side / 2), 0), max(height - side, 0))
        left = min(max(round(x - side / 2), 0), max(width - side, 0))
        self._options.box = Box(top, left, min(top + side, height), min(left + side, width))

    def _show_brushing(self, on: bool, *_: object) -> None:
        self._closer.set_brushing(on)
        self._view.set_brushing(on)
        if not on:
            self.lift()
