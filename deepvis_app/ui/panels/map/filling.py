"""The atlas of the map: asked for, filled with pictures, looked at, picked from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.map.atlas import AtlasSettings
from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.atlas import AtlasStatus
from deepvis_app.known.atlas_pictures import AtlasPictures, is_of
from deepvis_app.known.atlases import AtlasWish, KnownAtlases, Output
from deepvis_app.known.job_words import share_of
from deepvis_app.state.map import MapView
from deepvis_app.tiles.atlas_picture import cell_shares
from deepvis_app.ui.panels.map import telling
from deepvis_app.ui.panels.map.cell_card import LIKEST
from deepvis_app.ui.panels.map.foot import LASSO
from deepvis_app.ui.panels.map.offers import cells_offer, classes_offer
from deepvis_app.ui.panels.map.strip import Small
from deepvis_app.words.quantities import pictures_text, time_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.engine.jobs import JobStatus
    from deepvis_app.known.atlases import AtlasFacts
    from deepvis_app.known.map_facts import MapFacts, Points
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.map.view import MapView as View

    Places = NDArray[np.int64]

TIPS = (
    "Make no more pictures; what is finished stays",
    "Make a picture for each cell: what its photographs have that most others have not",
)
NO_PLACES = np.zeros(0, np.int64)


class Filling:
    """Keeps the cells, their pictures and the job that makes them in step."""

    def __init__(self, view: View, desk: Desk) -> None:
        self._view, self._desk, self._options = view, desk, desk.options.map
        self._atlases = KnownAtlases(desk.kept.corpora)
        self._network: Network | None = None
        self._output: Output | None = None
        self._facts: MapFacts | None = None  # the map that it is of
        self._atlas: AtlasFacts | None = None  # shown
        self._pictures: AtlasPictures | None = None
        self._shown = -1  # version of the pictures
        self._status: AtlasStatus | None = None
        self._pointed = -1
        self._marked: object = None
        self._offered: object = None
        self._connect()

    def set_network(self, network: Network | None) -> None:
        output = None if network is None else Output.of(network)
        if output != self._output:
            self._options.first = self._options.second = -1
        self._network, self._output, self._pictures = network, output, None
        self._turn_to(None)

    # What there is

    @property
    def is_wanted(self) -> bool:
        """Whether the atlas is what is looked at."""
        return self._options.view is MapView.ATLAS

    @property
    def points(self) -> Points | None:
        """Where pictures stand under the atlas, where that is not where they are in the map."""
        return None if self._atlas is None else self._atlas.points

    @property
    def fault(self) -> str:
        """Why there is no atlas, or why its pictures could not be made; "": nothing is wrong."""
        if not self.is_wanted:
            return ""
        status, fault = self._status, self._atlases.fault
        if fault is not None:
            return str(fault)
        is_failed = status is not None and status.state is JobState.FAILED
        return str(status.error) if is_failed and status is not None and status.error else ""

    @property
    def is_going(self) -> bool:
        """Whether pictures are being made, or wait for that."""
        going = JobState.RUNNING, JobState.WAITING
        return self._status is not None and self._status.state in going

    @property
    def wanted(self) -> Places:
        """The photographs of the cell that is pointed at, by their places."""
        if self._atlas is None or self._pointed < 0:
            return NO_PLACES
        return self._atlas.typical[self._pointed][:LIKEST]

    # In every round

    def take(self, statuses: tuple[JobStatus, ...]) -> bool:
        """Take what jobs are doing; tell whether something of the atlas' own is new."""
        atlas, pictures = self._atlas, self._pictures
        if atlas is None or pictures is None:
            return False
        pictures.take(statuses)
        own = [
            one for one in statuses if isinstance(one, AtlasStatus) and is_of(one, atlas.request)
        ]
        going = [one for one in own if not one.state.is_final]
        status = next(iter(going), None) or next(iter(own[::-1]), None)
        has_news = status is not self._status
        self._status = status
        return has_news

    def tick(self, facts: MapFacts | None) -> bool:
        """See to the atlas of a map that is whole; tell whether something is new."""
        self._facts = facts
        if not self.is_wanted or facts is None or not facts.is_final:
            return self._turn_to(None)  # what is known stays for the next time
        wish = AtlasWish(AtlasSettings(self._options.cells), self._options.compared)
        has_news = self._atlases.tick(facts, wish, self._output)
        found = self._atlases.found
        has_news |= self._turn_to(found if found is not None and found.of is facts else None)
        return has_news | self._fill()

    def _turn_to(self, atlas: AtlasFacts | None) -> bool:
        if atlas is self._atlas:
            return False
        self._atlas, self._status = atlas, None
        self._pointed, self._shown, self._marked = -1, -1, None
        self._view.canvas.cell_card.hide()
        if atlas is None or self._network is None:
            self._view.canvas.set_cells(None)
            return True
        if self._pictures is None or self._pictures.request != atlas.request:
            self._pictures = self._new_pictures(atlas)
        cells, grid = atlas.atlas.cells, atlas.atlas.grid
        shares = cell_shares([len(cell.places) for cell in cells])
        middles = np.array([cell.middle for cell in cells])
        ends = self._ends(atlas)
        self._view.canvas.set_cells(middles, shares, grid.side, ends)
        self.take(self._desk.jobs.statuses())
        return True

    def _new_pictures(self, atlas: AtlasFacts) -> AtlasPictures:
        network = self._network
        assert network is not None
        mean = network.preprocessing.mean_colour()
        return AtlasPictures(
            self._desk.kept.pictures, network.last_fingerprint, atlas.request, mean
        )

    def _ends(self, atlas: AtlasFacts) -> tuple[str, str] | None:
        """Return what stands over both ends, where two classes are compared."""
        if atlas.wish.classes is None or self._output is None:
            return None
        first, second = (f"more {self._name(number)}" for number in atlas.wish.classes)
        return first, second

    def _name(self, number: int) -> str:
        assert self._output is not None
        labels = self._output.labels
        return telling.class_name(labels, number)

    def _fill(self) -> bool:
        """Show the pictures that have come."""
        pictures = self._pictures
        if pictures is None or self._atlas is None:
            return False
        was_looked_up = pictures.is_looked_up
        pictures.tick()
        if pictures.version != self._shown:
            self._shown = pictures.version
            for cell in pictures.request.cells:
                self._view.canvas.put_cell(cell, pictures.picture(cell))
            self._show_card()
            return True
        return pictures.is_looked_up != was_looked_up

    def mark(self, places: Places) -> None:
        """Mark the cells that have one of the chosen pictures; none is chosen: all are as usual."""
        atlas = self._atlas
        marked = places if len(places) else None
        if atlas is None or marked is self._marked:
            return
        self._marked = marked
        self._view.canvas.mark_cells(None if marked is None else atlas.cell_of(marked))

    # Words

    def show(self) -> None:
        """Say in the head what there is, how far it is, and what can be done."""
        head, atlas, pictures = self._view.head, self._atlas, self._pictures
        head.set_cells(cells_offer(self._options, atlas))
        if atlas is None or pictures is None:
            is_wrong = self._atlases.fault is not None
            head.set_words("" if self._facts is None else telling.head_words(self._facts))
            head.set_doing("" if is_wrong else "cutting the map into cells", None)
            return
        head.set_words(telling.atlas_words(atlas, is_short=self.is_going))
        status, missing = self._status, len(pictures.missing())
        if self.is_going and status is not None:
            made = len(atlas) - missing if pictures.is_looked_up else pictures.made
            share = share_of(status)
            left = f"{100 * share:.0f}\u2009%"
            if status.seconds_left is not None:
                left = f"{left} · {time_text(status.seconds_left)}"
            words = telling.filling_words(status, made, len(atlas))
            head.set_doing(words, share, left, tips=TIPS)
        elif not pictures.is_looked_up:
            head.set_doing("looking for its pictures", None)
        elif missing:
            is_begun = missing < len(atlas)
            again = f"Make {'the other ' if is_begun else ''}{pictures_text(missing)}"
            head.set_doing(telling.rest_words(status), None, again=again, tips=TIPS)
        else:
            head.set_doing("", None)

    def show_classes(self) -> None:
        """Offer what can be compared: of a thousand classes only when that is another."""
        options, output = self._options, self._output
        offered = output, options.first, options.second
        if not self.is_wanted or offered == self._offered:
            return
        self._offered = offered
        labels, count = ((), 0) if output is None else (output.labels, output.count)
        names = [telling.class_name(labels, number, 80) for number in range(count)]
        nothing = "The cells are those of the whole map"
        first = classes_offer(names, options.first, "none", nothing)
        second = classes_offer(
            names, options.second, "choose a class", nothing, without=options.first
        )
        self._view.head.set_classes(
            first, second, has_classes=len(names) > 1, is_comparing=options.first >= 0
        )

    # Wishes

    def start(self) -> None:
        """Have the missing pictures made; what rests goes on."""
        atlas, status = self._atlas, self._status
        if atlas is None:
            return
        if status is not None and status.state in (JobState.OFFERED, JobState.PAUSED):
            self._desk.jobs.resume(status.id)
        else:
            self._desk.jobs.submit(atlas.request)
        self.take(self._desk.jobs.statuses())

    def stop(self) -> None:
        """Make no more; what is finished stays."""
        if self._status is not None:
            self._desk.jobs.cancel(self._status.id)
            self.take(self._desk.jobs.statuses())

    def _connect(self) -> None:
        canvas, head, options = self._view.canvas, self._view.head, self._options
        canvas.tile_hovered.connect(self._point)
        canvas.tile_picked.connect(self._pick)
        head.cells_picked.connect(lambda key: setattr(options, "cells", int(key)))
        head.class_picked.connect(self._choose)

    def _choose(self, number: int, key: str) -> None:
        chosen, options = int(key), self._options
        if number == 1:
            options.second = chosen
        else:
            options.first = chosen
            if chosen in (-1, options.second):
                options.second = -1

    def _pick(self, cell: int, keys: object) -> None:
        """Choose the cell's photographs, alone or beside those that are."""
        atlas = self._atlas
        if atlas is not None:
            ids = atlas.of.ids(atlas.typical[cell])
            self._options.select(ids, adds=bool(keys))
            self._view.foot.show_tab(LASSO)

    def _point(self, cell: int) -> None:
        atlas, card = self._atlas, self._view.canvas.cell_card
        self._pointed = cell if atlas is not None else -1
        if atlas is None or cell < 0:
            card.hide()
            return
        facts, classes = atlas.told[cell], atlas.wish.classes
        lines = telling.cell_lines(facts)
        if atlas.comparison is not None and classes is not None:
            names = [self._name(number) for number in classes]
            line = telling.difference_line(names[0], names[1], atlas.comparison.mean(cell))
            lines = (*lines, line)
        self._show_card()
        self._view.canvas.tell_cell(cell, pictures_text(facts.count), lines)

    def _show_card(self) -> None:
        pictures, cell = self._pictures, self._pointed
        if pictures is not None and cell >= 0:
            picture = pictures.picture(cell)
            why_not = "" if picture is not None else "Not made yet"
            self._view.canvas.cell_card.set_picture(picture, why_not)
            self.show_photographs()

    def show_photographs(self) -> None:
        """Show the photographs of the cell that is pointed at; some may have come meanwhile."""
        canvas = self._view.canvas
        cells = [Small(canvas.small(place)) for place in self.wanted.tolist()]
        canvas.cell_card.set_photographs(cells)
