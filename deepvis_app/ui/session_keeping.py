"""Where the user left off: brought back at the start, kept at the end."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from PyQt6.QtCore import QByteArray

from deepvis_app.session import Session
from deepvis_app.state.preferred import Colours

if TYPE_CHECKING:
    from deepvis_app.nets import Network
    from deepvis_app.state.options import ViewOptions
    from deepvis_app.state.preferred import PreferredOptions
    from deepvis_app.state.recipes import RecipeShelf
    from deepvis_app.state.selection import Selection
    from deepvis_app.ui.main_window import MainWindow
    from deepvis_app.ui.presenters.choosers import ChooserPresenter
    from deepvis_app.ui.sources import Sources


class SessionKeeping:
    """Between a `Session` and the parts that it is made of."""

    def __init__(
        self,
        session: Session,
        window: MainWindow,
        selection: Selection,
        view: ViewOptions,
        preferred: PreferredOptions,
        shelf: RecipeShelf,
    ) -> None:
        self._session = session
        self._window = window
        self._selection = selection
        self._view = view
        self._preferred = preferred
        self._shelf = shelf
        self._is_restored = False  # the last session's selection came back

    def restore(self, choosers: ChooserPresenter) -> None:
        """Bring back what does not depend on the network."""
        session = self._session
        if session.window_geometry:
            geometry = QByteArray(base64.b64decode(session.window_geometry, validate=False))
            self._window.restoreGeometry(geometry)
        choosers.recent_networks = session.recent_networks
        choosers.recent_sources = session.recent_sources
        self._preferred.by_itself = session.makes_pictures
        self._preferred.colours = Colours(session.colours)
        if (recipe := self._shelf.get(session.recipe)) is not None:
            self._preferred.choose(recipe)
        self._window.inspector.set_tab(session.inspector_tab)

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

    def left_off(
        self, network: Network | None, sources: Sources, choosers: ChooserPresenter
    ) -> Session:
        """Return what is to come back at the next start."""
        session, selection = self._session, self._selection
        geometry = self._window.saveGeometry().data()
        return Session(
            window_geometry=base64.b64encode(geometry).decode(),
            network=network.spec if network else session.network,
            weights=network.weights_file if network else session.weights,
            source=sources.source,
            layer=selection.layer,
            panes=selection.panes,
            unit=selection.unit,
            units=dict(selection.remembered),
            pinned_classes=self._view.pinned_classes,
            recent_networks=choosers.recent_networks,
            recent_sources=choosers.recent_sources,
            recipe=self._preferred.base.name,
            makes_pictures=self._preferred.by_itself,
            colours=self._preferred.colours.value,
            inspector_tab=self._window.inspector.tab(),
            hint_seen=True,
        )
