"""A slider that goes to where it is clicked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QStyle, QStyleOptionSlider, QWidget

from deepvis_app.ui.kit.wheel import Slider

if TYPE_CHECKING:
    from PyQt6.QtGui import QMouseEvent


class JumpSlider(Slider):
    """Horizontal; a double click asks for the default."""

    reset_requested = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self.setValue(self._value_at(event.position().x()))
        super().mousePressEvent(event)  # the handle is under the mouse now: a drag begins

    def mouseDoubleClickEvent(self, _event: QMouseEvent | None) -> None:
        self.reset_requested.emit()

    def _value_at(self, x: float) -> int:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        style = self.style()
        if style is None:
            return self.value()
        kind = QStyle.ComplexControl.CC_Slider
        handle = style.subControlRect(kind, option, QStyle.SubControl.SC_SliderHandle, self)
        groove = style.subControlRect(kind, option, QStyle.SubControl.SC_SliderGroove, self)
        place = round(x) - groove.left() - handle.width() // 2
        span = groove.width() - handle.width()
        return QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), place, span)
