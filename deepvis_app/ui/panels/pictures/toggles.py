"""Which pictures are left out, and whether crops are dark where the unit is silent."""

from __future__ import annotations

from PyQt6.QtCore import QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtWidgets import QCheckBox, QHBoxLayout, QWidget


class Toggles(QWidget):
    """Three boxes to tick."""

    varied_toggled = pyqtSignal(bool)
    inner_toggled = pyqtSignal(bool)
    masked_toggled = pyqtSignal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._varied = _box("Varied", "Leave out near copies, whose codes have a cosine of 0.95")
        self._inner = _box(
            "Inner places", "Leave out places at the border, whose field goes beyond the picture"
        )
        self._masked = _box("Masked", "Darken each crop where the unit itself is silent")
        self._varied.toggled.connect(self.varied_toggled)
        self._inner.toggled.connect(self.inner_toggled)
        self._masked.toggled.connect(self.masked_toggled)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        for box in (self._varied, self._inner, self._masked):
            row.addWidget(box)
        row.addStretch(1)

    def set_states(self, *, varied: bool, inner: bool, masked: bool) -> None:
        states = ((self._varied, varied), (self._inner, inner), (self._masked, masked))
        for box, is_on in states:
            blocked = QSignalBlocker(box)
            box.setChecked(is_on)
            blocked.unblock()

    def allow_masked(self, why_not: str) -> None:
        """Say why crops cannot be darkened now, "" where they can."""
        self._masked.setEnabled(not why_not)
        self._masked.setToolTip(why_not or "Darken each crop where the unit itself is silent")


def _box(text: str, tip: str) -> QCheckBox:
    box = QCheckBox(text)
    box.setToolTip(tip)
    box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return box
