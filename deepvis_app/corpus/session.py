"""The best frames of a stream for every unit of a layer, while it runs.

The list is the same as a scan's (`Tops`), with a frame's number for a picture. Of one moment, and
of one picture that stays, only the best frame is listed: a camera gives thirty of them a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.state import NO_PLACE, Tops

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

APART_S = 2.0  # frames that are closer in time are of one moment, where they look alike as well
ALIKE = 0.9  # cosine of what two frames give in the layer
SAME = 0.1  # distance over the length of the longer one: one picture, however far apart in time


class SessionTops:
    """Lists the k best frames of each of C units; no frame is listed twice for a unit.

    A frame enters where it beats the last listed one. Those of the same moment that are listed
    already it takes the place of, if it beats them all; else it stays out.
    """

    def __init__(self, units: int, k: int, *, above: float = 0.0) -> None:
        self._value = np.full((units, k), -np.inf, np.float32)  # descending; -inf: free
        self._frame = np.zeros((units, k), np.uint64)
        self._place = np.full((units, k), NO_PLACE, np.int32)
        self._above = above
        self._times: dict[int, float] = {}  # of the frames that are listed
        self._codes: dict[int, NDArray[np.float32]] = {}

    @property
    def frames(self) -> frozenset[int]:
        """The frames that are listed for any unit."""
        return frozenset(self._times)

    def tops(self) -> Tops:
        """Return the list as it is; nothing changes it later."""
        free = np.isneginf(self._value)
        value = np.where(free, np.float32(np.nan), self._value)
        return Tops(value, self._frame.copy(), self._place.copy())

    def add(
        self,
        frame: int,
        now_s: float,
        scores: NDArray[np.float32],
        places: Callable[[NDArray[np.intp]], NDArray[np.int32]],
    ) -> NDArray[np.intp]:
        """Look at a frame's scores (C,); return the units that it entered the list of.

        `places` gives the position of the maximum for some units; it is asked for those alone. A
        score that is not finite enters nowhere.
        """
        beats = (scores > self._value[:, -1]) & (scores > self._above) & (scores < np.inf)
        units = np.flatnonzero(beats)
        if not len(units):
            return units
        alike = self._of_its_moment(now_s, scores)
        if len(alike):
            same = np.isin(self._frame[units], alike) & ~np.isneginf(self._value[units])
            highest = np.where(same, self._value[units], -np.inf).max(1)
            is_better = scores[units] > highest
            units, same = units[is_better], same[is_better]
            self._drop(units, same)
        if len(units):
            self._times[frame], self._codes[frame] = now_s, scores.copy()
            self._insert(units, frame, scores[units], places(units))
            self._forget()
        return units

    def _of_its_moment(self, now_s: float, scores: NDArray[np.float32]) -> NDArray[np.uint64]:
        """Return the listed frames that count as the same as one with these scores."""
        if not self._times:
            return np.zeros(0, np.uint64)
        frames = np.array(list(self._times), np.uint64)
        times = np.array(list(self._times.values()))
        codes = np.stack(list(self._codes.values()))
        codes, own = np.nan_to_num(codes), np.nan_to_num(scores)
        lengths, length = np.linalg.norm(codes, axis=1), float(np.linalg.norm(own))
        products = codes @ own
        is_alike = products >= ALIKE * lengths * length
        apart = np.sqrt(np.maximum(lengths**2 + length**2 - 2 * products, 0.0))
        is_same = apart <= SAME * np.maximum(lengths, length)
        found: NDArray[np.uint64] = frames[is_same | (is_alike & (abs(times - now_s) < APART_S))]
        return found

    def _drop(self, units: NDArray[np.intp], gone: NDArray[np.bool_]) -> None:
        """Take entries (of some units, by a mask (n, k)) off the list."""
        value = np.where(gone, -np.inf, self._value[units])
        order = np.argsort(gone, 1, kind="stable")
        self._value[units] = np.take_along_axis(value, order, 1)
        self._frame[units] = np.take_along_axis(self._frame[units], order, 1)
        self._place[units] = np.take_along_axis(self._place[units], order, 1)

    def _insert(
        self,
        units: NDArray[np.intp],
        frame: int,
        scores: NDArray[np.float32],
        places: NDArray[np.int32],
    ) -> None:
        value = np.concatenate([self._value[units], scores[:, None]], 1)
        order = np.argsort(-value, 1, kind="stable")[:, :-1]
        self._value[units] = np.take_along_axis(value, order, 1)
        own = np.full((len(units), 1), frame, np.uint64)
        frames = np.concatenate([self._frame[units], own], 1)
        self._frame[units] = np.take_along_axis(frames, order, 1)
        all_places = np.concatenate([self._place[units], places[:, None]], 1)
        self._place[units] = np.take_along_axis(all_places, order, 1)

    def _forget(self) -> None:
        """Forget the frames that are listed nowhere any more."""
        listed = set(self._frame[~np.isneginf(self._value)].tolist())
        for frame in self._times.keys() - listed:
            del self._times[frame], self._codes[frame]
