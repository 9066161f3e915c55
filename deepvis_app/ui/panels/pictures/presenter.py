"""The picked unit's pictures: asked of the corpus, decoded, and drawn as the user looks at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine.readers import UnitReader
from deepvis_app.explain import Method
from deepvis_app.known.looks import Backward, Forward, Looks
from deepvis_app.known.patches import Crop, crop, name_of, window
from deepvis_app.known.unit_pictures import SHOWN, Wish, unit_classes, unit_pictures
from deepvis_app.state.explaining import exists
from deepvis_app.state.pictures import TOP, PictureLook
from deepvis_app.state.resolve import unit_asked
from deepvis_app.ui.panels.pictures import telling
from deepvis_app.ui.panels.pictures.closer import CloserPresenter
from deepvis_app.ui.panels.pictures.preferred_image import PreferredImage
from deepvis_app.ui.panels.pictures.tiles import Tile
from deepvis_app.words.figures import figure
from deepvis_app.words.foreign import in_plain
from deepvis_app.words.quantities import pictures_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.corpus.corpus import Patch
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.errors import UserError
    from deepvis_app.known.kept_pictures import Answer
    from deepvis_app.known.unit_pictures import UnitClasses, UnitPictures
    from deepvis_app.nets import Network, Unit
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Asked
    from deepvis_app.ui.panels.pictures.view import PicturesView

PAGE = "pictures"  # key of the inspector's page
METHODS = {PictureLook.GUIDED: Method.GUIDED, PictureLook.DECONV: Method.DECONV}


class PicturesPresenter:
    """Keeps the page in step with unit, corpus and options. While it is shut nothing is done."""

    def __init__(self, view: PicturesView, desk: Desk) -> None:
        self._view, self._desk = view, desk
        self._corpora, self._options = desk.kept.corpora, desk.options.pictures
        self._selection, self._sight = desk.selection, desk.sight
        self._network: Network | None = None
        self._looks = Looks(desk.engine)
        self._asked: tuple[object, Answer[UnitPictures | None]] | None = None
        self._classes_asked: tuple[object, Answer[UnitClasses | None]] | None = None
        self._answered: object = None  # the wish that `_found` answers, at which state
        self._classes_of: object = None
        self._found: UnitPictures | None = None
        self._fault: UserError | None = None  # why there is none
        self._classes: UnitClasses | None = None
        self._live: float | None = None
        self._crops: dict[tuple[int, tuple[int, ...]], tuple[object, Crop]] = {}
        self._is_dirty = True
        self._preferred = PreferredImage(desk)
        self.closer = CloserPresenter(view, desk, self._looks)
        self._connect()

    @property
    def found(self) -> UnitPictures | None:
        """What is shown of the picked unit; None while it is not known."""
        return self._found

    def set_network(self, network: Network | None) -> None:
        self._network = network
        self._looks.set_network(network)
        self._preferred.set_network(network)
        self.closer.set_network(network)
        self._forget()

    def ask(self) -> tuple[Asked, ...]:
        return () if self._network is None else unit_asked(self._network, self._selection)

    def mark_dirty(self, *_: object) -> None:
        self._is_dirty = True

    def tick(self) -> None:
        """Take what is answered, ask for what is wished, show what is new."""
        if not self._sight.shows(PAGE):
            return
        self._take()
        self._ask()
        has_news = self._looks.tick()
        has_news |= self._preferred.tick(self._selection.as_unit())
        if has_news or self._is_dirty:
            self._is_dirty = False
            self._show()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the live value among the scores."""
        reading = snapshot.first(UnitReader)
        if reading is None or not self._sight.shows(PAGE):
            return
        if reading.unit == self._selection.as_unit():
            self._live = reading.maximum
            self._show_live()

    # Asking

    def _wish(self) -> Wish | None:
        unit, options = self._selection.as_unit(), self._options
        if unit is None or self._network is None or not exists(self._network, unit):
            return None
        return Wish(unit, options.band, options.is_varied, options.wants_inner)

    def _ask(self) -> None:
        """Ask for what is wished, one question at a time; the newest wish is the next."""
        wish = self._wish()
        if self._found is not None and (wish is None or self._found.wish.unit != wish.unit):
            self._forget()
        present = self._corpora.present
        if wish is None or present is None:
            if self._found is not None:
                self._forget()
            return
        key = (wish, present.path, self._corpora.version)
        if key != self._answered and self._asked is None:
            answer = self._corpora.ask(lambda corpus: unit_pictures(corpus, wish))
            self._asked = None if answer is None else (key, answer)
        of_classes = (wish.unit, present.path, self._corpora.version)
        if of_classes != self._classes_of and self._classes_asked is None and self._found:
            unit = wish.unit
            classes = self._corpora.ask(lambda corpus: unit_classes(corpus, unit))
            self._classes_asked = None if classes is None else (of_classes, classes)

    def _take(self) -> None:
        if self._asked is not None and self._asked[1].is_there:
            (self._answered, answer), self._asked = self._asked, None
            self._found = answer.take()
            self._fault = self._corpora.fault if self._found is None else None
            self._is_dirty = True
        if self._classes_asked is not None and self._classes_asked[1].is_there:
            (self._classes_of, classes), self._classes_asked = self._classes_asked, None
            self._classes = classes.take()
            self._is_dirty = True

    def _forget(self) -> None:
        """Nothing is known of another unit."""
        self._asked = self._classes_asked = self._found = self._classes = None
        self._answered = self._classes_of = self._live = self._fault = None
        self._is_dirty = True
        self._view.hide_card()

    # Showing

    def _show(self) -> None:
        view, options, found = self._view, self._options, self._found
        view.set_look(options.look)
        view.band.set_band(options.band)
        view.toggles.set_states(
            varied=options.is_varied, inner=options.wants_inner, masked=options.is_masked
        )
        is_crop = options.look in (PictureLook.CROP, PictureLook.WHOLE)
        view.toggles.allow_masked("" if is_crop else "A backward map is silent there by itself")
        if found is None:
            fault = None if self._asked is not None else self._fault
            says = "" if fault is None else f"{fault.cause}. {fault.remedy}"
            view.set_message(says, is_all=fault is not None, offers_layers=self._lacks_layer())
            view.set_tiles((Tile(),) * SHOWN if fault is None else ())  # the page keeps its shape
            view.plot.set_spread(None, (0.0, 1.0), None, None, "")
            view.plot.set_live(None)
            view.set_spread_words("Scores", "")
            view.set_classes_words("", "")
            view.classes.set_lines(())
            view.set_beside((Tile(),) * 3 if fault is None else ())
            return
        self._want(found)
        is_silent = found.spread.is_dead or not found.spread.pictures
        view.set_message(telling.message(found), is_all=is_silent)
        view.set_tiles([self._tile(found, place) for place in range(len(found.patches))])
        self._show_spread(found)
        view.set_classes_words(*telling.classes_words(self._classes))
        view.classes.set_lines(telling.class_lines(self._classes.rows if self._classes else ()))
        view.set_beside(self._beside(found))
        self.closer.show(found)

    def _lacks_layer(self) -> bool:
        """Tell whether the picked unit's layer was not scanned, and can be."""
        unit, present = self._selection.as_unit(), self._corpora.present
        if unit is None or present is None or present.problem or not present.source:
            return False
        return unit.layer not in present.layers

    def _want(self, found: UnitPictures) -> None:
        """Have seen what the tiles and the card need: the card's first."""
        look, unit = self._options.look, found.wish.unit
        patches = [
            patch
            for patch, gone, changed in zip(
                found.patches, found.is_gone, found.has_changed, strict=True
            )
            if not gone and not changed
        ]
        best = self._best(found)
        backward, forward = list(self.closer.backward(found)), list(self.closer.forward(found))
        if (method := METHODS.get(look)) is not None:
            backward += [_question(patch, unit, method) for patch in patches]
        elif self._options.is_masked:
            forward += [Forward(patch.path, unit) for patch in patches]
        if best is not None:
            backward.append(_question(best, unit, Method.DECONV))
        self._looks.want([patch.path for patch in patches], backward, forward)

    def _best(self, found: UnitPictures) -> Patch | None:
        """Return the best picture, where it is among those shown and still what it was."""
        if found.wish.band < TOP or not found.patches:
            return None
        return None if found.is_gone[0] or found.has_changed[0] else found.patches[0]

    def _tile(self, found: UnitPictures, place: int) -> Tile:
        patch = found.patches[place]
        value, label = figure(patch.value), name_of(patch)
        said = f"{label} · {figure(patch.value)}"
        if patch.position is not None:
            said += f" at {patch.position}"
        if found.is_gone[place]:
            return Tile(None, value, label, "the file is gone", tip=f"{patch.path} is not there")
        if found.has_changed[place]:
            words = "changed since the scan"
            return Tile(
                None, value, label, words, tip=f"{in_plain(patch.path.name)} is another one now"
            )
        fault = self._looks.fault(patch.path)
        if fault is not None:
            return Tile(None, value, label, fault.cause, tip=str(fault))
        note = "edge" if patch.at_edge and self._options.look is not PictureLook.WHOLE else ""
        picture, words = self._picture(patch, found.wish.unit)
        if picture is None:
            return Tile(None, value, label, words, tip=said)
        if self._options.look is PictureLook.WHOLE:
            height, width = found.input_size
            box = patch.box
            shares = (box.top / height, box.left / width, box.bottom / height, box.right / width)
            framed = None if shares == (0.0, 0.0, 1.0, 1.0) else shares
            whole = self._cut(picture, (0, 0, height, width))
            return Tile(whole, value, label, tip=said, box=framed)
        where = window(patch, found.field, found.input_size)
        return Tile(self._cut(picture, where), value, label, note=note, tip=said)

    def _picture(self, patch: Patch, unit: Unit) -> tuple[NDArray[np.uint8] | None, str]:
        """Return what is looked at of a picture as a whole, or why it is not there."""
        if (method := METHODS.get(self._options.look)) is not None:
            question = _question(patch, unit, method)
            fault = self._looks.map_fault(question)
            return self._looks.map(question), "" if fault is None else fault.cause
        if self._options.is_masked:
            passed = self._looks.passed(Forward(patch.path, unit))
            if passed is not None:
                return passed.masked, ""
        return self._looks.picture(patch.path), ""

    def _cut(self, picture: NDArray[np.uint8], where: tuple[int, int, int, int]) -> Crop:
        """Cut a part out, the same object for the same part: it is scaled once."""
        key = (id(picture), where)
        known = self._crops.get(key)
        if known is None or known[0] is not picture:
            if len(self._crops) > 96:
                self._crops.clear()
            known = self._crops[key] = (picture, crop(picture, where))
        return known[1]

    def _beside(self, found: UnitPictures) -> tuple[Tile, ...]:
        """Return the preferred image, the best crop and its deconvolution."""
        best, preferred = self._best(found), self._preferred.picture
        if best is None:
            return ()
        where = window(best, found.field, found.input_size)
        question = _question(best, found.wish.unit, Method.DECONV)
        seen, back = self._looks.picture(best.path), self._looks.map(question)
        fault = self._looks.map_fault(question)
        made = (
            Tile(words="not made yet: click to go there", label="preferred")
            if preferred is None
            else Tile(Crop(preferred), label="preferred", tip="Click to open the page “Preferred”")
        )
        return (
            made,
            Tile(None if seen is None else self._cut(seen, where), label="best crop"),
            Tile(
                None if back is None else self._cut(back, where),
                label="deconv of it",
                words="" if fault is None else fault.cause,
            ),
        )

    def _show_spread(self, found: UnitPictures) -> None:
        spread = found.spread
        counts, ends = telling.bars_of(spread)
        median = spread.median if spread.pictures else None
        shown = telling.shown_range(found)
        self._view.plot.set_spread(counts, ends, median, shown, telling.band_words(found))
        self._show_live()

    def _show_live(self) -> None:
        found = self._found
        if found is None:
            return
        rest = telling.so_far(found)
        title = f"Scores on {pictures_text(found.spread.pictures)}{rest}"
        self._view.plot.set_live(self._live if found.spread.pictures else None)
        self._view.set_spread_words(title, telling.live_words(found.spread, self._live))

    # Gestures

    def _connect(self) -> None:
        view, options = self._view, self._options
        view.look_picked.connect(lambda look: setattr(options, "look", look))
        view.band.band_changed.connect(lambda band: setattr(options, "band", band))
        view.toggles.varied_toggled.connect(lambda on: setattr(options, "is_varied", on))
        view.toggles.inner_toggled.connect(lambda on: setattr(options, "wants_inner", on))
        view.toggles.masked_toggled.connect(lambda on: setattr(options, "is_masked", on))
        view.pointed.connect(self.mark_dirty)
        view.preferred_requested.connect(lambda: self._sight.show_page("preferred"))
        options.events.connect(self.mark_dirty)
        self._sight.events.page.connect(self._reopen)

    def _reopen(self, *_: object) -> None:
        """Another page was opened, or this one: what is stored may be more by now."""
        self._preferred.look_again()
        self._is_dirty = True


def _question(patch: Patch, unit: Unit, method: Method) -> Backward:
    return Backward(patch.path, unit, patch.position, method)
