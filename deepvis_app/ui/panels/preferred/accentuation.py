"""What the picked unit likes, brought out in its best photograph or in the live frame."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from deepvis_app.engine.jobs.kinds.playing import PlayRequest, PlayStatus
from deepvis_app.engine.known_array import KnownArray
from deepvis_app.known.best_photograph import best_photograph
from deepvis_app.known.job_words import step_text
from deepvis_app.synth.play import ACCENTUATE, AccentuateSpec
from deepvis_app.ui.panels.preferred.accentuation_view import AFTER, BEFORE
from deepvis_app.words.figures import figure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deepvis_app.engine.jobs import JobStatus
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.known.best_photograph import Photograph
    from deepvis_app.known.kept_pictures import Answer
    from deepvis_app.nets import Network, Unit
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.preferred.accentuation_view import AccentuationView

LIVE = "the live frame"


class AccentuationPresenter:
    """One picture at a time; what was asked of another unit goes on, and is kept."""

    def __init__(self, view: AccentuationView, desk: Desk) -> None:
        self._view = view
        self._jobs, self._corpora = desk.jobs, desk.kept.corpora
        self._selection, self._options = desk.selection, desk.options.view
        self._network: Network | None = None
        self._snapshot: Snapshot | None = None
        self._unit: Unit | None = None
        self._reading: Answer[Photograph | None] | None = None
        self._request: PlayRequest | None = None
        self._job = -1
        self._status: PlayStatus | None = None
        self._side = AFTER
        view.best_requested.connect(self.ask_best)
        view.live_requested.connect(self.ask_live)
        view.side_picked.connect(self._turn)

    def set_network(self, network: Network | None) -> None:
        self._network, self._snapshot = network, None
        self._forget()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def tick(self) -> None:
        """Turn to the picked unit, and take the photograph that was read."""
        unit = self._selection.as_unit() if self._network else None
        if unit != self._unit:
            self._forget()
            self._unit = unit
        if self._reading is not None and self._reading.is_there:
            found, self._reading = self._reading.take(), None
            if found is None or found.picture is None:
                why = "The scanned photographs cannot be read" if found is None else found.problem
                self._view.set_note(why)
            elif self._network is not None:
                self._ask(self._network.view(found.picture)[0], found.name)
        busy = "A picture is being made" if self._is_busy() else ""
        self._view.set_problems(busy or self.best_problem(), busy or self.live_problem())

    def take(self, statuses: tuple[JobStatus, ...]) -> None:
        """Take what the job has made since."""
        new = next((one for one in statuses if one.id == self._job), self._status)
        if new is not self._status and isinstance(new, PlayStatus):
            self._status = new
            self._show()

    # Asking

    def best_problem(self) -> str:
        """Return why there is no best photograph to be had, "" where there is one."""
        present = self._corpora.present
        if self._unit is None:
            return "Pick a unit first"
        if present is None:
            return "Scan photographs with this network first, on the page “Pictures”"
        if self._unit.layer not in present.layers:
            return f"{self._unit.layer} was not scanned: scan it on the page “Pictures”"
        return ""

    def live_problem(self) -> str:
        if self._unit is None:
            return "Pick a unit first"
        return "" if self._snapshot is not None else "There is no picture yet: open a source"

    def ask_best(self) -> None:
        if self._unit is None or self._network is None or self._is_busy() or self.best_problem():
            return
        shortest = max(self._network.input_shape[1:])
        self._reading = self._corpora.ask(partial(best_photograph, self._unit, shortest))
        self._view.set_note("The photograph is being read")

    def ask_live(self) -> None:
        snapshot, network, options = self._snapshot, self._network, self._options
        if snapshot is None or network is None or self._is_busy() or self.live_problem():
            return
        image = snapshot.frame.image
        self._ask(network.view(image, options.fit, options.mirror)[0], LIVE)

    def _ask(self, picture: NDArray[np.uint8], name: str) -> None:
        assert self._unit is not None  # a unit that is left forgets what was read
        spec = AccentuateSpec(layer=self._unit.layer, index=self._unit.index)
        pictures = (("input", KnownArray.of(picture)),)
        self._request = PlayRequest(ACCENTUATE.key, spec, pictures, 0, (("input", name),))
        self._status, self._side = None, AFTER
        self._job = self._jobs.submit(self._request)
        self.take(self._jobs.statuses())
        self._show()

    def _is_busy(self) -> bool:
        is_made = self._request is None or (
            self._status is not None and self._status.state.is_final
        )
        return self._reading is not None or not is_made

    def _forget(self) -> None:
        self._unit = self._reading = self._request = self._status = None
        self._job = -1
        self._view.set_picture(None)
        self._view.set_note("")

    # Showing

    def _turn(self, side: str) -> None:
        self._side = side
        self._show()

    def _show(self) -> None:
        if self._request is None:
            return
        before = self._request.pictures[0][1].values
        after = None if self._status is None else self._status.picture
        shown = before if self._side == BEFORE or after is None else after
        self._view.set_picture(shown, self._side)
        self._view.set_note(self._words(self._request.names[0][1]))

    def _words(self, name: str) -> str:
        status = self._status
        if status is None:
            return f"In {name}: begins in a moment"
        if status.error is not None:
            return str(status.error)
        if status.played is None:
            return f"In {name}: {step_text(status)}"
        facts = status.played.facts
        before, after = (figure(float(facts[key])) for key in ("before", "after"))
        return f"In {name}: mean of its map {before}, now {after}"
