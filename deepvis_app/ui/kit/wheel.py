"""Controls that leave the mouse wheel to the page, unless they have the focus.

A page is scrolled with the pointer wherever it happens to be: what lies under it on the way must
not change. Every control of the window whose value Qt lets the wheel change is one of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QComboBox, QDoubleSpinBox, QSlider, QSpinBox, QTabBar, QWidget

if TYPE_CHECKING:
    from PyQt6.QtGui import QWheelEvent

    Base = QWidget
else:
    Base = object  # a class may have one base of Qt's


class WheelNeedsFocus(Base):
    """Put before a Qt control: the wheel over it goes to what it lies in, until it is focused."""

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        elif event is not None:
            event.ignore()


class Slider(WheelNeedsFocus, QSlider):
    """A slider; a click leaves the focus where it is."""

    def __init__(self, orientation: Qt.Orientation, parent: QWidget | None = None) -> None:
        super().__init__(orientation, parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)


class SpinBox(WheelNeedsFocus, QSpinBox):
    """A field for a whole number."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # Qt's own would be given by the wheel


class DoubleSpinBox(WheelNeedsFocus, QDoubleSpinBox):
    """A field for a number."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


class ComboBox(WheelNeedsFocus, QComboBox):
    """A list to choose from."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


class TabBar(WheelNeedsFocus, QTabBar):
    """The names of pages."""
