"""The held unit to the worker, and what its absence changes to the view."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.engine.readers import AblationReader
from deepvis_app.known.ablation_words import NOT_NOTICED, held_words, is_noticed, score_changes
from deepvis_app.state.ablating import HeldAt

if TYPE_CHECKING:
    from deepvis_app.corpus import Corpus
    from deepvis_app.engine.readers import AblationReading
    from deepvis_app.engine.snapshot import Snapshot
    from deepvis_app.known.kept_pictures import Answer
    from deepvis_app.nets import Network, Unit
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panels.ablation.view import AblationView

BANNER = "ablation"
WORDS_S = 0.2  # slow enough to be read
MOST = 6  # classes whose change is told


class AblationPresenter:
    """Knows no Qt. Whatever is picked or opened, what is held is said until it is let go."""

    def __init__(self, view: AblationView, desk: Desk) -> None:
        self._view, self._desk = view, desk
        self._options, self._selection = desk.options.ablation, desk.selection
        self._network: Network | None = None
        self._mean: Answer[float | None] | None = None
        self._reading: AblationReading | None = None
        self._worded_s = 0.0
        self._options.events.unit.connect(self._turn)
        self._options.events.at.connect(self._turn)
        view.released.connect(self._options.release)
        view.at_picked.connect(self._hold_at)

    def set_network(self, network: Network | None) -> None:
        """Another network has other units: nothing of it is held."""
        self._network = network
        self._options.release()

    def ask(self) -> tuple[AblationReader, ...]:
        self._tell()
        return () if self._network is None else self._options.asked(self._network)

    def toggle(self, at: HeldAt) -> None:
        """Hold the picked unit, or let it go."""
        if (unit := self._selection.as_unit()) is None or self._network is None:
            return
        if at is HeldAt.MEAN and not self._knows_means(unit):
            return
        self._options.toggle(unit, at)

    def _hold_at(self, at: HeldAt) -> None:
        unit = self._options.unit
        if unit is not None and (at is HeldAt.ZERO or self._knows_means(unit)):
            self._options.hold(unit, at)

    def _knows_means(self, unit: Unit) -> bool:
        present = self._desk.kept.corpora.present
        if present is not None and unit.layer in present.layers:
            return True
        self._desk.notices.say(f"The mean of {unit.layer} waits for a scan of photographs")
        return False

    def _turn(self, *_: object) -> None:
        self._reading, self._mean = None, None
        options, unit = self._options, self._options.unit
        if unit is not None and options.at is HeldAt.MEAN and options.value is None:
            self._mean = self._desk.kept.corpora.ask(partial(_mean, unit))
        self._tell()

    def tick(self, snapshot: Snapshot | None, now_s: float) -> None:
        if self._mean is not None and self._mean.is_there:
            self._take_mean(self._mean.take())
        if self._options.unit is None or snapshot is None or self._network is None:
            return
        reading = snapshot.first(AblationReader)
        if reading is not None and reading.unit == self._options.unit:
            self._reading = reading
        self._tell_failure(snapshot)
        if self._reading is not None and now_s - self._worded_s >= WORDS_S:
            self._worded_s = now_s
            self._show(self._reading, self._network)

    def _take_mean(self, value: float | None) -> None:
        self._mean = None
        if value is None or not np.isfinite(value):
            self._desk.notices.say("The unit’s mean is not known: nothing is set")
            self._options.release()
        else:
            self._options.value = value

    def _tell_failure(self, snapshot: Snapshot) -> None:
        for reader, error in (*snapshot.left_out.items(), *snapshot.failed.items()):
            if isinstance(reader, AblationReader) and reader.unit == self._options.unit:
                self._options.release()
                self._desk.notices.fail(BANNER, error.cause, error.remedy)

    def _tell(self) -> None:
        """Say what is held, and that it is another unit than the picked one where it is."""
        unit, value, notices = self._options.unit, self._options.value, self._desk.notices
        self._view.set_held(unit, self._options.at)
        if unit is None:
            notices.clear(BANNER)
            return
        what = f"The mean of unit {unit.index} of {unit.layer} is looked up"
        if value is not None:
            what = held_words(unit, value)
        picked = self._selection.as_unit()
        rest = "All behind it answers to what is left"
        if picked is not None and (picked.layer, picked.index) != (unit.layer, unit.index):
            rest = f"You look at unit {picked.index} of {picked.layer}"
        notices.warn(
            BANNER, what[:1].upper() + what[1:], rest, action="Undo", do=self._options.release
        )

    def _show(self, reading: AblationReading, network: Network) -> None:
        changes = score_changes(reading, network, MOST)
        words = ""
        if reading.before is None:
            words = f"{network.name} gives no class scores to compare"
        elif not is_noticed(changes):
            words = f"{NOT_NOTICED.capitalize()}: the others make do without it"
        self._view.set_changes(changes, reading.maximum, words)


def _mean(unit: Unit, corpus: Corpus) -> float:
    return float(corpus.stats(unit.layer).activation[unit.index])
