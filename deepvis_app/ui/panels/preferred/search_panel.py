"""How many variations of a recipe are tried, how far that is, and their pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.pictures.picture_grid import PictureGrid
from deepvis_app.ui.kit.run_bar import RunBar
from deepvis_app.ui.kit.segmented import Segment, Segmented
from deepvis_app.ui.panels.preferred.variation_card import VariationCard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.ui.kit.pictures.picture_grid import Cell
    from deepvis_app.ui.panels.preferred.variation_card import Opened

COUNTS = (9, 18, 36, 72)
EMPTY = (
    "Each variation has other regularisers, transforms and rates, drawn at random, and makes one "
    "picture of this unit. The best come first: click one to see what is different in it and to "
    "use its recipe."
)


class SearchPanel(QWidget):
    """Everything shown comes in by setters."""

    picked = pyqtSignal(int)  # place in the grid

    def __init__(self) -> None:
        super().__init__()
        options = [
            Segment(str(n), str(n), f"Try {n} random variations, the same every time")
            for n in COUNTS
        ]
        self._counts = Segmented(options)
        self._counts.setAccessibleName("How many variations are tried")
        self._name = ElidedLabel()
        self._name.setProperty("role", "muted")
        self._name.setTextFormat(Qt.TextFormat.PlainText)
        self._empty = QLabel(EMPTY)
        self._empty.setProperty("role", "muted")
        self._empty.setWordWrap(True)
        self._grid = PictureGrid(
            3, "Variations of the recipe, the best first", has_captions_below=True
        )
        self._grid.picked.connect(self.picked)
        self.run = RunBar("Search", "Try these variations; what was tried before is there at once")
        self.card = VariationCard()
        self._arrange()
        self.set_recipe("")
        self.set_cells(())
        self.set_opened(None)

    def count(self) -> int:
        """Return how many are to be tried."""
        return int(self._counts.current())

    def set_recipe(self, name: str) -> None:
        self._name.set_text(f"variations of {name}" if name else "variations")

    def set_running(self, is_running: bool) -> None:
        self._counts.setEnabled(not is_running)

    def set_cells(self, cells: Sequence[Cell]) -> None:
        """Show the variations in this order; none: what a search is."""
        self._grid.set_cells(cells)
        self._empty.setVisible(not cells)
        self._grid.setVisible(bool(cells) and self.card.isHidden())

    def set_opened(self, opened: Opened | None) -> None:
        """Show one variation large in place of all; None: all."""
        if opened is not None:
            self.card.set_opened(opened)
        self.card.setVisible(opened is not None)
        self._grid.setVisible(opened is None and bool(self._grid.cells()))

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._counts)
        row.addWidget(self._name, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(row)
        for widget in (self.run, self._empty, self.card, self._grid):
            column.addWidget(widget)
