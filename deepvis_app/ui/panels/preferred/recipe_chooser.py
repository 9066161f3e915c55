"""Which recipe is used: its name, what it does in plain words, and keeping a changed one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from deepvis_app.ui.kit.chip_button import ChipButton
from deepvis_app.ui.kit.choice_popup import ChoiceGroup, ChoicePopup
from deepvis_app.ui.kit.icon_button import IconButton

if TYPE_CHECKING:
    from collections.abc import Sequence

POPUP_PX = 480  # wide enough for most descriptions


class RecipeChooser(QWidget):
    """A chip with the list of recipes; for a changed recipe a field to name and keep it."""

    chosen = pyqtSignal(str)  # key
    opened = pyqtSignal()
    save_requested = pyqtSignal(str)  # name
    reset_requested = pyqtSignal()
    remove_requested = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._popup = ChoicePopup(searchable=True)
        self._popup.setMinimumWidth(POPUP_PX)
        self._popup.chosen.connect(self.chosen)
        self._chip = ChipButton("How the pictures are made")
        self._chip.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._chip.set_popup(self._popup)
        self._chip.popup_opened.connect(self.opened)
        self._remove = IconButton("trash", "Remove this recipe of your own; Undo brings it back")
        self._remove.clicked.connect(self.remove_requested)
        self._remove.hide()
        self._words = QLabel()
        self._words.setProperty("role", "detail")
        self._words.setWordWrap(True)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._problem = QLabel()
        self._problem.setProperty("role", "bad")
        self._problem.setWordWrap(True)
        self._keeping = self._keep_row()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._chip, 1)
        top.addWidget(self._remove)
        column.addLayout(top)
        for widget in (self._words, self._keeping, self._problem):
            column.addWidget(widget)
        self.set_problem("")
        self._keeping.hide()

    def set_recipes(self, groups: Sequence[ChoiceGroup], current: str) -> None:
        self._popup.set_groups(groups)
        self._popup.set_current(current)

    def set_recipe(
        self, name: str, description: str, *, is_changed: bool, is_own: bool = False
    ) -> None:
        """Show the recipe in use; a changed one can be kept under a name or dropped."""
        self._chip.set_texts(name)
        self._words.setText(description)
        self._keeping.setVisible(is_changed)
        self._remove.setVisible(is_own)

    def set_problem(self, text: str) -> None:
        """Say what is wrong with a value, "" for nothing."""
        self._problem.setText(text)
        self._problem.setVisible(bool(text))

    def _keep_row(self) -> QWidget:
        self._name = QLineEdit()
        self._name.setPlaceholderText("Name of your own recipe")
        self._name.setToolTip("The changed recipe is kept under this name among your own")
        self._name.returnPressed.connect(self._on_save)
        save = QPushButton("Keep")
        save.setToolTip("Keep the changed recipe among your own")
        save.clicked.connect(self._on_save)
        drop = QPushButton("Undo")
        drop.setProperty("kind", "quiet")
        drop.setToolTip("Go back to the recipe as it was")
        drop.clicked.connect(self.reset_requested)
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._name, 1)
        row.addWidget(save)
        row.addWidget(drop)
        return holder

    def _on_save(self) -> None:
        if name := self._name.text().strip():
            self._name.clear()
            self.save_requested.emit(name)
        else:
            self._name.setFocus()
