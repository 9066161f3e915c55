"""How a unit reaches the picture through the first layer's filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QLabel, QVBoxLayout, QWidget

from deepvis_app.ui.kit.pictures.picture_grid import PictureGrid
from deepvis_app.ui.kit.section_header import SectionHeader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.ui.kit.pictures.picture_grid import Cell

COLUMNS = 5


class ReachView(QWidget):
    """Tiles with captions: the path to the picture itself, then the strongest filters."""

    filter_picked = pyqtSignal(int)  # number of the tile
    explanation_requested = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.tiles = PictureGrid(
            COLUMNS, "Filters by which the unit reaches the picture", has_captions_below=True
        )
        self.tiles.picked.connect(self.filter_picked)
        self._header = SectionHeader("Reaches the input", explains=True)
        self._header.explanation_requested.connect(self.explanation_requested)
        self._note = QLabel()
        self._note.setProperty("role", "muted")
        self._note.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self._header, self.tiles, self._note):
            column.addWidget(widget)
        self.hide()

    def set_tiles(self, title: str, detail: str, cells: Sequence[Cell], note: str) -> None:
        """Show tiles, and in a sentence what they are; without either the view is not shown."""
        self._header.set_title(title)
        self._header.set_detail(detail)
        self.tiles.set_cells(cells)
        self.tiles.setVisible(bool(cells))
        self._note.setText(note)
        self._note.setVisible(bool(note))
        self.setVisible(bool(cells) or bool(note))
