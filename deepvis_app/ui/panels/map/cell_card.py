"""The cell of the atlas under the pointer, larger, with what is known of its photographs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from deepvis_app.ui.kit.elided_label import ElidedLabel
from deepvis_app.ui.kit.pictures.picture_view import PictureView
from deepvis_app.ui.panels.map.card import PAD, OverCard
from deepvis_app.ui.panels.map.strip import GAP, Strip
from deepvis_app.words.foreign import in_pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PyQt6.QtCore import QRect

    from deepvis_app.ui.panels.map.strip import Small

SIDE, WIDTH, GAP_PX = 128, 336, 12
LIKEST = 6  # photographs
BORDER = 1  # of a card


class CellCard(OverCard):
    """The picture at the left, facts beside it, below both the likest photographs."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over, WIDTH)
        self._picture = PictureView(ground="control")
        self._picture.setFixedSize(SIDE, SIDE)
        self._picture.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._title, self._told = ElidedLabel(), QLabel()
        self._title.setProperty("role", "value")
        self._told.setProperty("role", "detail")
        self._told.setWordWrap(True)
        self._lines: tuple[str, ...] = ()
        self._below = QLabel("Most like it")
        self._below.setProperty("role", "caption")
        inner = WIDTH - 2 * (PAD + BORDER)
        self.strip = Strip((inner - (LIKEST - 1) * GAP) // LIKEST, "Photographs of the cell")
        self.strip.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        told, beside, column = QVBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        told.setSpacing(3)
        told.addWidget(self._title)
        told.addWidget(self._told)
        told.addStretch(1)
        beside.setSpacing(GAP_PX)
        beside.addWidget(self._picture)
        beside.addLayout(told, 1)
        column.setContentsMargins(PAD, PAD, PAD, PAD)
        column.setSpacing(6)
        column.addLayout(beside)
        column.addWidget(self._below)
        column.addWidget(self.strip)

    def tell(self, title: str, lines: Sequence[str], beside: QRect) -> None:
        """Say what is known of a cell, and stand beside it."""
        self._title.set_text(title)
        self._lines = tuple(lines)
        self._told.setText("\n".join(map(in_pieces, lines)))
        self.setAccessibleName(", ".join((title, *lines)))
        self.show_beside(beside)

    def set_picture(self, picture: NDArray[np.uint8] | None, why_not: str = "") -> None:
        self._picture.set_empty_text(why_not)
        self._picture.set_picture(picture)

    def set_photographs(self, cells: Sequence[Small]) -> None:
        self.strip.set_cells(cells[:LIKEST])

    def words(self) -> tuple[str, ...]:
        """Return all that is said."""
        return (self._title.text(), *self._lines)
