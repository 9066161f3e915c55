"""The best frames of this session: a row of them, to be kept or thrown away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from deepvis_app.ui.kit.section_header import SectionHeader
from deepvis_app.ui.panels.pictures.tiles import TileGrid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deepvis_app.ui.panels.pictures.tiles import Tile

COLUMNS = 5


class SessionFrames(QWidget):
    """Everything shown comes in by setters."""

    keep_requested = pyqtSignal()
    drop_requested = pyqtSignal()
    explanation_requested = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self._header = SectionHeader("Best frames of this session", explains=True)
        self._header.explanation_requested.connect(self.explanation_requested)
        self.tiles = TileGrid(COLUMNS, "Best frames of this session")
        self._words = QLabel()
        self._words.setProperty("role", "muted")
        self._words.setWordWrap(True)
        self._keep = QPushButton("Keep")
        self._keep.setToolTip("Write these frames to a folder of pictures, and scan that")
        self._keep.clicked.connect(self.keep_requested)
        self._drop = QPushButton("Throw away")
        self._drop.setToolTip("Forget the frames gathered so far, and begin anew")
        self._drop.clicked.connect(self.drop_requested)
        for button in (self._keep, self._drop):
            button.setProperty("kind", "quiet")
        self._buttons = QWidget()
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._keep)
        row.addWidget(self._drop)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self._header, self._words, self.tiles, self._buttons):
            column.addWidget(widget)

    def set_frames(self, tiles: Sequence[Tile], detail: str) -> None:
        self.tiles.set_tiles(tiles)
        self.tiles.setVisible(bool(tiles))
        self._header.set_detail(detail)

    def set_words(self, text: str) -> None:
        """Say why there are none; "": there are."""
        self._words.setText(text)
        self._words.setVisible(bool(text))

    def offer(self, *, keep: bool) -> None:
        """Offer to keep and to throw away what there is."""
        self._buttons.setVisible(keep)
