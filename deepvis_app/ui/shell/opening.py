"""What is shown at the start, and what instead where that cannot be had."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app.engine import Phase
from deepvis_app.engine.cameras import look_for_cameras
from deepvis_app.nets.trust import UntrustedCodeError

if TYPE_CHECKING:
    from concurrent.futures import Future

    from deepvis_app.engine.status import EngineStatus, NetworkStatus, SourceStatus
    from deepvis_app.errors import UserError
    from deepvis_app.frames import CameraInfo
    from deepvis_app.options import RunOptions
    from deepvis_app.ui.kit.notices import Notices
    from deepvis_app.ui.shell.agreeing import Agreeing
    from deepvis_app.ui.shell.kept_files import Kept
    from deepvis_app.ui.shell.sources import Sources
    from deepvis_app.vitals import Death

DEFAULT_NETWORK = "pocket"
DEFAULT_SOURCE = "demo"
CAMERAS_S = 3.0  # so long is waited for the cameras' names
DIED = "died"  # key of the banner that says how the last deepvis ended


@dataclass(frozen=True, slots=True)
class Start:
    """How this run begins: what was asked for, what was kept, how the last one ended."""

    options: RunOptions
    kept: Kept
    death: Death | None = None


class Opening:
    """Opens what was asked for, else what was left, else what always is there."""

    def __init__(
        self, start: Start, sources: Sources, agreeing: Agreeing, notices: Notices
    ) -> None:
        death = start.death
        self._death = death if death is not None and death.spec else None
        self._options, self._session = start.options, start.kept.session
        self._sources, self._agreeing, self._notices = sources, agreeing, notices
        self._cameras: Future[tuple[CameraInfo, ...]] | None = None  # while it is waited for them
        self._until_s = 0.0
        self._unasked: dict[str, str] = {}  # what deepvis took by itself, until it failed

    def open(self) -> None:
        """Load the first network and open the first source; a camera once it is known."""
        options, session = self._options, self._session
        network = options.net or session.network or DEFAULT_NETWORK
        weights = options.weights
        if options.net is None and session.network:
            weights = weights or session.weights or None
        if self._death is not None:
            network, weights = self._after(self._death, network, weights)
        self._sources.load(network, weights, trust=options.trust)
        self._unasked = {"network": "" if options.net else network}
        if options.source:
            self._sources.open(options.source)
        elif session.source:
            self._open_unasked(session.source)
        else:
            self._cameras = look_for_cameras()
            self._until_s = time.monotonic() + CAMERAS_S

    def tick(self, now_s: float) -> None:
        """Where nothing was looked at before, look at a camera if there is one."""
        cameras = self._cameras
        if cameras is None or not (cameras.done() or now_s >= self._until_s):
            return
        self._cameras = None
        if not self._sources.has_opened:  # nothing was chosen meanwhile
            found = cameras.result() if cameras.done() else ()
            self._open_unasked(found[0].spec if found else DEFAULT_SOURCE)

    def _open_unasked(self, source: str) -> None:
        self._sources.open(source)
        self._unasked["source"] = self._sources.source

    def _after(self, death: Death, network: str, weights: str | None) -> tuple[str, str | None]:
        """Say how the last deepvis ended; its network is loaded only where it is asked for."""
        is_that = (network, weights or "") == (death.spec, death.weights)
        is_dropped = is_that and self._options.net is None and network != DEFAULT_NETWORK
        self._notices.warn(
            DIED,
            str(death),
            "The bundled network is shown" if is_dropped else "",
            action="Load it again" if is_dropped else "",
            do=lambda: self._load_again(death),
        )
        return (DEFAULT_NETWORK, None) if is_dropped else (network, weights)

    def _load_again(self, death: Death) -> None:
        self._notices.clear(DIED)
        self._sources.load(death.spec, death.weights)

    def show_status(self, status: EngineStatus) -> None:
        """Take the default where what was taken unasked has failed."""
        self._fall_back("network", status.network, DEFAULT_NETWORK, "The bundled network is shown")
        self._fall_back("source", status.source, DEFAULT_SOURCE, "The demo is shown")

    def _fall_back(
        self, what: str, status: NetworkStatus | SourceStatus, default: str, instead: str
    ) -> None:
        """Take the default, once, where what deepvis took by itself at the start fails.

        What was asked for, then or since, is not replaced. The notice goes with the default.
        """
        if status.phase is Phase.FAILED and status.spec == self._unasked.get(what):
            self._unasked[what] = ""
            if isinstance(status.error, UntrustedCodeError):
                self._agreeing.offer(status.spec, status.error, instead)
            else:
                self._say(what, status.error, instead)
            (self._sources.load if what == "network" else self._sources.open)(default)
        elif status.phase is Phase.READY and status.spec != default:
            self._notices.clear(f"last-{what}")

    def _say(self, what: str, error: UserError | None, instead: str) -> None:
        took = "The last" if getattr(self._session, what) else "The first"
        cause = f": {error.cause}" if error is not None else ""
        self._notices.warn(f"last-{what}", f"{took} {what} cannot be had{cause}", instead)
