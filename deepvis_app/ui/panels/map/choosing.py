"""Which pictures are chosen: by the lasso, a click or words; what they share; what is kept."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.known.kept_pictures import Answer
from deepvis_app.known.map_members import enclosed, members_of, named, table
from deepvis_app.known.map_pictures import picture_at
from deepvis_app.known.newest import Newest
from deepvis_app.known.top_crops import TopCrops
from deepvis_app.nets import Unit
from deepvis_app.state.map import MapView as Shown
from deepvis_app.ui.panels.map import telling
from deepvis_app.ui.panels.map.foot import DROP, KEEP, LASSO, TABLE, TEACH, UnitChip
from deepvis_app.ui.panels.map.strip import Small
from deepvis_app.words.foreign import in_plain
from deepvis_app.words.quantities import pictures_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from numpy.typing import NDArray

    from deepvis_app.known.map_facts import MapFacts, Points
    from deepvis_app.known.map_members import Members
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.map.view import MapView

    T = TypeVar("T")

UNITS = 6
ICON_PX = 40  # of a unit's best picture, twice as large as it is shown
CARD_PX = 352  # of the one under the pointer
GONE = "The file is gone, or another one now"


class Choosing:
    """Keeps selection, strip and shared units in step; what takes long is done elsewhere."""

    def __init__(self, view: MapView, desk: Desk, nearest: Callable[[], NDArray[np.int64]]) -> None:
        self._view, self._desk, self._options = view, desk, desk.options.map
        self._nearest = nearest  # the places that the other strip shows
        self._network: Network | None = None
        self._facts: MapFacts | None = None
        self._points: Points | None = None
        self._members: Newest[Members] = Newest()
        self._found: Newest[NDArray[np.int64]] = Newest()
        self._drawn: Answer[list[int]] | None = None
        self._adds = False
        self._table: Answer[str] | None = None
        self._pointed = -1  # the place under the pointer
        self._larger: Newest[NDArray[np.uint8]] = Newest()
        self._crops = TopCrops(desk.kept.corpora)
        self._crops_shown = -1
        self._shown: Members | None = None
        self._is_new = True  # nothing was shown yet
        self._connect()

    def set_network(self, network: Network | None) -> None:
        self._network = network
        self._crops.set_network(network)

    @property
    def places(self) -> NDArray[np.int64]:
        """The chosen pictures' places in the map, as far as they are known."""
        return np.zeros(0, np.int64) if self._shown is None else self._shown.places

    @property
    def found(self) -> NDArray[np.int64]:
        """The places of the pictures that have the words that are typed."""
        found = self._found.value
        return np.zeros(0, np.int64) if found is None else found

    def tick(self, facts: MapFacts | None, points: Points | None) -> None:
        """Take what was answered, ask for what is wished."""
        self._facts, self._points = facts, points
        self._take_drawn()
        self._take_table()
        selection, words = self._options.selection, self._options.find.strip()
        wish = None if facts is None or not selection else (facts.of, selection)
        of_members = partial(members_of, facts, selection) if facts is not None else None
        if self._members.tick(wish, lambda: self._asked(of_members)) or wish is None:
            self._show_members()
        find = None if facts is None or not words else (facts.of, words)
        of_names = partial(named, facts, words) if facts is not None else None
        if self._found.tick(find, lambda: self._asked(of_names)):
            self._show_found()
        self._show_crops()
        self._show_pointed(facts)

    def _asked(self, question: Callable[[], T] | None) -> Answer[T]:
        assert question is not None
        return Answer(self._desk.engine.read(question), lambda future: future.result())

    # Showing

    def _show_members(self) -> None:
        facts = self._facts
        members = self._members.value if facts is not None else None
        if members is self._shown and not self._is_new:
            return
        self._shown, self._is_new = members, False
        if members is None or facts is None:
            self._view.canvas.set_selected(None)
            is_atlas = self._options.view is Shown.ATLAS
            self._view.foot.set_members("", telling.CELL_HINT if is_atlas else telling.HINT)
            return
        mask = np.zeros(len(facts), bool)
        mask[members.places] = True
        self._view.canvas.set_selected(mask, pictures_text(len(members)))
        self._view.foot.set_members(telling.members_words(members), "")
        self.show_strip()
        self._crops_shown = -1
        self._show_crops()

    def _show_anew(self, *_: object) -> None:
        self._is_new = True

    def show_strip(self) -> None:
        """Show the chosen pictures; some may have come meanwhile."""
        facts, members = self._facts, self._shown
        if facts is None or members is None:
            return
        strip = self._view.foot.members
        cells = [
            Small(self._view.canvas.small(place), "", telling.picture_tip(facts, place))
            for place in members.places[: strip.capacity].tolist()
        ]
        strip.set_cells(cells, paced=True)

    def wanted(self) -> NDArray[np.int64]:
        """Return the places whose pictures the strip shows."""
        return self.places[: self._view.foot.members.capacity]

    def _show_crops(self) -> None:
        facts, members = self._facts, self._shown
        if facts is None or members is None or self._network is None:
            return
        units = [Unit(facts.wish.layer, shared.unit) for shared in members.shared[:UNITS]]
        self._crops.look_up(units, ICON_PX)
        if self._crops.version == self._crops_shown:
            return
        self._crops_shown = self._crops.version
        names = [self._network.unit_label(unit) or "" for unit in units]
        chips = [
            UnitChip(
                telling.unit_text(shared),
                telling.unit_tip(facts.wish.layer, shared, name),
                self._crops.of(unit),
            )
            for shared, unit, name in zip(members.shared, units, names, strict=False)
        ]
        self._view.foot.set_units(telling.units_words(members, len(facts)), chips)

    def _show_found(self) -> None:
        found, is_typed = self.found, bool(self._options.find.strip())
        self._view.head.set_found(f"{len(found)} found" if is_typed else "")
        self._view.canvas.set_highlight(found.tolist())

    def show_saved(self) -> None:
        """Offer the selections that are kept."""
        options = self._options
        saved = [(one.name, pictures_text(len(one.ids))) for one in options.saved]
        self._view.foot.set_saved(saved, self._kept_name, can_keep=bool(options.selection))

    @property
    def _kept_name(self) -> str:
        """Under which name the chosen pictures are kept, "" for none."""
        options = self._options
        return next((one.name for one in options.saved if one.ids == options.selection), "")

    # Gestures

    def _connect(self) -> None:
        self._options.events.view.connect(self._show_anew)  # cells are clicked, or pictures
        canvas, foot, head = self._view.canvas, self._view.foot, self._view.head
        canvas.picked.connect(lambda place, keys: self._pick(place, adds=bool(keys)))
        canvas.lassoed.connect(self._draw)
        canvas.dropped.connect(lambda: self._options.select(()))
        canvas.hovered.connect(self._tell)
        canvas.activated.connect(self.use)
        canvas.opened.connect(self.open)
        foot.unit_picked.connect(self._pick_unit)
        foot.save_chosen.connect(self._act)
        foot.recalled.connect(self._options.recall)
        head.find_changed.connect(lambda text: setattr(self._options, "find", text))
        head.finder.chosen.connect(self._choose_found)
        for strip, places in ((foot.members, self.wanted), (foot.near, self._nearest)):
            strip.pointed.connect(partial(self._point, places))
            strip.picked.connect(partial(self._at, places, partial(self._pick, adds=False)))
            strip.used.connect(partial(self._at, places, self.use))
            strip.opened.connect(partial(self._at, places, self.open))

    def _at(
        self, places: Callable[[], NDArray[np.int64]], do: Callable[[int], None], index: int
    ) -> None:
        found = places()
        if index < len(found):
            do(int(found[index]))

    def _point(self, places: Callable[[], NDArray[np.int64]], index: int) -> None:
        found = places()
        pointed = found[index : index + 1] if index >= 0 else self.found
        self._view.canvas.set_highlight(pointed.tolist())

    def _tell(self, place: int) -> None:
        """Show the picture under the pointer larger; -1: there is none."""
        facts, canvas = self._facts, self._view.canvas
        self._pointed = place if facts is not None else -1
        if facts is None or place < 0:
            canvas.card.hide()
            return
        name = in_plain(facts.path(place).name, 60)
        label = facts.class_of(place)
        canvas.tell(label or name, name if label else "")

    def _show_pointed(self, facts: MapFacts | None) -> None:
        """Take the picture under the pointer, and ask for it."""
        place, side = self._pointed, CARD_PX
        wish = None if facts is None or place < 0 else (facts.of, place)
        read = partial(picture_at, facts, place, side) if facts is not None else None
        if not self._larger.tick(wish, lambda: self._asked(read)) or wish is None:
            return
        if wish == self._larger.of:
            picture = self._larger.value
            self._view.canvas.card.set_picture(picture, "" if picture is not None else GONE)

    def _pick(self, place: int, *, adds: bool) -> None:
        """Choose a picture: alone, or one more or less."""
        if self._facts is None:
            return
        picture = int(self._facts.codes.ids[place])
        if adds:
            self._options.toggle(picture)
        else:
            self._options.select([picture])

    def _draw(self, outline: NDArray[np.floating], adds: bool) -> None:
        points, facts = self._points, self._facts
        if points is not None and facts is not None:
            self._adds = adds
            self._drawn = self._asked(lambda: facts.ids(enclosed(points, outline)))

    def _take_drawn(self) -> None:
        if self._drawn is None or not self._drawn.is_there:
            return
        drawn, self._drawn = self._drawn, None
        self._options.select(drawn.take(), adds=self._adds)
        self._view.foot.show_tab(LASSO)

    def _choose_found(self) -> None:
        if self._facts is not None and len(self.found):
            self._options.select(self._facts.ids(self.found))
            self._view.foot.show_tab(LASSO)

    def _pick_unit(self, number: int) -> None:
        if self._facts is not None and self._shown is not None:
            shared = self._shown.shared[number]
            self._desk.selection.pick_unit(shared.unit, self._facts.wish.layer)
            self._desk.sight.reveal()

    def use(self, place: int) -> None:
        """Show a picture to the network framed as it was scanned."""
        if self._show(place):
            view = self._desk.options.view
            view.fit, view.mirror = None, False

    def open(self, place: int) -> None:
        """Show a file in the stream, framed as the user wants the input."""
        self._show(place)

    def _show(self, place: int) -> bool:
        facts = self._facts
        if facts is None or not facts.of.source:
            self._desk.notices.say("Where these pictures are is not known: scan their folder")
            return False
        self._desk.files.show(facts.path(place))
        return True

    # Keeping

    def _act(self, key: str) -> None:
        if key == KEEP:
            self.keep()
        elif key == TABLE:
            self.save_table()
        elif key == DROP:
            self._options.forget(self._kept_name)
        elif key == TEACH:
            self.teach()
        self.show_saved()

    def teach(self) -> None:
        """Teach the map's layer a concept by the chosen pictures, told from others."""
        layer = self._options.shown_layer(self._desk.selection.layer)
        name = self._shown.main if self._shown is not None else ""
        self._desk.options.teaching.teach_from_ids(layer, self._options.selection, name=name)

    def keep(self) -> None:
        """Keep the chosen pictures under a name."""
        if not self._options.selection:
            self._desk.notices.say("No picture is chosen: draw around some, or click one")
            return
        usual = self._shown.main if self._shown is not None and self._shown.main else "chosen"
        name = self._view.ask_name(usual)
        if name:
            self._options.save(name)
            self.show_saved()

    def save_table(self) -> None:
        """Write the chosen pictures as CSV, all where none is chosen."""
        facts = self._facts
        if facts is None:
            self._desk.notices.say("There is no map to save yet")
            return
        places = self.places if len(self.places) else np.arange(len(facts))
        self._table = self._asked(partial(table, facts, np.sort(places)))

    def _take_table(self) -> None:
        if self._table is not None and self._table.is_there:
            text, self._table = self._table, None
            self._desk.files.save_data("map", text.take())
