"""A network that takes its time: what is said of it, and the way out. None is ended by itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from deepvis_app.engine import Phase
from deepvis_app.known.stream_words import AT_WORK_S, short_name
from deepvis_app.ui.shell.opening import DEFAULT_NETWORK

if TYPE_CHECKING:
    from deepvis_app.engine import Engine
    from deepvis_app.engine.status import EngineStatus, NetworkStatus
    from deepvis_app.nets import Network
    from deepvis_app.ui.kit.notices import Notices
    from deepvis_app.ui.shell.sources import Sources

SILENT_S = 8.0  # a load that told of no progress for so long may never end
SWIFT_S = 10.0  # after so long without a long pass the network is not called slow any more
AT_WORK, LOADING = "at-work", "loading"  # keys of the banners


class Patience:
    """Offers to leave a network that does not answer, and to give up one that does not load."""

    def __init__(self, notices: Notices, engine: Engine, sources: Sources) -> None:
        self._notices, self._engine, self._sources = notices, engine, sources
        self._network: tuple[str, str] | None = None  # the one in use: spec and weights
        self._before: tuple[str, str] | None = None
        self._slow_at_s: float | None = None  # it was last seen at one thing for too long
        self._is_left = False  # what takes so long is the network before
        self._is_silent = False

    def tick(self, status: EngineStatus) -> None:
        self._look_at_work(status)
        self._look_at_load(status.network)

    def set_network(self, network: Network | None) -> None:
        """Another network is in use."""
        if network is not None:
            named = network.spec, network.weights_file
            if self._network is not None and named != self._network:
                self._before = self._network
            self._network = named
        self._is_left = True
        self._be_swift()

    def _look_at_work(self, status: EngineStatus) -> None:
        now_s = time.monotonic()
        is_slow = status.at_work_s > AT_WORK_S
        self._is_left = self._is_left and is_slow
        if is_slow and not self._is_left:
            if self._slow_at_s is None:
                self._notices.warn(
                    AT_WORK,
                    f"The network has been at work for more than {AT_WORK_S:.0f} s",
                    "It may be slow, or never come back: wait, or leave it for "
                    f"{short_name(self._other()[0])}",
                    action="Leave it",
                    do=self._leave,
                )
            self._slow_at_s = now_s
        elif self._slow_at_s is not None and now_s - self._slow_at_s > SWIFT_S:
            self._be_swift()

    def _be_swift(self) -> None:
        self._slow_at_s = None
        self._notices.clear(AT_WORK)

    def _look_at_load(self, status: NetworkStatus) -> None:
        loads = status.phase is Phase.OPENING
        is_silent = loads and time.monotonic() - status.heard_s > SILENT_S
        if is_silent and not self._is_silent:
            self._notices.warn(
                LOADING,
                f"{short_name(status.spec)} has told of no progress for {SILENT_S:.0f} s",
                "Loading it may take long, or never end: wait, or give it up",
                action="Give up",
                do=self._give_up,
            )
        elif self._is_silent and not is_silent:
            self._notices.clear(LOADING)
        self._is_silent = is_silent

    def _other(self) -> tuple[str, str]:
        """Return the network to go to: the one before, else the one that always is there."""
        return self._before if self._before and self._before[0] else (DEFAULT_NETWORK, "")

    def _leave(self) -> None:
        self._sources.load(*self._other())

    def _give_up(self) -> None:
        self._engine.give_up_loading()
        if self._engine.status().network.network is None:
            self._sources.load(DEFAULT_NETWORK, "")
