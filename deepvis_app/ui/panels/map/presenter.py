"""Map: which map there is, on its way or whole, and what is said where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.codes import LEAST
from deepvis_app.errors import UserError
from deepvis_app.known.map_pictures import MapThumbs
from deepvis_app.known.newest import Newest
from deepvis_app.known.scanning import begin_scan, rescan_of, scan_of
from deepvis_app.state.map import MAP, MapColour, MapMethod, MapTool, MapView
from deepvis_app.ui.panels.map.checking import Checking
from deepvis_app.ui.panels.map.choosing import Choosing
from deepvis_app.ui.panels.map.colouring import Colouring
from deepvis_app.ui.panels.map.filling import Filling
from deepvis_app.ui.panels.map.laying import Laying
from deepvis_app.ui.panels.map.living import Living
from deepvis_app.ui.panels.map.offers import (
    FOLLOW,
    METHOD,
    colour_offer,
    corpus_offer,
    layer_offer,
)
from deepvis_app.ui.panels.map.reasons import AGAIN, FOLDER, LAYER, SCAN, reason

if TYPE_CHECKING:
    from psygnal import EmissionInfo

    from deepvis_app.corpus import Corpus
    from deepvis_app.engine.jobs import JobStatus
    from deepvis_app.engine.jobs.kinds.scanning import ScanRequest
    from deepvis_app.known.map_facts import MapFacts, Points
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Tick
    from deepvis_app.ui.panels.map.view import MapView as View

MORPH_MS, GROW_MS = 400, 110  # into the grid and back; from one look at a growing map to the next
FAULT = "map"  # key of the banner


class MapPresenter:
    """Keeps the page in step. While it is shut nothing is asked, read or shown."""

    def __init__(self, view: View, desk: Desk) -> None:
        self._view, self._desk = view, desk
        self._options, self._sight = desk.options.map, desk.sight
        self._corpora, self._maps = desk.kept.corpora, desk.kept.maps
        self._network: Network | None = None
        self._thumbs = MapThumbs(desk.engine.read)
        self.laying = Laying(view, desk.jobs, self._maps)
        self.colouring = Colouring(view, desk)
        self.living = Living(view, desk)
        self.filling = Filling(view, desk)
        self.choosing = Choosing(view, desk, lambda: self.living.nearest)
        self.checking = Checking(desk)
        self._facts: MapFacts | None = None  # shown
        self._points: Points | None = None  # as they stand now, or will in a moment
        self._stand: object = None  # how pictures stand that are shown
        self._few: Newest[tuple[str, ...]] = Newest()  # names of pictures, too few for a map
        self._is_due = True
        self._connect()

    def set_network(self, network: Network | None) -> None:
        self._network = network
        for part in (self.colouring, self.living, self.choosing, self.filling):
            part.set_network(network)
        self._is_due = True

    @property
    def is_seen(self) -> bool:
        return self._sight.is_visible and self._sight.workspace == MAP

    # In every round

    def take(self, statuses: tuple[JobStatus, ...]) -> None:
        if self.is_seen:
            self._is_due |= self.laying.take(statuses)
            self._is_due |= self.filling.take(statuses)

    def tick(self, tick: Tick) -> None:
        if not self.is_seen:
            return
        self._corpora.look_round()
        version = self._maps.version, self._corpora.version
        self._maps.tick(self._layer, self._options.settings)
        self._is_due |= version != (self._maps.version, self._corpora.version)
        self._turn_to(self._maps.found)
        self.checking.tick(self._facts)
        self.laying.tick(self._facts)
        self._is_due |= self.filling.tick(self._facts)
        self._show_points()
        self.colouring.tick(self._facts)
        self.choosing.tick(self._facts, self._points)
        self.filling.mark(self.choosing.places)
        self._read_thumbs()
        self._list_few()
        self.living.follow(tick.status.source.spec)
        if tick.snapshot is not None and self._points is not None:
            self.living.show(tick.snapshot, self._points, tick.now_s)
        self.living.settle(tick.now_s)
        if self._is_due:
            self._is_due = False
            self._show()

    # What is shown

    def _turn_to(self, facts: MapFacts | None) -> None:
        self.living.turn_to(facts)  # another network may have the same map: directions came or went
        if facts is self._facts:
            return
        before, self._facts = self._facts, facts
        self._is_due = True
        if facts is None:
            self._points = None
            return
        if before is None or not _same_pictures(before, facts):
            self._points = facts.points
            looked = self._options.looked if before is None else None
            self._view.canvas.begin(facts.points, has_pictures=bool(facts.of.source))
            self._view.canvas.restore(looked)
            self._stand = self._standing

    def _show_points(self) -> None:
        facts = self._facts
        if facts is None:
            return
        if self._points is not None and self._view.canvas.is_held:
            return  # a line is drawn around pictures where they are
        growing = self.laying.points
        points = growing if growing is not None else facts.points
        morph_ms = GROW_MS if growing is not None else MORPH_MS
        if self._options.view is MapView.GRID:
            grid = self._maps.grid(facts, self._view.aspect)
            if grid is None:  # it is being made: what there was stays
                points = self._points if self._points is not None else points
            else:
                points, morph_ms = grid, MORPH_MS
        elif self.filling.points is not None:
            points, morph_ms = self.filling.points, MORPH_MS
        if points is not self._points:
            is_first = self._points is None or len(self._points) != len(points)
            self._points = points
            self._view.canvas.set_points(points, 0 if is_first else morph_ms)
            self._fit_again()
            self.living.stand_among(points)

    def _fit_again(self) -> None:
        """Show the whole once pictures stand otherwise: a part of the one is none of the other."""
        if self._standing != self._stand:
            self._stand = self._standing
            self._view.canvas.fit()

    @property
    def _standing(self) -> object:
        """How pictures are to stand: None as in the map."""
        own = self._options.view is MapView.GRID or self.filling.points is not None
        return (self._options.view, self._options.compared) if own else None

    def _list_few(self) -> None:
        """Have the pictures named that are too few for a map."""
        present = self._corpora.present
        wish = None
        if self._facts is None and present is not None and 0 < present.scanned < LEAST:
            wish = present.path, present.scanned
        self._is_due |= self._few.tick(wish, lambda: self._corpora.ask(_names))

    def _read_thumbs(self) -> None:
        """Have small pictures read: those of the strips first, then those there is room for."""
        facts, canvas, thumbs = self._facts, self._view.canvas, self._thumbs
        if facts is None or not facts.of.source or thumbs.is_busy:
            return
        first = np.concatenate([self.filling.wanted, self.living.nearest, self.choosing.wanted()])
        found = thumbs.take(facts)
        if found is not None:
            canvas.put(found.places, found.pictures)
            if np.isin(first, found.places).any():
                self.living.show_nearest()
                self.choosing.show_strip()
                self.filling.show_photographs()
        thumbs.ask(facts, np.concatenate([canvas.lacks(first), canvas.wanted()]), canvas.side)

    def _show(self) -> None:
        """Say what there is, and offer what there may be."""
        view, options, present = self._view, self._options, self._corpora.present
        picked = self._desk.selection.layer
        head = view.head
        head.set_layers(layer_offer(options, picked, present, self._network))
        head.set_corpora(corpus_offer(self._corpora.of_network, present))
        why_not = self.colouring.why_not()
        head.set_colours(colour_offer(options, self.colouring.unit, why_not))
        head.set_view(options.view)
        head.set_tool(options.tool)
        view.canvas.set_tool(options.tool.value)
        view.set_narrow(self._sight.is_narrow)
        self._show_reason()
        (self.filling if self._shows_atlas else self.laying).show()
        self.filling.show_classes()
        view.set_notice(self.laying.fault or self.filling.fault)
        self.choosing.show_saved()

    def _show_reason(self) -> None:
        if self._facts is not None:
            self._view.set_empty("")
            return
        few = self._few.value or ()
        told = reason(self._network, self._corpora, self._maps, self._layer, few)
        self._view.set_empty(told.text, told.remedy, told.ways)

    @property
    def _layer(self) -> str:
        return self._options.shown_layer(self._desk.selection.layer)

    @property
    def _shows_atlas(self) -> bool:
        """Whether there is a map to have an atlas of, and that is what is looked at."""
        is_whole = self._facts is not None and self._facts.is_final
        return is_whole and self.filling.is_wanted

    # Wishes

    def _stop(self) -> None:
        (self.filling if self._shows_atlas else self.laying).stop()
        self._is_due = True

    def _again(self) -> None:
        if self._shows_atlas:
            self.filling.start()
        else:
            self.laying.begin()
        self._is_due = True

    def _connect(self) -> None:
        view, options, head = self._view, self._options, self._view.head
        head.layer_picked.connect(self._pick_layer)
        head.corpus_picked.connect(lambda key: self._corpora.choose(Path(key)))
        head.colour_picked.connect(lambda key: setattr(options, "colour", MapColour(key)))
        head.view_picked.connect(lambda key: setattr(options, "view", MapView(key)))
        head.tool_picked.connect(lambda key: setattr(options, "tool", MapTool(key)))
        head.stop_requested.connect(self._stop)
        head.again_requested.connect(self._again)
        view.folder_chosen.connect(self.scan)
        view.empty.chosen.connect(self._act)
        view.resized.connect(self._mark_due)
        self._connect_checking()
        view.canvas.zoomed.connect(lambda: setattr(options, "looked", view.canvas.state()))
        options.events.connect(self._take_option)
        for events in (self._desk.selection.events, self._sight.events.workspace):
            events.connect(self._mark_due)
        self._sight.events.is_narrow.connect(self._mark_due)

    def _take_option(self, info: EmissionInfo) -> None:
        self._is_due |= info.signal.name != "looked"  # so it is shown already

    def _connect_checking(self) -> None:
        canvas, foot = self._view.canvas, self._view.foot
        for shown in (canvas.activated, canvas.opened):
            shown.connect(self.checking.check)
        for shown in (foot.members.used, foot.members.opened):
            shown.connect(lambda index: self.checking.check_of(self.choosing.wanted(), index))
        for shown in (foot.near.used, foot.near.opened):
            shown.connect(lambda index: self.checking.check_of(self.living.nearest, index))

    def _mark_due(self, *_: object) -> None:
        self._is_due = True

    def _pick_layer(self, key: str) -> None:
        if key.startswith(METHOD):
            self._options.method = MapMethod(key.removeprefix(METHOD))
        else:
            self._options.layer = "" if key == FOLLOW else key

    def _act(self, key: str) -> None:
        """Take one of the ways out of where there is no map."""
        what, _, value = key.partition(":")
        if what == FOLDER:
            self._view.choose_folder()
        elif what == LAYER:
            self._options.layer = value
        elif what == SCAN:
            self.scan(value)
        elif what == AGAIN and self._corpora.present is not None and self._network is not None:
            self._begin(rescan_of(self._corpora.present, self._network))

    def scan(self, folder: str) -> None:
        """Scan the pictures of a folder with the present network, and look at them."""
        if self._network is None:
            return
        try:
            request = scan_of(self._corpora, folder, self._network)
        except UserError as error:
            self._desk.notices.fail(FAULT, error.cause, error.remedy)
            return
        self._desk.notices.clear(FAULT)
        self._begin(request)

    def _begin(self, request: ScanRequest) -> None:
        begin_scan(self._desk.jobs, self._corpora, request)
        self._is_due = True


def _names(corpus: Corpus) -> tuple[str, ...]:
    return tuple(corpus.plan.names[:LEAST])


def _same_pictures(one: MapFacts, other: MapFacts) -> bool:
    same_ids = np.array_equal(one.codes.ids, other.codes.ids)
    return same_ids and one.of.source == other.of.source
