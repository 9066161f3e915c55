"""Directions that a job has made: they become a layer, which is told of and picked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deepvis_app.engine.jobs import JobState
from deepvis_app.engine.jobs.kinds.dictionary import DictionaryStatus
from deepvis_app.known.direction_words import made_words

if TYPE_CHECKING:
    from deepvis_app.engine import JobStatus
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk

KEY = "making-directions"  # of the banner
TOLD_S = 10.0


class Arriving:
    """Looks at jobs whenever they are looked at; a job is told of once."""

    def __init__(self, desk: Desk) -> None:
        self._engine, self._selection, self._notices = desk.engine, desk.selection, desk.notices
        self._network: Network | None = None
        self._told: set[int] = set()  # jobs that have ended
        self._awaited = ""  # the layer that is to be picked when it is there

    def set_network(self, network: Network | None) -> None:
        before, self._network = self._network, network
        if before is None or network is None or before.identity != network.identity:
            self._awaited = ""

    def tick(self, jobs: tuple[JobStatus, ...] | None) -> bool:
        """Take what jobs are doing, if that was looked at; tell whether a layer was picked."""
        for status in jobs or ():
            is_new = isinstance(status, DictionaryStatus) and status.id not in self._told
            if is_new and status.state.is_final:
                self._told.add(status.id)
                self._ended(status)
        layers = () if self._network is None else self._network.layers
        if not self._awaited or all(info.name != self._awaited for info in layers):
            return False
        layer, self._awaited = self._awaited, ""
        self._selection.pick_layer(layer)
        return True

    def _ended(self, status: JobStatus) -> None:
        if status.state is JobState.FAILED and status.error is not None:
            self._notices.fail(KEY, status.error.cause, status.error.remedy)
        found = status.found if isinstance(status, DictionaryStatus) else None
        if status.state is JobState.DONE and found is not None:
            self._notices.clear(KEY)
            self._notices.say(made_words(found.layer, found.about), TOLD_S)
            self._engine.put_directions()
            self._awaited = found.layer
