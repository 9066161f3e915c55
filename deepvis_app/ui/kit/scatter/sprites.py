"""Thumbnails of many pictures: they come one after another, and only so many are held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QObject, pyqtSignal

from deepvis_app.frames.cv import cv2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Pictures = NDArray[np.uint8]

SIDE = 64  # pixels
SMALL = 4  # times smaller is the copy that many small ones are made of
PAGE = 256  # thumbnails that get memory together
MOST = 12_288  # that are held: 160 MB
NONE = -1


class Sprites(QObject):
    """Squares (side, side, 3), by a picture's place among `count`; the oldest give way to new ones.

    It may be filled while it is shown. `side` is a multiple of 4.
    """

    filled = pyqtSignal()

    def __init__(self, count: int, side: int = SIDE, most: int = MOST) -> None:
        super().__init__()
        self.count, self.side, self._most = count, side, max(min(most, count), 1)
        self._slots = np.full(count, NONE, np.int32)
        self._places = np.full(self._most, NONE, np.int64)  # who has a slot
        self._next = 0
        self._pages: list[Pictures | None] = [None] * -(-self._most // PAGE)
        self._small: list[Pictures | None] = [None] * len(self._pages)

    def __len__(self) -> int:
        """Return how many there are."""
        return int((self._slots != NONE).sum())

    def put(self, places: Sequence[int] | NDArray[np.int64], pictures: Pictures) -> None:
        """Take thumbnails (k, side, side, 3), RGB, of pictures at k places, and tell so."""
        side = self.side
        if pictures.shape != (len(places), side, side, 3):
            raise ValueError(f"thumbnails must be ({len(places)}, {side}, {side}, 3)")
        for place, picture in zip(np.asarray(places).tolist(), pictures, strict=True):
            page, at = divmod(self._slot(place), PAGE)
            full, small = self._page(page)
            full[at] = picture
            small[at] = cv2.resize(picture, small.shape[1:3], interpolation=cv2.INTER_AREA)
        if len(places):
            self.filled.emit()

    def has(self, places: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which of some places (k,) have a thumbnail, (k,)."""
        found: NDArray[np.bool_] = self._slots[places] != NONE
        return found

    def scaled(self, places: NDArray[np.int64], side: int) -> Pictures:
        """Return the thumbnails of k places, all there, at a side: (k, side, side, 3)."""
        is_small = side <= self.side // SMALL
        pages, own = (self._small, self.side // SMALL) if is_small else (self._pages, self.side)
        found = np.empty((len(places), side, side, 3), np.uint8)
        page, at = np.divmod(self._slots[places], PAGE)
        for number in np.unique(page).tolist():
            here = np.flatnonzero(page == number)
            pictures = pages[number]
            assert pictures is not None
            found[here] = _resized(pictures[at[here]], own, side)
        return found

    def _slot(self, place: int) -> int:
        """Return where a picture's thumbnail is put: where it was, else in the oldest one's."""
        slot = int(self._slots[place])
        if slot != NONE:
            return slot
        slot = self._next
        self._next = (slot + 1) % self._most
        if (before := self._places[slot]) != NONE:
            self._slots[before] = NONE
        self._slots[place], self._places[slot] = slot, place
        return slot

    def _page(self, number: int) -> tuple[Pictures, Pictures]:
        full, small = self._pages[number], self._small[number]
        if full is None or small is None:
            full = np.empty((PAGE, self.side, self.side, 3), np.uint8)
            small = np.empty((PAGE, self.side // SMALL, self.side // SMALL, 3), np.uint8)
            self._pages[number], self._small[number] = full, small
        return full, small


def _resized(pictures: Pictures, own: int, side: int) -> Pictures:
    """Return k pictures at another side: below one another they are one, and stay apart."""
    if own == side:
        return pictures
    way = cv2.INTER_AREA if side < own else cv2.INTER_LINEAR
    if way == cv2.INTER_AREA:  # every pixel is made of one picture's alone
        tall = pictures.reshape(len(pictures) * own, own, 3)
        small = cv2.resize(tall, (side, len(pictures) * side), interpolation=way)
        return np.asarray(small, np.uint8).reshape(-1, side, side, 3)
    each = [cv2.resize(one, (side, side), interpolation=way) for one in pictures]
    return np.asarray(each, np.uint8)
