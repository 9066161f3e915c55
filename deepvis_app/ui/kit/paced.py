"""Repaints that wait for one another: eyes read a plot six times a second, not sixty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QTimer

if TYPE_CHECKING:
    from collections.abc import Callable

    from PyQt6.QtWidgets import QWidget

PAUSE_MS = 150


class PacedUpdate(QTimer):
    """Repaints a widget `PAUSE_MS` after `soon`; what changes until then is painted with it.

    Each repaint takes Python's lock from the thread that runs the network. `do`: what is done in
    place of a repaint.
    """

    def __init__(self, widget: QWidget, do: Callable[[], object] | None = None) -> None:
        super().__init__(widget)
        self.setSingleShot(True)
        self.setInterval(PAUSE_MS)
        self.timeout.connect(do or widget.update)

    def soon(self) -> None:
        if not self.isActive():
            self.start()
