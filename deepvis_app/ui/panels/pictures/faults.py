"""Pictures that could not be read, behind a button that counts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel

from deepvis_app.ui.kit.popup_button import PopupButton

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 320


class FaultButton(PopupButton):
    """Hidden while all could be read."""

    def __init__(self) -> None:
        self._list = QLabel()
        self._list.setWordWrap(True)
        self._list.setMargin(12)
        self._list.setFixedWidth(WIDTH)
        self._list.setTextFormat(Qt.TextFormat.PlainText)
        self._list.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        super().__init__(self._list, "List the pictures that could not be read, and why")
        self.hide()

    def set_faults(self, faults: Sequence[tuple[str, str]], more: int) -> None:
        """List (name, reason) pairs; `more` are there beside."""
        lines = [f"{name}: {reason}" for name, reason in faults]
        if more:
            lines.append(f"and {more} more")
        self._list.setText("\n".join(lines))
        self.set_text(f"{len(faults) + more} unreadable")
        self.setVisible(bool(faults or more))
