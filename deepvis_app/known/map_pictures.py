"""A map's pictures, small: a few at a time, those first that there is room for. And which is live.

All is read where files are read, never on the window's thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.pictures import Entry, FileSource, source_of
from deepvis_app.errors import UserError
from deepvis_app.frames.cv import cv2
from deepvis_app.frames.listing import PICTURE_SUFFIXES
from deepvis_app.frames.source import PictureError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from numpy.typing import NDArray

    from deepvis_app.known.corpora import Read
    from deepvis_app.known.map_facts import MapFacts

    Pictures = NDArray[np.uint8]

AT_ONCE = 12  # pictures in one question: whoever asks next has not long to wait
MISSING = 112  # grey, of a picture that is gone or another one now
LABEL = " · "  # between a picture's name and its class in a frame's title


@dataclass(frozen=True, slots=True, eq=False)
class Thumbs:
    """Squares (k, side, side, 3) of the pictures at k places; `lost` (k,) are plain grey."""

    places: NDArray[np.int64]
    pictures: Pictures
    lost: NDArray[np.bool_]


class MapThumbs:
    """Reads small pictures of a map, one question at a time. For the main thread."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._asked: Future[Thumbs] | None = None
        self._of: MapFacts | None = None

    @property
    def is_busy(self) -> bool:
        """Whether pictures are being read."""
        return self._asked is not None and not self._asked.done()

    def take(self, facts: MapFacts) -> Thumbs | None:
        """Return what was read, if it is of this map."""
        if self._asked is None or self.is_busy:
            return None
        asked, self._asked = self._asked, None
        return asked.result() if self._of is facts else None

    def ask(self, facts: MapFacts, wanted: NDArray[np.int64], side: int) -> None:
        """Have the first of these pictures read."""
        if len(wanted):
            self._of = facts
            self._asked = self._read(partial(thumbs, facts, wanted[:AT_ONCE].copy(), side))


def thumbs(facts: MapFacts, places: NDArray[np.int64], side: int) -> Thumbs:
    """Read the pictures at some places as squares; for a thread that may wait for a disk."""
    pictures = np.full((len(places), side, side, 3), MISSING, np.uint8)
    lost = np.zeros(len(places), bool)
    for number, place in enumerate(places.tolist()):
        picture = picture_at(facts, place, side)
        if picture is None:
            lost[number] = True
        else:
            pictures[number] = squared(picture, side)
    return Thumbs(places, pictures, lost)


def is_changed(facts: MapFacts, place: int) -> bool:
    """Tell whether a picture's file is there and not as it was scanned; for a thread that reads."""
    try:
        return bool(facts.of.source) and not _is_as_scanned(facts, place)
    except (PictureError, UserError):
        return False


def _is_as_scanned(facts: MapFacts, place: int) -> bool:
    plan, row = facts.of.plan, facts.row(place)
    before = int(plan.sizes[row]), int(plan.changed_ns[row])
    return source_of(facts.of.source).facts(plan.names[row]) == before


def picture_at(facts: MapFacts, place: int, shortest_px: int) -> Pictures | None:
    """Read a picture (H, W, 3); None for one that is gone, another one now, or of a data set."""
    if not facts.of.source:
        return None
    try:
        if not _is_as_scanned(facts, place):
            return None
        name = facts.of.plan.names[facts.row(place)]
        return source_of(facts.of.source).read(name, shortest_px)
    except (PictureError, UserError):
        return None


def squared(picture: Pictures, side: int) -> Pictures:
    """Return the middle of a picture as a square, averaged by area where it is shrunk."""
    height, width = picture.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    middle = np.ascontiguousarray(picture[top : top + short, left : left + short])
    way = cv2.INTER_AREA if short >= side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(middle, (side, side), interpolation=way), np.uint8)


class LivePicture:
    """Which picture of a map the frame is, by its content. For the main thread."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._known: tuple[object, int | None] = (None, None)
        self._asked: tuple[object, Future[int | None]] | None = None

    def id_of(self, spec: str, title: str) -> int | None:
        """Return the id of the file that a source shows under a title; None: not known, or none."""
        wanted = spec, title
        if self._asked is not None and self._asked[1].done():
            asked, future = self._asked
            self._known, self._asked = (asked, future.result()), None
        if self._known[0] == wanted:
            return self._known[1]
        if self._asked is None or self._asked[0] != wanted:
            self._asked = wanted, self._read(partial(content_id, spec, title))
        return None


def content_id(spec: str, title: str) -> int | None:
    """Return the id of the picture of a source (a picture, several, or a folder) by its title.

    None where there is no such file: it is a camera's, or of a video.
    """
    for path in _candidates(spec, title.partition(LABEL)[0]):
        if path.suffix.lower() in PICTURE_SUFFIXES:
            try:
                return FileSource(path.parent).identify(Entry(path.name)).id
            except (PictureError, UserError, ValueError):
                continue
    return None


def _candidates(spec: str, name: str) -> Sequence[Path]:
    paths = [Path(line).expanduser() for line in spec.splitlines() if line.strip()]
    return [path if path.name == name else path / name for path in paths] if name else []
