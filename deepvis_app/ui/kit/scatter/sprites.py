"""Thumbnails of many pictures: they come one after another, and only so many are held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PyQt6.QtCore import QObject, pyqtSignal

from deepvis_app.frames.cv import cv2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Pictures = NDArray[np.uint8]  # (k, side, side, 3)

SIDE = 64  # pixels
HALVED = 3  # times: so many smaller copies are held, that small ones are quickly made of
PAGE = 256  # thumbnails that get memory together
MOST = 12_288  # that are held: 200 MB with their copies
NONE = -1


class Sprites(QObject):
    """Squares (side, side, 3), by a picture's place among `count`; the oldest give way to new ones.

    It may be filled while it is shown. `side` is a multiple of 8.
    """

    filled = pyqtSignal()

    def __init__(self, count: int, side: int = SIDE, most: int = MOST) -> None:
        super().__init__()
        if side % 2**HALVED:
            raise ValueError(f"a thumbnail's side must be a multiple of {2**HALVED}, not {side}")
        self.count, self.side, self._most = count, side, max(min(most, count), 1)
        self._slots = np.full(count, NONE, np.int32)
        self._places = np.full(self._most, NONE, np.int64)  # who has a slot
        self._next = 0
        self._pages: list[tuple[Pictures, ...]] = []  # each at every size

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
            for size in self._page(page):
                if size.shape[1] != len(picture):
                    picture = cv2.resize(picture, size.shape[1:3], interpolation=cv2.INTER_AREA)
                size[at] = picture
        if len(places):
            self.filled.emit()

    def has(self, places: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which of some places (k,) have a thumbnail, (k,)."""
        found: NDArray[np.bool_] = self._slots[places] != NONE
        return found

    def scaled(self, places: NDArray[np.int64], side: int) -> Pictures:
        """Return the thumbnails of k places, all there, at a side: (k, side, side, 3)."""
        size = max((n for n in range(HALVED + 1) if self.side >> n >= side), default=0)
        found = np.empty((len(places), side, side, 3), np.uint8)
        page, at = np.divmod(self._slots[places], PAGE)
        for number in np.unique(page).tolist():
            here = np.flatnonzero(page == number)
            found[here] = _resized(self._pages[number][size][at[here]], side)
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

    def _page(self, number: int) -> tuple[Pictures, ...]:
        while len(self._pages) <= number:  # slots are given one after another
            sides = [self.side >> n for n in range(HALVED + 1)]
            self._pages.append(tuple(np.empty((PAGE, s, s, 3), np.uint8) for s in sides))
        return self._pages[number]


def _resized(pictures: Pictures, side: int) -> Pictures:
    """Return k pictures at another side: below one another they are one, and stay apart."""
    count, own = pictures.shape[:2]
    if own == side:
        return pictures
    if side > own:
        sized = [cv2.resize(one, (side, side), interpolation=cv2.INTER_LINEAR) for one in pictures]
        return np.asarray(sized, np.uint8)
    way = cv2.INTER_LINEAR if own < 2 * side else cv2.INTER_AREA
    tall = cv2.resize(pictures.reshape(-1, own, 3), (side, count * side), interpolation=way)
    return np.asarray(tall, np.uint8).reshape(count, side, side, 3)
