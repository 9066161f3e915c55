"""Where the user left off: brought back at the start, written whenever it is elsewhere."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QByteArray, QTimer

from deepvis_app.frames.address import kept
from deepvis_app.session import Session, save_session, session_path
from deepvis_app.stored import keep_copy, validate_forgivingly

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deepvis_app.engine import Scribe
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.main_window import MainWindow
    from deepvis_app.ui.panel import PanelInfo, SessionPart
    from deepvis_app.ui.shell.choosers import ChooserPresenter
    from deepvis_app.ui.shell.sources import Sources

LOOK_MS = 1000  # a crash loses what changed since the last look


class SessionKeeping:
    """Between a `Session` and the parts that it is made of."""

    def __init__(
        self, session: Session, window: MainWindow, desk: Desk, panels: Sequence[PanelInfo]
    ) -> None:
        self._session = session
        self._window = window
        self._desk = desk
        self._parts = {info.key: info.session for info in panels if info.session is not None}
        self._selection, self._view = desk.selection, desk.options.view
        self.problems: tuple[str, ...] = ()  # what of the session could not be used
        self._is_restored = False  # the last session's selection came back
        self.hint_seen = session.hint_seen
        self._written = session
        self._scribe: Scribe | None = None
        self._left_off: Callable[[], Session] | None = None
        self._looks = QTimer(window)
        self._looks.setInterval(LOOK_MS)
        self._looks.timeout.connect(self.write)
        self.is_futile = False  # there is no place to write it to

    def restore(self, choosers: ChooserPresenter) -> None:
        """Bring back what does not depend on the network."""
        session = self._session
        if session.window_geometry:
            geometry = QByteArray(base64.b64decode(session.window_geometry, validate=False))
            self._window.restoreGeometry(geometry)
        choosers.recent_networks = session.recent_networks
        choosers.recent_sources = tuple(map(kept, session.recent_sources))
        for key, part in self._parts.items():
            if key in session.panels:
                self._restore_part(key, part, session.panels[key])
        if session.workspace in self._window.offered:
            self._desk.sight.workspace = session.workspace
        if session.inspector_tab in self._window.inspector.tabs():
            self._desk.sight.page = session.inspector_tab

    def _restore_part(self, key: str, part: SessionPart, kept: dict[str, Any]) -> None:
        """Bring back what of a panel's part is valid; the file with the rest is kept aside."""
        left, messages = validate_forgivingly(part.model, kept)
        if messages and not self.problems:
            keep_copy(session_path())
        self.problems += tuple(f"session, {key}: {message}" for message in messages)
        part.restore(self._desk, left)

    def restore_selection(self, network: Network) -> None:
        """Bring the last layer and unit back, once, with the network they belong to."""
        session = self._session
        if self._is_restored or network.spec != session.network:
            return
        self._is_restored = True
        self._selection.remembered.update(session.units)
        names = {info.name for info in network.layers}
        panes = tuple(name for name in session.panes if name in names)
        if session.layer in names:
            self._selection.pick_layer(session.layer)
            if len(panes) == 2:
                self._selection.panes = panes
        self._view.pinned_classes = session.pinned_classes
        self._selection.adopt([(info.name, info.unit_count) for info in network.layers])

    def see_hint(self) -> None:
        """Do not show the hints again."""
        self.hint_seen = True

    def follow(self, scribe: Scribe, left_off: Callable[[], Session]) -> None:
        """Have the session written from now on, soon after it changed."""
        self._scribe, self._left_off = scribe, left_off
        self._looks.start()

    def write(self) -> None:
        """Have the session written if it is not as it was; another window's stays meanwhile."""
        if self._scribe is None or self._left_off is None or self.is_futile:
            return
        session = self._left_off()
        if session != self._written:
            self._written = session
            self._scribe.write("session", lambda: save_session(session))

    def left_off(
        self, network: Network | None, sources: Sources, choosers: ChooserPresenter
    ) -> Session:
        """Return what is to come back at the next start.

        While there is no network, what belongs to the last one stays.
        """
        geometry = self._window.saveGeometry().data()
        session = self._session.model_copy(
            update={
                "window_geometry": base64.b64encode(geometry).decode(),
                "source": sources.source,
                "recent_networks": choosers.recent_networks,
                "recent_sources": choosers.recent_sources,
                "workspace": self._desk.sight.workspace,
                "inspector_tab": self._desk.sight.page,
                "panels": {**self._session.panels, **self._left_by_panels()},
                "hint_seen": self.hint_seen,
            }
        )
        return session if network is None else self._with_network(session, network)

    def _left_by_panels(self) -> dict[str, dict[str, Any]]:
        """Return what each panel leaves; what has its default is not written."""
        left = {
            key: part.read(self._desk).model_dump(mode="json", exclude_defaults=True)
            for key, part in self._parts.items()
        }
        return {key: kept for key, kept in left.items() if kept or key in self._session.panels}

    def _with_network(self, session: Session, network: Network) -> Session:
        selection = self._selection
        return session.model_copy(
            update={
                "network": network.spec,
                "weights": network.weights_file,
                "layer": selection.layer,
                "panes": selection.panes,
                "unit": selection.unit,
                "units": dict(selection.remembered),
                "pinned_classes": self._view.pinned_classes,
            }
        )
