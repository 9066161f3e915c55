"""One round: the engine's newest answer to the panels, the user's wishes to the engine.

A round sends at most one request, takes at most one snapshot and shows only what changed, so
nothing can pile up.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from deepvis_app.engine import LiveRequest
from deepvis_app.engine.status import EngineStatus
from deepvis_app.known.lasting_fault import LastingFault
from deepvis_app.ui.panel import Tick

if TYPE_CHECKING:
    from deepvis_app.engine import Snapshot
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.panel import Asked

JOBS_S = 0.1  # between two looks at the jobs
QUIET_S = 0.05  # between two looks at the engine while it has no picture and nobody wishes anything
ANSWERS_S = 0.3  # after a wish, for which the store's answers to it are looked for at every beat
OF_FRAMES = ("method", "seed", "place", "origin", "strokes", "fill")  # of the question "why"
OF_WEIGHTS = ("by_weight", "filter_order", "shared_scale")
OF_PLAY = ("technique", "specs", "is_live", "pair")
OF_SIGHT = (
    "workspace", "page", "is_inspecting", "is_narrow", "is_drawn", "is_visible", "layer_filter",
    "is_whole_frame", "moved",
)  # fmt: skip


class Shown(Protocol):
    """Who is told in every round."""

    def set_network(self, network: Network | None) -> None:
        """There is another network, or none."""

    def ask(self) -> tuple[Asked, ...]:
        """Return what every frame is asked, and show the user's present wishes."""

    def tick(self, tick: Tick) -> None:
        """Show what is new."""


class Rounds:
    """The only reader of the engine's status, snapshots and jobs. Knows no Qt."""

    def __init__(self, desk: Desk, shown: Shown) -> None:
        self._desk, self._shown = desk, shown
        self._fault = LastingFault()
        self._generation = 0
        self._first = 0  # the first request of the present network
        self._is_dirty = True
        self._jobs_at_s = 0.0
        self._went_at_s = 0.0
        self._awake_until_s = 0.0
        self._identity = self._weights = ""  # fingerprints: of the network, of what it knows
        self.status = EngineStatus()  # the one that was told last
        self.network: Network | None = None
        self.snapshot: Snapshot | None = None  # the newest of the present network
        options = desk.options
        desk.selection.events.connect(self.mark_dirty)
        options.view.events.connect(self.mark_dirty)
        options.ablation.events.connect(self.mark_dirty)
        of_interest = (
            (options.why.events, OF_FRAMES),
            (options.weights.events, OF_WEIGHTS),
            (options.play.events, OF_PLAY),
            (desk.sight.events, OF_SIGHT),
        )
        for events, names in of_interest:
            for name in names:
                getattr(events, name).connect(self.mark_dirty)

    def mark_dirty(self, *_: object) -> None:
        """Something the request depends on changed: send a new one in the next round."""
        self._is_dirty = True

    def go(self) -> None:
        """Go one round, unless nothing is new: most of a display's beats bring nothing."""
        now_s, snapshot = time.monotonic(), self._desk.engine.take()
        if self._is_dirty:
            self._awake_until_s = now_s + ANSWERS_S
        rests = now_s > self._awake_until_s and now_s - self._went_at_s < QUIET_S
        if snapshot is None and rests:
            return
        self._went_at_s = now_s
        self.status = self._fault.hold(self._desk.engine.status(), now_s)
        if self.status.network.network is not self.network:
            self._adopt(self.status.network.network)
        if self._is_dirty and self.network is not None:
            self._ask()
        if snapshot is not None and not self._is_of_present(snapshot):
            snapshot = None
        if self.network is not None and self.network.last_fingerprint != self._weights:
            self._weights = self.network.last_fingerprint
            self._desk.kept.corpora.weights_moved(self._weights)
        self.snapshot = snapshot or self.snapshot
        jobs, corpora = None, self._desk.kept.corpora
        if now_s - self._jobs_at_s >= JOBS_S:
            self._jobs_at_s, jobs = now_s, self._desk.jobs.statuses()
            corpora.take(jobs)
        corpora.tick()
        self._shown.tick(Tick(now_s, self.status, snapshot, jobs))

    def _is_of_present(self, snapshot: Snapshot) -> bool:
        """Tell whether a snapshot is of the present network.

        One may have layers that this has not, though they are the same but for directions: so what
        answers a request of before is left out as well.
        """
        is_same = self.network is not None and snapshot.network == self._identity
        return is_same and snapshot.generation >= self._first

    def _ask(self) -> None:
        self._is_dirty = False
        self._generation += 1
        options = self._desk.options.view
        readers = self._shown.ask()
        self._desk.engine.request(
            LiveRequest(self._generation, readers, options.fit, options.mirror)
        )

    def _adopt(self, network: Network | None) -> None:
        """Turn all to another network."""
        self.network, self.snapshot = network, None
        self._identity = network.identity if network else ""
        self._weights = network.last_fingerprint if network else ""
        self._desk.kept.corpora.set_network(self._weights)
        layers = network.layers if network else ()
        self._desk.selection.adopt([(info.name, info.unit_count) for info in layers])
        self._desk.options.view.pinned_classes = ()
        self._desk.sight.forget_grids()
        self._desk.sight.layer_filter = ""
        self._shown.set_network(network)
        self._first = self._generation + 1
        self.mark_dirty()
