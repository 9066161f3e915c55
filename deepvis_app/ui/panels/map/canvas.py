"""The map itself, with the small pictures that are shown on it and below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QPoint, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QCursor

from deepvis_app.ui.kit.scatter.scatter_view import ScatterView
from deepvis_app.ui.kit.scatter.sprites import SIDE, Sprites
from deepvis_app.ui.kit.scatter.tiles import Tiles, tile_sides
from deepvis_app.ui.panels.map.card import PictureCard
from deepvis_app.ui.panels.map.cell_card import CellCard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PyQt6.QtGui import QImage, QKeyEvent

BESIDE = 8  # logical pixels between a cell and what is told of it
SAVED = 2  # times as many pixels as on the screen, each way


class MapCanvas(ScatterView):
    """Pictures are spoken of by their places in the map."""

    opened = pyqtSignal(int)  # Ctrl + Enter on the picked one
    side = SIDE  # of the small pictures

    def __init__(self) -> None:
        super().__init__("Map of pictures")
        self._sprites: Sprites | None = None
        self._kept: dict[int, NDArray[np.uint8]] = {}  # as they were given away last
        self._at = -1  # the picked one
        self.card = PictureCard(self)
        self.picked.connect(self._note)
        self.zoomed.connect(self.card.hide)
        self.cell_card = CellCard(self)
        self.zoomed.connect(self.cell_card.hide)
        self._cells: Tiles | None = None

    def _note(self, place: int, _keys: object) -> None:
        self._at = place

    def begin(self, points: NDArray[np.float32], *, has_pictures: bool) -> None:
        """Show points (N, 2) of other pictures: none is there yet. Without these all are dots."""
        self.set_sprites(None)
        self.set_colours(None)
        self.set_selected(None)
        self.set_points(points)
        self._sprites = Sprites(len(points)) if has_pictures else None
        self._kept.clear()
        self._at = -1
        self.set_sprites(self._sprites)

    def put(self, places: NDArray[np.int64], pictures: NDArray[np.uint8]) -> None:
        """Take small pictures (k, SIDE, SIDE, 3)."""
        if self._sprites is not None:
            self._sprites.put(places, pictures)

    def lacks(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those of some places whose picture is not there."""
        if self._sprites is None or not len(places):
            return np.zeros(0, np.int64)
        return places[~self._sprites.has(places)]

    def small(self, place: int) -> NDArray[np.uint8] | None:
        """Return a small picture, the same object for the same place; None: it is not there."""
        if self._sprites is None or not self._sprites.has(np.array([place]))[0]:
            return None
        if place not in self._kept:
            if len(self._kept) > 512:
                self._kept.clear()
            self._kept[place] = self._sprites.scaled(np.array([place]), SIDE)[0]
        return self._kept[place]

    def tell(self, title: str, detail: str) -> None:
        """Name the picture under the pointer; it is shown larger as soon as it comes."""
        self.card.set_picture(None)
        self.card.tell(title, detail, self.mapFromGlobal(QCursor.pos()))

    # The cells of an atlas

    def set_cells(
        self,
        middles: NDArray[np.floating] | None,
        shares: NDArray[np.floating] | None = None,
        side: float = 0.0,
        ends: tuple[str, str] | None = None,
    ) -> None:
        """Lay cells (K, 2) of a side over the map, of which pictures take `shares` (K,).

        `ends` are words over the left and the right one of all. None: there are no cells.
        """
        self._cells = None
        if middles is not None and shares is not None:
            self._cells = Tiles(middles, tile_sides(shares, side), ends)
        self.set_tiles(self._cells)

    def put_cell(self, number: int, picture: NDArray[np.uint8] | None) -> None:
        if self._cells is not None:
            self._cells.put(number, picture)

    def mark_cells(self, marked: NDArray[np.bool_] | None) -> None:
        """Dim all other cells; None: all are as they are, and none is picked."""
        if self._cells is not None:
            self._cells.set_marked(marked)
            if marked is None:
                self._cells.pick(None)

    def tell_cell(self, number: int, title: str, lines: Sequence[str]) -> None:
        """Show what is known of a cell, beside it."""
        if self._cells is None:
            return
        middle, half = self._cells.cloud.points[number], self._cells.sides[number] / 2
        corners = self.to_screen(middle + half * np.array([(-1, 1), (1, -1)]))
        (left, top), (right, low) = np.rint(corners).astype(int).tolist()
        area = QRect(QPoint(left, top), QPoint(right, low)).adjusted(-BESIDE, 0, BESIDE, 0)
        self.cell_card.tell(title, lines, area)

    def figure(self) -> QImage | None:
        """Return what is shown, sharper than on the screen; None while it is not seen."""
        if not self.isVisible():
            return None
        ratio = self.devicePixelRatioF() * SAVED
        return self.picture(QSize(round(self.width() * ratio), round(self.height() * ratio)))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() == Qt.Key.Key_Select and self._at >= 0:
            self.opened.emit(self._at)  # as Ctrl + Enter comes from the window
        else:
            super().keyPressEvent(event)
