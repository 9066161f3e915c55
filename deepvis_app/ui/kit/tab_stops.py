"""Where Tab goes inside a part of the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget


def tab_stops(part: QWidget) -> list[QWidget]:
    """Return what of a part takes the focus by Tab, in the window's order, shown or not."""
    stops = []
    widget = part.nextInFocusChain()
    while widget is not None and widget is not part:
        takes = widget.focusPolicy().value & Qt.FocusPolicy.TabFocus.value
        if takes and part.isAncestorOf(widget):
            stops.append(widget)
        widget = widget.nextInFocusChain()
    return stops


def follow_on(before: QWidget, part: QWidget) -> None:
    """Let Tab go from `before` through a part, in the part's own order."""
    for widget in tab_stops(part):
        before.setTabOrder(before, widget)
        before = widget
