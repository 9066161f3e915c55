"""Whose reasons are shown: the unit that is picked, or one that stays pinned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from deepvis_app.ui.kit.elided import elided
from deepvis_app.ui.kit.icon_button import IconButton
from deepvis_app.ui.kit.theme import set_look

if TYPE_CHECKING:
    from PyQt6.QtGui import QResizeEvent


class OriginLine(QWidget):
    """The unit's name, a button that pins it, one that saves the picture."""

    jump_requested = pyqtSignal()  # to the pinned unit
    pin_toggled = pyqtSignal()
    save_requested = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._whole = ""
        self._name = QPushButton()
        self._name.setProperty("flush", "left")
        self._name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._name.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._name.clicked.connect(self.jump_requested)
        self._pin = IconButton("pin", "Pin this unit: it stays explained while you look at others")
        self._pin.setCheckable(True)
        self._pin.clicked.connect(self._on_pin)
        self._save = IconButton("download", "Save the shown explanation as a picture")
        self._save.clicked.connect(self.save_requested)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._name, 1)
        row.addWidget(self._pin)
        row.addWidget(self._save)
        self.set_origin("", pinned=False)

    def set_origin(self, unit: str, *, pinned: bool) -> None:
        """Name the unit in question."""
        self._whole = f"pinned · {unit}" if pinned else "Follows the picked unit"
        self._pin.setChecked(pinned)
        self._pin.setEnabled(bool(unit))
        self._pin.setToolTip(
            "Let this unit go: follow the picked one again"
            if pinned
            else "Pin this unit: it stays explained while you look at others"
        )
        self._name.setEnabled(pinned)
        set_look(self._name, "kind", "pinned" if pinned else "plain")
        self._elide()

    def text(self) -> str:
        return self._whole

    def _on_pin(self) -> None:
        self._pin.setChecked(not self._pin.isChecked())  # until the state says so
        self.pin_toggled.emit()

    def _elide(self) -> None:
        room = self._name.width() - 18
        mode = Qt.TextElideMode.ElideMiddle
        shown = elided(self._name.fontMetrics(), self._whole, mode, max(room, 40))
        self._name.setText(shown)
        jump = "Go to the pinned unit" if self._name.isEnabled() else ""
        self._name.setToolTip(f"{self._whole}. {jump}." if jump else "")

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._elide()
