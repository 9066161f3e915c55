"""Whether what the map is of is still there: corpora and pictures that others took or changed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from deepvis_app.known.map_pictures import is_changed
from deepvis_app.words.foreign import in_plain

if TYPE_CHECKING:
    from concurrent.futures import Future

    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.known.map_facts import MapFacts
    from deepvis_app.ui.desk import Desk


class Checking:
    """Says a line where it is not."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._facts: MapFacts | None = None
        self._asked: tuple[str, Future[bool]] | None = None

    def tick(self, facts: MapFacts | None) -> None:
        """Take which map is shown, and what was found of a picture."""
        before, self._facts = self._facts, facts
        if before is not None and before is not facts:
            self._tell_of_corpus(before)
        if self._asked is not None and self._asked[1].done():
            (name, found), self._asked = self._asked, None
            if found.result():
                told = "its place in the map is that of the former picture"
                self._desk.notices.say(f"{name} has changed since it was scanned: {told}")

    def check(self, place: int) -> None:
        """See whether a picture that is shown to the network is the one that was scanned."""
        facts = self._facts
        if facts is not None:
            name = in_plain(facts.path(place).name, 60)
            self._asked = name, self._desk.engine.read(partial(is_changed, facts, place))

    def check_of(self, places: NDArray[np.int64], index: int) -> None:
        """See whether one of several is; what is not there is none."""
        if index < len(places):
            self.check(int(places[index]))

    def _tell_of_corpus(self, before: MapFacts) -> None:
        if self._desk.kept.corpora.is_gone(before.wish.corpus):
            name = in_plain(before.of.name, 40)
            self._desk.notices.say(f"The scan {name} is not there any more, and so its map is gone")
