"""Where the present frame is in the map, and the pictures nearest to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.map.placement import weighted_median, weights_of
from deepvis_app.engine.readers import PlaceReader
from deepvis_app.known.map_pictures import LivePicture
from deepvis_app.ui.kit.scatter.live_mark import LiveMark
from deepvis_app.ui.panels.map import telling
from deepvis_app.ui.panels.map.strip import Small
from deepvis_app.words.foreign import in_plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.engine.readers import PlaceReading
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.known.map_facts import MapFacts, Points
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.map.view import MapView

NAMED = 5  # of the nearest, below their pictures
LINES = 3  # to the nearest, from the frame
STRIP_S = 0.2  # between two looks at who is nearest: one has to read them


class Living:
    """Asks every frame for its place, and shows it."""

    def __init__(self, view: MapView, desk: Desk) -> None:
        self._view, self._desk = view, desk
        self._picture = LivePicture(desk.engine.read)
        self._network: Network | None = None
        self._facts: MapFacts | None = None
        self._reader: PlaceReader | None = None
        self._reading: PlaceReading | None = None
        self._snapshot: Snapshot | None = None  # that it is of
        self._title = ""  # of the frame that is shown
        self._shown_s = 0.0
        self._is_strip_due = False

    def set_network(self, network: Network | None) -> None:
        self._network = network
        self.turn_to(None)

    def ask(self) -> tuple[PlaceReader, ...]:
        reader = self._reader
        return () if reader is None else (reader,)

    @property
    def nearest(self) -> NDArray[np.int64]:
        """The places of the pictures nearest to the frame that there is room for."""
        if self._reading is None:
            return np.zeros(0, np.int64)
        return self._reading.placed.nearest[: max(self._view.foot.near.capacity, NAMED)]

    def turn_to(self, facts: MapFacts | None) -> None:
        """Place frames in another map from now on."""
        if facts is self._facts:
            return
        same = facts is not None and self._facts is not None and facts.of is self._facts.of
        self._facts = facts
        if not same:  # of the same codes the last frame's neighbours are still the nearest
            self._clear()
        self._renew(None)
        if self._reader is None and facts is not None and self._network is not None:
            name, layer = in_plain(self._network.name, 40), in_plain(facts.wish.layer, 40)
            self._view.foot.set_nearest("", f"No frame is placed: {name} has no {layer} now")

    def _clear(self) -> None:
        self._reading = self._snapshot = None
        self._view.canvas.set_live(None)
        self._view.foot.near.set_cells(())
        self._view.foot.set_nearest("", "")

    def _renew(self, without: int | None) -> None:
        """Ask otherwise from the next frame on."""
        facts, network = self._facts, self._network
        reader = None
        if facts is not None and network is not None:
            layer = facts.wish.layer
            if any(info.name == layer for info in network.layers):
                reader = PlaceReader(layer, facts.placer, facts.of.score, without)
        if reader != self._reader:
            self._reader = reader
            self._desk.sight.move()  # the request is another one

    def follow(self, spec: str) -> None:
        """Leave a picture out of its own neighbours: the frame is one of the map's pictures."""
        facts, reader = self._facts, self._reader
        if facts is None or reader is None or not self._title:
            return
        own = self._picture.id_of(spec, self._title)
        places = facts.codes.where([own]) if own is not None else np.zeros(0, np.int64)
        without = int(places[0]) if len(places) else None
        if without != reader.without:
            self._renew(without)

    def show(self, snapshot: Snapshot, points: Points, now_s: float) -> None:
        """Show where a frame is among points (N, 2), which may not be where the map has them."""
        reader, facts, self._title = self._reader, self._facts, snapshot.frame.title
        if reader is None or facts is None:
            return
        reading = snapshot.of(reader)
        fault = snapshot.left_out.get(reader) or snapshot.failed.get(reader)
        if fault is not None:
            self._clear()
            self._view.foot.set_nearest(str(fault.cause), "", is_odd=True)
        if reading is None:
            return
        self._reading, self._snapshot = reading, snapshot
        self._show_mark(reading, facts, points, snapshot)
        self._is_strip_due = True
        self.settle(now_s)

    def settle(self, now_s: float) -> None:
        """Show who is nearest to the last frame, once the strip was shown long enough to be read.

        To be called in every round: after a picture at rest there is no next frame.
        """
        if self._is_strip_due and now_s - self._shown_s >= STRIP_S:
            self._is_strip_due, self._shown_s = False, now_s
            self.show_nearest()

    def stand_among(self, points: Points) -> None:
        """Show the last frame among points that have moved: a picture at rest has no next one."""
        reading, facts, snapshot = self._reading, self._facts, self._snapshot
        if reading is not None and facts is not None and snapshot is not None:
            self._show_mark(reading, facts, points, snapshot)

    def _show_mark(
        self, reading: PlaceReading, facts: MapFacts, points: Points, snapshot: Snapshot
    ) -> None:
        placed, is_own = reading.placed, points is facts.points
        point = reading.point
        shown = placed.nearest[np.isfinite(points[placed.nearest]).all(1)]
        if not is_own:
            point = _amid(points[placed.nearest], weights_of(placed.distances))
        mark = LiveMark(
            point,
            is_hollow=placed.is_unlike_all,
            neighbours=tuple(shown[:LINES].tolist()),
            trail=reading.trail if is_own else None,
            picture=snapshot.picture,
            words=telling.live_words(placed, len(facts)),
        )
        self._view.canvas.set_live(mark)

    def show_nearest(self) -> None:
        """Show the nearest pictures; some may have come meanwhile."""
        reading, facts, reader = self._reading, self._facts, self._reader
        if reading is None or facts is None or reader is None:
            return
        placed = reading.placed
        places = self.nearest.tolist()
        cells = [
            Small(
                self._view.canvas.small(place),
                telling.distance_text(float(distance)),
                telling.picture_tip(facts, place),
            )
            for place, distance in zip(places, placed.distances.tolist(), strict=False)
        ]
        self._view.foot.near.set_cells(cells, paced=True)
        detail = telling.nearest_detail(facts, placed, left_out=reader.without is not None)
        names = telling.names_text(facts, places[:NAMED])
        self._view.foot.set_nearest(detail, names, is_odd=placed.is_unlike_all)


def _amid(points: Points, weights: NDArray[np.float64]) -> tuple[float, float]:
    """Return where a frame is among its nearest; nowhere where most of them are not shown."""
    known = np.isfinite(points).all(1)
    if known.mean() <= 0.5:
        return float("nan"), float("nan")
    return weighted_median(points[known], weights[known])
