"""Buttons in a corner of a map, for who has neither wheel nor keyboard at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt

from deepvis_app.ui.kit.icon_button import IconButton

if TYPE_CHECKING:
    from collections.abc import Callable

    from PyQt6.QtWidgets import QWidget

SIDE, BETWEEN, EDGE = 32, 4, 12  # logical pixels
WIDE = SIDE + 2 * EDGE  # that they take from a map


class ViewButtons:
    """One below the other in the lower right corner of a widget."""

    def __init__(self, widget: QWidget, deeds: dict[str, tuple[str, Callable[[], object]]]) -> None:
        """`deeds`: by the name of an icon, what a button says and does; from the top."""
        self._widget = widget
        self._buttons = []
        for icon_name, (tip, do) in deeds.items():
            button = IconButton(icon_name, tip, parent=widget)
            button.clicked.connect(do)
            button.setCursor(Qt.CursorShape.ArrowCursor)
            self._buttons.append(button)

    def place(self) -> None:
        """Put them where they belong in a widget of another size."""
        x, y = self._widget.width() - EDGE - SIDE, self._widget.height() - EDGE - SIDE
        for button in reversed(self._buttons):
            button.setGeometry(x, y, SIDE, SIDE)
            y -= SIDE + BETWEEN

    def set_shown(self, shown: bool) -> None:
        for button in self._buttons:
            button.setVisible(shown)
