"""What is looked for to the corpus and the worker; the units found to the view."""

from __future__ import annotations

import time
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from deepvis_app.corpus import Score
from deepvis_app.corpus.finding import (
    Finding,
    by_class,
    by_picture,
    by_pictures,
    by_response,
    by_weights,
)
from deepvis_app.engine.readers import MaximaReader
from deepvis_app.errors import UserError
from deepvis_app.state.selection import Focus
from deepvis_app.state.unit_table import Scope

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from deepvis_app.corpus import Corpus
    from deepvis_app.engine.readers import MaximaReading
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.known.kept_pictures import Answer
    from deepvis_app.nets import Network, Unit
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.grid.find.view import FindView

AGAIN_S = 1.0  # between two looks at a moving picture
NO_CORPUS = "No photographs were scanned for this network: scan a folder first"


class Way(Enum):
    """What units are found by."""

    CLASS = "class"
    PICTURE = "picture"
    UNIT = "unit"


class Likeness(Enum):
    """By what another unit is like the picked one."""

    RESPONSE = "response"
    PICTURES = "pictures"
    WEIGHTS = "weights"


class FindPresenter:
    """Asks while the popup is open, and at most one question at a time. Knows no Qt."""

    def __init__(
        self, view: FindView, desk: Desk, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._view, self._desk, self._clock = view, desk, clock
        self._network: Network | None = None
        self.way, self.likeness, self.scope = Way.CLASS, Likeness.RESPONSE, Scope.ALL
        self.text = ""
        self._asked: Answer[Finding | None] | None = None
        self._of_network: Future[Finding] | None = None
        self._is_wished = False  # what is shown is not the answer to what is asked
        self._live: MaximaReading | None = None
        self._unit: Unit | None = None  # the picked one, when it was asked
        self._asked_s = float("-inf")
        self._version = -1  # of the corpora, when it was asked
        self.found: Finding | None = None
        view.opened.connect(self.open)
        view.closed.connect(lambda: desk.sight.move())
        view.way_picked.connect(partial(self._change, "way"))
        view.likeness_picked.connect(partial(self._change, "likeness"))
        view.scope_picked.connect(partial(self._change, "scope"))
        view.text_changed.connect(partial(self._change, "text"))
        view.unit_picked.connect(self.pick)

    def set_network(self, network: Network | None) -> None:
        self._network, self.found, self._live = network, None, None
        self._wish()

    def open(self) -> None:
        self._view.set_wishes(self.way, self.likeness, self.scope, self.text)
        self._wish()
        self._desk.sight.move()

    def _change(self, name: str, value: object) -> None:
        setattr(self, name, value)
        self._view.set_wishes(self.way, self.likeness, self.scope, self.text)
        self._wish()
        self._desk.sight.move()

    def _wish(self) -> None:
        """Let what is looked for now be asked next; nothing found before answers to it."""
        self._is_wished = True
        self._asked = self._of_network = None
        if self._view.is_open():
            self._show(None, "Looking…")

    # What is asked

    def layers(self) -> tuple[str, ...]:
        """Return the scanned layers that are looked in."""
        present = self._desk.kept.corpora.present
        if present is None or self._network is None:
            return ()
        shown = self._desk.selection.panes
        known = {info.name for info in self._network.layers}
        return tuple(
            name
            for name in present.layers
            if name in known and (self.scope is Scope.ALL or name in shown)
        )

    def ask(self) -> tuple[MaximaReader, ...]:
        """Return what a frame is asked: only to find by the picture, and while that is seen."""
        layers = self.layers() if self.way is Way.PICTURE and self._view.is_open() else ()
        if self._unit_changed():
            self._wish()
        return (MaximaReader(layers),) if layers else ()

    def _unit_changed(self) -> bool:
        before, self._unit = self._unit, self._desk.selection.as_unit()
        return self.way is Way.UNIT and before != self._unit

    def tick(self, snapshot: Snapshot | None) -> None:
        """Take what was answered; ask where something else is wished or moved on."""
        if not self._view.is_open():
            return
        if snapshot is not None and (live := snapshot.first(MaximaReader)) is not None:
            self._live = live
            if self.way is Way.PICTURE and self._clock() - self._asked_s >= AGAIN_S:
                self._is_wished = True
        version = self._desk.kept.corpora.version
        if version != self._version and self._clock() - self._asked_s >= AGAIN_S:
            self._is_wished = True
        self._take()
        if self._is_wished and self._asked is None and self._of_network is None:
            self._ask_now()

    def _take(self) -> None:
        if self._asked is not None and self._asked.is_there:
            answer, self._asked = self._asked.take(), None
            fault = self._desk.kept.corpora.fault
            self._show(answer, "" if fault is None else str(fault))
        if self._of_network is not None and self._of_network.done():
            future, self._of_network = self._of_network, None
            try:
                self._show(future.result(), "")
            except UserError as error:
                self._show(None, str(error))

    def _ask_now(self) -> None:
        self._is_wished = False
        self._asked_s, self._version = self._clock(), self._desk.kept.corpora.version
        unit, layers = self._desk.selection.as_unit(), self.layers()
        if self.way is Way.UNIT and self.likeness is Likeness.WEIGHTS:
            if unit is not None:
                question = partial(_weights, unit)
                self._of_network = self._desk.engine.ask_network(question)
            return
        if self._desk.kept.corpora.present is None:
            self._show(None, NO_CORPUS)
            return
        asked = self._question(unit, layers)
        if isinstance(asked, str):
            self._show(None, asked)
        elif asked is not None:
            self._asked = self._desk.kept.corpora.ask(asked)

    def _question(
        self, unit: Unit | None, layers: tuple[str, ...]
    ) -> Callable[[Corpus], Finding] | str | None:
        """Return what the corpus is asked, or why nothing is; None: wait for a frame."""
        if not layers:
            return "This layer was not scanned: look in all layers, or scan it"
        if self.way is Way.CLASS:
            if not self.text.strip():
                return "Write the name of a class, or a part of photographs’ names"
            return lambda corpus: by_class(corpus, layers, self.text)
        if self.way is Way.PICTURE:
            return self._question_of_picture(layers)
        if unit is None or unit.layer not in self._scanned():
            return "The picked unit’s layer was not scanned"
        if self.likeness is Likeness.PICTURES:
            return lambda corpus: by_pictures(corpus, unit)
        return lambda corpus: by_response(corpus, layers, unit)

    def _scanned(self) -> tuple[str, ...]:
        present = self._desk.kept.corpora.present
        return () if present is None else present.layers

    def _question_of_picture(
        self, layers: tuple[str, ...]
    ) -> Callable[[Corpus], Finding] | str | None:
        present, live = self._desk.kept.corpora.present, self._live
        if present is not None and present.score is Score.RELEVANCE:
            return "These photographs were ranked by relevance, which is not known of this picture"
        if live is None or not all(name in live.maxima for name in layers):
            self._is_wished = True
            return None
        is_mean = present is not None and present.score is Score.MEAN
        scores = live.means if is_mean else live.maxima
        asked = {name: scores[name] for name in layers}
        return lambda corpus: by_picture(corpus, asked)

    def _show(self, finding: Finding | None, problem: str) -> None:
        self.found = finding
        units = () if finding is None else finding.units
        network = self._network
        labels = ["" if network is None else network.unit_label(one.unit) or "" for one in units]
        self._view.set_found(units, labels, problem or _note(finding))

    def pick(self, place: int) -> None:
        """Pick a unit of the list."""
        if self.found is not None and place < len(self.found.units):
            unit = self.found.units[place].unit
            self._desk.selection.focus = Focus.GRID
            self._desk.selection.pick_unit(unit.index, unit.layer)
            self._desk.sight.reveal()


def _note(finding: Finding | None) -> str:
    if finding is None:
        return ""
    return finding.note if finding.units else f"None. {finding.note}"


def _weights(unit: Unit, network: Network) -> Finding:
    return by_weights(network, unit)
