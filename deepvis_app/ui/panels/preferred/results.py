"""One result large, or two side by side; the earlier results of the unit; saving and copying."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.engine.kept.gallery import PictureNote, picture_png
from deepvis_app.known.seed_pictures import Made, made_of
from deepvis_app.state.preferred import Colours
from deepvis_app.synth import Sample, StopReason, is_faint
from deepvis_app.synth import stretched as stretch
from deepvis_app.ui.kit.images import copy_picture
from deepvis_app.ui.kit.pictures.picture_grid import Cell
from deepvis_app.ui.panels.preferred.result_pane import Result
from deepvis_app.words.figures import figure
from deepvis_app.words.scores import Fact, quantity_of, score_facts, topic_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from deepvis_app.engine.kept.gallery import StoredPicture
    from deepvis_app.known.kept_pictures import Answer
    from deepvis_app.known.seed_pictures import SeedPictures
    from deepvis_app.nets import Network, Unit
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.preferred.view import PreferredView

MOST = 24  # earlier results shown


class ResultsPresenter:
    """What is opened stays open while its picture grows."""

    def __init__(self, view: PreferredView, desk: Desk) -> None:
        self._view = view
        self._gallery = desk.kept.pictures
        self._options = desk.options.preferred
        self._files, self._notices = desk.files, desk.notices
        self._network: Network | None = None
        self._unit: Unit | None = None
        self._seeds: SeedPictures | None = None
        self._history: tuple[Made, ...] = ()
        self._is_history_due = True
        self._asked: Answer[tuple[StoredPicture, ...]] | None = None  # for the history
        self._opened: Made | Sample | None = None  # a sample: its newest picture
        self._second: Made | Sample | None = None
        self._comparing = False
        self._connect()

    def turn_to(self, network: Network, unit: Unit, seeds: SeedPictures) -> None:
        """Show another unit's results, or this one's under another recipe."""
        if unit != self._unit or network is not self._network:
            self._close()
            self._history, self._asked = (), None
            self._is_history_due = True
            self._view.set_history((), None)
        elif not isinstance(self._opened, Made):
            self._close()
        self._network, self._unit, self._seeds = network, unit, seeds

    def forget_history(self) -> None:
        """There is a new result."""
        self._is_history_due = True

    def load_history(self) -> None:
        """Have the earlier results looked up, once, and show them when they are there."""
        if self._network is None or self._unit is None:
            return
        if self._is_history_due:
            self._is_history_due = False
            self._asked = self._gallery.history(self._network.last_fingerprint, self._unit, MOST)
        if self._asked is not None and self._asked.is_there:
            found, self._asked = self._asked.take(), None
            self._history = tuple(
                made_of(s, Sample(s.objective, s.seed, s.note.siblings)) for s in found
            )
            self.show()

    def show(self) -> None:
        """Show what is open now."""
        first, second = self._made(self._opened), self._made(self._second)
        self._view.set_result(self._result(first), self._result(second), comparing=self._comparing)
        history = self._history
        cells = [
            Cell(self._colours(made), tip=f"{made.recipe.name} · {tip_of(made)}")
            for made in history
        ]
        keys = [made.stored.key for made in history if made.stored]
        self._view.result.set_removable(first is not None and first.stored is not None)
        self._show_curves([made for made in (first, second) if made is not None])
        key = first.stored.key if first and first.stored else None
        self._view.set_history(cells, keys.index(key) if key in keys else None)

    def shown(self) -> tuple[Made, ...]:
        """Return what is looked at: what is opened, else what there is of the seeds."""
        opened = [m for m in map(self._made, (self._opened, self._second)) if m is not None]
        return tuple(opened) or (self._seeds.all_made() if self._seeds else ())

    def _show_curves(self, opened: list[Made]) -> None:
        """Show how what is looked at came to be; of all seeds where none is opened."""
        all_made = self._seeds.all_made() if self._seeds else ()
        shown = opened or list(all_made)
        signs = [made.recipe.sign * (made.activation or 0.0) for made in shown]
        marked = 0 if opened else signs.index(max(signs)) if shown else None
        steps = max((made.recipe.stop.steps for made in shown), default=0)
        self._view.set_curves([made.trace for made in shown], steps, marked)
        if marked is None:
            self._view.set_curve_end("", None)
        else:
            words = curve_text(shown[marked], is_best=not opened and len(shown) > 1)
            self._view.set_curve_end(words, _end_of(shown[marked]))

    def _connect(self) -> None:
        view = self._view
        view.picture_opened.connect(self._open_seed)
        view.history_opened.connect(self._open_earlier)
        view.result.closed.connect(self._close)
        view.result.compare_toggled.connect(self._compare)
        view.result.save_requested.connect(self._save)
        view.result.copy_requested.connect(self._copy)
        view.result.remove_requested.connect(self._remove)

    def _open_seed(self, place: int) -> None:
        if self._seeds is not None:
            self._open(self._seeds.samples[place])

    def _open_earlier(self, place: int) -> None:
        if place < len(self._history):
            self._open(self._history[place])

    def _open(self, what: Made | Sample) -> None:
        if self._comparing and self._opened is not None:
            self._second = what
        else:
            self._opened = what
        self.show()

    def _compare(self, on: bool) -> None:
        self._comparing = on
        self._second = None
        self.show()

    def _close(self) -> None:
        self._opened = self._second = None
        self._comparing = False
        self.show()

    def _made(self, what: Made | Sample | None) -> Made | None:
        if what is None or isinstance(what, Made):
            return what
        return self._seeds.made(what) if self._seeds else None

    def _colours(self, made: Made) -> NDArray[np.uint8]:
        return colours_of(made, self._network, self._options.colours)

    def _result(self, made: Made | None) -> Result | None:
        if made is None:
            return None
        title = f"{made.recipe.name} · seed {made.sample.seed}"
        return Result(self._colours(made), title, facts_of(made, self._network))

    def _save(self) -> None:
        made = self._made(self._opened)
        if made is None or self._unit is None or self._network is None:
            return
        name = f"{self._unit.layer}-{self._unit.index}-{made.recipe.name}-{made.sample.seed}"
        picture = colours_of(made, self._network, self._options.colours)
        data = picture_png(picture, _note_of(made, self._network))
        self._files.save_bytes(data, name, ".png", "Picture")

    def _remove(self) -> None:
        """Take the opened picture out of the store, at first only out of sight."""
        made = self._made(self._opened)
        if made is None or made.stored is None:
            return
        key = made.stored.key
        self._gallery.hide(key)
        if self._seeds is not None:
            self._seeds.forget(key)
        self._history = tuple(m for m in self._history if m.stored and m.stored.key != key)
        self._is_history_due = True
        self._close()
        self._notices.removed(
            f"Picture removed: {made.recipe.name}, seed {made.sample.seed}",
            restore=lambda: self._bring_back(key),
            commit=lambda: self._gallery.remove(key),
        )

    def _bring_back(self, key: str) -> None:
        self._gallery.show(key)
        if self._seeds is not None:
            self._seeds.look_again()
        self._is_history_due = True

    def _copy(self) -> None:
        made = self._made(self._opened)
        if made is not None and copy_picture(self._colours(made)):
            self._notices.say("Picture copied", 2)


def colours_of(made: Made, network: Network | None, colours: Colours) -> NDArray[np.uint8]:
    """Return the picture as it is, or with its contrast stretched."""
    if colours is Colours.TRUE or network is None:
        return made.picture
    mean = network.preprocessing.mean_colour()
    return _legible(made, mean) if colours is Colours.AUTO else _stretched(made, mean)


@lru_cache(maxsize=48)  # what a page shows at once
def _legible(made: Made, mean: tuple[int, int, int]) -> NDArray[np.uint8]:
    x = made.picture.astype(np.float32) - np.array(mean, np.float32)
    return _stretched(made, mean) if is_faint(x) else made.picture


@lru_cache(maxsize=48)  # asked for at every look at the jobs
def _stretched(made: Made, mean: tuple[int, int, int]) -> NDArray[np.uint8]:
    exact = made.stored.x_read if made.stored is not None else None
    if exact is not None:
        return stretch(exact)
    x = made.picture.astype(np.float32) - np.array(mean, np.float32)
    return stretch(x.transpose(2, 0, 1))


def _note_of(made: Made, network: Network) -> PictureNote:
    """Return what the file of a picture says: of a growing one, what it is so far."""
    if made.stored is not None:
        return made.stored.note
    return PictureNote(
        made.sample.objective,
        made.recipe,
        made.sample.seed,
        made.activation or 0.0,
        made.fingerprint or network.last_fingerprint,
        network.name,
        network.spec,
    )


def caption_of(made: Made) -> str:
    """Return the activation, or why there is none."""
    stored = made.stored
    if stored is not None and stored.stop is StopReason.ZERO_GRADIENT:
        return "no gradient"
    return "" if made.activation is None else figure(made.activation)


def tip_of(made: Made) -> str:
    """Return what is known of a picture on one line."""
    return " · ".join([f"seed {made.sample.seed}", *_known(made)])


def facts_of(made: Made, network: Network | None) -> tuple[Fact, ...]:
    """Return what is known of a picture, each measure with where it is explained."""
    stored, facts = made.stored, []
    if made.activation is not None:
        quantity = quantity_of(made.sample.objective, made.recipe, network)
        name = "Reached" if stored is not None else "Best step so far"
        facts.append(Fact(f"{name}, {quantity}", figure(made.activation), topic_of("reached")))
    if stored is None:
        return (*facts, Fact("", f"Still growing: step {len(made.trace)}"))
    facts.append(Fact("Best at step", f"{stored.best_step + 1}"))
    facts += score_facts(stored.scores, made.sample.objective, network)
    if stored.steered:
        facts.append(Fact("", "The recipe was changed on the way."))
    if stored.photographs:
        facts.append(Fact("Natural after", stored.photographs, "natural"))
    if stored.computed:
        facts.append(Fact("", f"Computed on {stored.computed}."))
    if stored.stop is not StopReason.FINISHED:
        facts.append(Fact("", stored.stop.sentence))
    return tuple(facts)


def curve_text(made: Made, *, is_best: bool) -> str:
    """Return of which picture the marked curve is, and what that reaches."""
    best = "best: " if is_best else ""
    reached = "" if made.activation is None else f" · {figure(made.activation)}"
    return f"{best}seed {made.sample.seed}{reached}"


def _end_of(made: Made) -> tuple[int, float] | None:
    """Return from which step a finished picture is and what it reaches, as its tile says."""
    if made.stored is None or made.activation is None:
        return None
    return made.stored.best_step, made.activation


def _known(made: Made) -> list[str]:
    words = [] if made.activation is None else [f"activation {figure(made.activation)}"]
    if made.stored is not None:
        words.append(f"best at step {made.stored.best_step + 1}")
    elif made.trace:
        words.append(f"step {len(made.trace)}")
    return words
