"""The keys of a widget that can be zoomed, before those of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtGui import QKeyEvent

if TYPE_CHECKING:
    from PyQt6.QtCore import QEvent
    from PyQt6.QtWidgets import QWidget

    from deepvis_app.ui.kit.pictures.zooming import Zooming

    _Widget = QWidget
else:
    _Widget = object  # Qt lets a class have one base of its own


class ZoomKeys(_Widget):
    """Mixed into a widget that has a `_zooming`; named before the class of Qt."""

    _zooming: Zooming

    def event(self, event: QEvent | None) -> bool:
        if isinstance(event, QKeyEvent) and self._zooming.takes(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and not self._zooming.key(event.key()):
            super().keyPressEvent(event)
