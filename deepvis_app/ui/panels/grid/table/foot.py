"""Below the table: what is said of the picked unit and of all, and what can be done with them."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from deepvis_app.ui.kit.elided_label import ElidedLabel

LINE = 28


class TableFoot(QWidget):
    """Everything shown comes in by setters."""

    hold_requested = pyqtSignal()  # the picked unit at zero, or to let it go
    matrix_requested = pyqtSignal()
    compare_requested = pyqtSignal()
    copy_requested = pyqtSignal()
    save_requested = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.buttons: dict[str, QPushButton] = {}  # by what they say
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._unit_line())
        column.addLayout(self._foot_line())

    def set_foot(self, text: str, tip: str) -> None:
        """Say how many units there are, and of what their statistics."""
        self._foot.set_text(text)
        self._foot.setToolTip(tip)

    def set_unit(self, text: str, change: str, *, is_held: bool) -> None:
        """Say how selective the picked unit is, and what its absence changes while it is held."""
        self._unit.set_text(text)
        self._change.set_text(change)
        self._hold.setText("Undo" if is_held else "Set to zero")
        self._hold.setEnabled(bool(text))

    def _unit_line(self) -> QHBoxLayout:
        self._unit, self._change = ElidedLabel(), ElidedLabel()
        self._unit.setProperty("role", "detail")
        self._change.setProperty("role", "pinned")
        self._change.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._hold = _button(
            "Set to zero",
            "Set the picked unit to zero in the running network and see which scores change",
        )
        self._hold.clicked.connect(self.hold_requested)
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(self._unit)
        line.addWidget(self._change, 1)
        line.addWidget(self._hold)
        return line

    def _foot_line(self) -> QHBoxLayout:
        self._foot = ElidedLabel()
        self._foot.setProperty("role", "caption")
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self._foot, 1)
        for text, tip, signal in (
            (
                "Compare",
                "Compare with another corpus: other pictures, or the same under other weights",
                self.compare_requested,
            ),
            (
                "Correlations",
                "Show how all units go together, as a picture",
                self.matrix_requested,
            ),
            ("Copy", "Copy the table as it stands, as text", self.copy_requested),
            ("Save as CSV", "Write the table as it stands into a file", self.save_requested),
        ):
            button = _button(text, tip)
            button.clicked.connect(signal)
            self.buttons[text] = button
            line.addWidget(button)
        return line


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setProperty("kind", "quiet")
    button.setToolTip(tip)
    button.setFixedHeight(LINE)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
