"""A line that says which unit is held, and what it drops down: the scores before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from deepvis_app.state.ablating import HeldAt
from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.popup_button import PopupButton
from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.kit.segmented import Segment, Segmented
from deepvis_app.ui.kit.theme import set_look
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.known.ablation_words import ScoreChange
    from deepvis_app.nets import Unit

WIDTH_PX = 376
MOST_NAME = 16  # letters of a layer's name in the line
ROWS = 6
TIP = "The unit that is set to a value in the running network, and what that changes"
VALUES = (
    Segment(HeldAt.ZERO.value, "Zero", "Set the unit to zero at every place"),
    Segment(HeldAt.MEAN.value, "Mean", "Set it to its mean over all places of all photographs"),
)


class AblationView(QWidget):
    """Hidden while nothing is held. Everything shown comes in by setters."""

    released = pyqtSignal()
    at_picked = pyqtSignal(object)  # HeldAt
    explanation_requested = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._popup = self._make_popup()
        self.line = PopupButton(self._popup, TIP)
        set_look(self.line, "tone", "pinned")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.line)
        self.hide()

    def set_held(self, unit: Unit | None, at: HeldAt) -> None:
        self.setVisible(unit is not None)
        if unit is None:
            return
        name = unit.layer if len(unit.layer) <= MOST_NAME else f"…{unit.layer[-MOST_NAME:]}"
        whole = f"Unit {unit.index} of {unit.layer} is set to {at.value}"
        self.line.set_text(f"{name} · {unit.index} = {'0' if at is HeldAt.ZERO else 'mean'}", whole)
        self._header.set_title(f"Unit {unit.index} of {unit.layer}")
        self._values.set_current(at.value)

    def set_changes(self, changes: Sequence[ScoreChange], maximum: float, words: str) -> None:
        """Show scores before and after; `maximum` is what the unit would give by itself."""
        self._header.set_detail(f"by itself {figure(maximum)}")
        self._words.setText(words)
        self._words.setVisible(bool(words))
        for place, labels in enumerate(self._rows):
            change = changes[place] if place < len(changes) else None
            texts = (change.name, change.text, change.difference) if change else ("", "", "")
            for label, text in zip(labels, texts, strict=True):
                if isinstance(label, ElidedLabel):
                    label.set_text(text)
                else:
                    label.setText(text)

    def _make_popup(self) -> QWidget:
        popup = QWidget()
        popup.setFixedWidth(WIDTH_PX)
        self._header = SectionHeader("Unit", explains=True)
        self._header.explanation_requested.connect(
            lambda: self.explanation_requested.emit("ablation")
        )
        self._values = Segmented(VALUES, HeldAt.ZERO.value)
        self._values.picked.connect(lambda key: self.at_picked.emit(HeldAt(key)))
        undo = QPushButton("Undo")
        undo.setToolTip("Let the unit give what it gives by itself")
        undo.clicked.connect(self.released)
        controls = QHBoxLayout()
        controls.addWidget(self._values)
        controls.addStretch(1)
        controls.addWidget(undo)
        self._words = QLabel()
        self._words.setProperty("role", "muted")
        self._words.setWordWrap(True)
        self._words.hide()
        column = QVBoxLayout(popup)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(self._header)
        column.addLayout(controls)
        column.addLayout(self._grid())
        column.addWidget(self._words)
        return popup

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setColumnStretch(0, 1)
        grid.setHorizontalSpacing(16)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        self._rows: list[tuple[QLabel, QLabel, QLabel]] = []
        for row in range(ROWS):
            name, values, change = ElidedLabel(), QLabel(), QLabel()
            for column, label in enumerate((name, values, change)):
                if column:
                    label.setAlignment(right)
                if column != 1:
                    label.setProperty("role", "muted" if column else "")
                grid.addWidget(label, row, column)
            self._rows.append((name, values, change))
        return grid
