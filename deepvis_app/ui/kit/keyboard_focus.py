"""The ring of keyboard focus: only who came by keyboard needs to see where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt

if TYPE_CHECKING:
    from PyQt6.QtGui import QFocusEvent
    from PyQt6.QtWidgets import QWidget

    _Widget = QWidget
else:
    _Widget = object  # Qt lets a class have one base of its own

_BY_KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


class KeyboardFocus(_Widget):
    """Mixed into a widget that paints its own ring; named before the class of Qt."""

    _by_keyboard = False

    @property
    def shows_focus(self) -> bool:
        """Whether the ring is to be painted."""
        return self._by_keyboard and self.hasFocus()

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        self._by_keyboard = event is not None and event.reason() in _BY_KEYBOARD
        super().focusInEvent(event)
