"""One side of what is taught: a button to hold, how many pictures there are, and these."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from deepvis_app.ui.kit.icon_button import IconButton
from deepvis_app.ui.kit.key_caps import KeyCaps
from deepvis_app.ui.panels.teach.wall import ExampleWall, WallScroll

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from PyQt6.QtGui import QHideEvent

    from deepvis_app.ui.kit.pictures.picture_grid import Cell


class SideView(QWidget):
    """Everything shown comes in by setters."""

    pressed = pyqtSignal()
    released = pyqtSignal()
    left = pyqtSignal()  # while it was pressed
    folder_chosen = pyqtSignal(Path)
    example_picked = pyqtSignal(int)  # its place: it is to go

    def __init__(self, title: str, tip: str, until: str, wall: str) -> None:
        """Make one; `until` says for how long its button is held."""
        super().__init__()
        self._title, self._tip, self._while = title, tip, until
        self.button = QPushButton(title)
        self.button.setCheckable(True)
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.pressed.connect(self.pressed)
        self.button.released.connect(self.released)
        self.button.clicked.connect(lambda: self.set_held(False))  # it is no switch
        self.keys = KeyCaps("")
        self.count = QLabel()
        self.count.setProperty("role", "value")
        self.folder = IconButton("folder", f"Choose a folder of pictures: {title.lower()}")
        self.folder.clicked.connect(self._choose_folder)
        self.wall = ExampleWall(wall, ("", ""))
        self.wall.picked.connect(self.example_picked)
        self.rows = WallScroll(self.wall)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.button)
        head.addWidget(self.keys)
        head.addWidget(self.count)
        head.addStretch(1)
        head.addWidget(self.folder)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.rows, 1)
        self.set_keys("")

    def set_keys(self, keys: str) -> None:
        self.keys.set_keys(keys)
        self.keys.setVisible(bool(keys))
        by_key = f", or hold {keys}" if keys else ""
        self.button.setToolTip(f"{self._tip}. Hold it{by_key}; a click takes one frame")
        held = f"Hold {keys}, or the button" if keys else "Hold the button"
        self.wall.set_empty_text(f"{held}, {self._while}", "Or choose a folder")

    def set_held(self, is_held: bool) -> None:
        """Show whether frames are taken for this side."""
        self.button.setChecked(is_held)

    def set_count(self, text: str, tip: str) -> None:
        self.count.setText(text)
        self.count.setToolTip(tip)

    def set_examples(self, cells: Sequence[Cell], wrong: Collection[int]) -> None:
        is_longer = len(cells) > self.wall.count()
        self.wall.set_examples(cells, wrong)
        bar = self.rows.verticalScrollBar()
        if is_longer and bar is not None:
            bar.setValue(0)  # the newest come first

    def _choose_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, f"{self._title}: a folder of pictures")
        if name:
            self.folder_chosen.emit(Path(name))

    # Qt's own methods

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        if self.button.isDown():
            self.button.setDown(False)
            self.left.emit()
