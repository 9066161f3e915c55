"""What each unit's best photograph shows where it fires, as small pictures beside its name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.pictures import source_of
from deepvis_app.frames.cv import cv2
from deepvis_app.frames.source import PictureError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from deepvis_app.corpus import Corpus
    from deepvis_app.known.corpora import KnownCorpora
    from deepvis_app.known.kept_pictures import Answer
    from deepvis_app.nets import Box, Network, Unit

    Picture = NDArray[np.uint8]
    Crops = dict[Unit, Picture | None]

AT_ONCE = 4  # files read in one question: whoever asks next has not long to wait


class TopCrops:
    """Crops (side, side, 3) of units' best photographs, read a few at a time.

    `version` grows with every answer. None is kept where there is no picture: the unit never
    fired, or the file is another one now.
    """

    def __init__(self, corpora: KnownCorpora) -> None:
        self._corpora = corpora
        self._network: Network | None = None
        self._kept: Crops = {}
        self._of: object = None  # the corpus that they are of, and its state
        self._asked: Answer[Crops | None] | None = None
        self._side = 0
        self.version = 0

    def set_network(self, network: Network | None) -> None:
        self._network = network
        self._forget(None, self._side)

    def of(self, unit: Unit) -> Picture | None:
        return self._kept.get(unit)

    def look_up(self, units: Sequence[Unit], side: int) -> None:
        """Take what was answered, and ask for the next of the units in view."""
        network, present = self._network, self._corpora.present
        if network is None or present is None:
            return
        state = present.path, present.scanned, present.made
        if (state, side) != (self._of, self._side):
            self._forget(state, side)
        if self._asked is not None:
            if not self._asked.is_there:
                return
            answer, self._asked = self._asked.take(), None
            if answer:
                self._kept |= answer
                self.version += 1
        scanned = set(present.layers)
        missing = [u for u in units if u not in self._kept and u.layer in scanned][:AT_ONCE]
        if missing:
            self._asked = self._corpora.ask(partial(_crops, tuple(missing), side, network))

    def _forget(self, state: object, side: int) -> None:
        self._of, self._side, self._asked = state, side, None
        if self._kept:
            self._kept = {}
            self.version += 1


def _crops(units: tuple[Unit, ...], side: int, network: Network, corpus: Corpus) -> Crops:
    return {unit: _crop(unit, side, network, corpus) for unit in units}


def _crop(unit: Unit, side: int, network: Network, corpus: Corpus) -> Picture | None:
    patches = corpus.top(unit)
    if not patches or patches[0].has_changed or not corpus.about.source:
        return None
    best = patches[0]
    try:
        source = source_of(corpus.about.source)
        name = corpus.plan.names[corpus.plan.row(best.picture) or 0]
        picture = source.read(name, max(network.input_shape[1:]))
    except PictureError:
        return None
    part = np.ascontiguousarray(picture[_part(best.box, picture.shape[:2], network)])
    if not part.size:
        return None
    found = np.asarray(cv2.resize(part, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    found.setflags(write=False)
    return found


def _part(box: Box, shape: tuple[int, ...], network: Network) -> tuple[slice, slice]:
    """Return the rows and columns of a picture where a box of the network's input lies."""
    height, width = network.input_shape[1:]
    place = network.preprocessing.placement((shape[0], shape[1]), (height, width))
    down, across = place.height / height, place.width / width
    return (
        _span(place.top + box.top * down, place.top + box.bottom * down, shape[0]),
        _span(place.left + box.left * across, place.left + box.right * across, shape[1]),
    )


def _span(start: float, stop: float, length: int) -> slice:
    first = min(max(round(start), 0), length - 1)
    return slice(first, min(max(round(stop), first + 1), length))
