"""Pictures that deepvis saved, opened again: unit, recipe and seed come out of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject

from deepvis_app.engine.gallery import recipe_of_png
from deepvis_app.reading import Unreadable, read_bytes
from deepvis_app.ui.widgets.banner import Severity

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.engine.gallery import PictureNote
    from deepvis_app.nets import Network, Unit
    from deepvis_app.state.preferred import PreferredOptions
    from deepvis_app.state.recipes import RecipeShelf
    from deepvis_app.state.selection import Selection
    from deepvis_app.ui.main_window import MainWindow
    from deepvis_app.ui.presenters.preferred import PreferredPresenter
    from deepvis_app.ui.sources import Sources

LARGEST = 64_000_000  # bytes; a picture of ours has a few hundred thousand
BANNER = "own-picture"


class OwnPictures(QObject):
    """Looks first at what is dropped or opened: a picture of ours is turned to, not streamed."""

    def __init__(
        self,
        window: MainWindow,
        selection: Selection,
        options: PreferredOptions,
        shelf: RecipeShelf,
        pictures: PreferredPresenter,
        sources: Sources,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._selection = selection
        self._options = options
        self._shelf = shelf
        self._pictures = pictures
        self._sources = sources
        self._network: Network | None = None
        self._waiting: tuple[PictureNote, Unit] | None = None  # for its network
        sources.take_own_picture = self.take
        window.banners.action_requested.connect(self._load)
        window.banners.dismissed.connect(self._forget)

    def set_network(self, network: Network | None) -> None:
        self._network = network
        if network and self._waiting and self._waiting[0].fingerprint == network.last_fingerprint:
            self._restore(*self._waiting)

    def take(self, path: Path) -> bool:
        """Turn to what a picture of ours was made for; False: it is a picture like any other."""
        note = _note_in(path)
        unit = note.unit if note else None
        if note is None or unit is None:
            return False
        if self._network is not None and note.fingerprint == self._network.last_fingerprint:
            self._restore(note, unit)
        else:
            self._waiting = (note, unit)
            self._tell_other(path, note)
        return True

    def _restore(self, note: PictureNote, unit: Unit) -> None:
        self._waiting = None
        self._window.banners.clear_banner(BANNER)
        self._window.show_inspector(True)
        self._window.inspector.set_tab("preferred")
        self._selection.pick_unit(unit.index, unit.layer)
        self._window.layers.strip.ensure_visible(unit.layer)
        known = self._shelf.get(note.recipe.name)
        self._options.choose(known if known and known.key == note.recipe.key else note.recipe)
        self._pictures.open_seed(note.seed)
        steered = "; its recipe was changed on the way" if note.steered else ""
        self._window.toast.show_message(
            f"{unit.layer} · unit {unit.index}, {note.recipe.name}, seed {note.seed}{steered}"
        )

    def _tell_other(self, path: Path, note: PictureNote) -> None:
        name = note.network_name or "another network"
        if self._network is not None and name == self._network.name:
            name = f"{name} with other weights"
        self._window.banners.show_banner(
            BANNER,
            f"{path.name} was made for {name}",
            "Load that network to see its unit and recipe",
            Severity.NOTICE,
            "Load it" if note.network_spec else "",
        )

    def _load(self, key: str) -> None:
        if key == BANNER and self._waiting is not None:
            self._sources.load(self._waiting[0].network_spec)

    def _forget(self, key: str) -> None:
        if key == BANNER:
            self._waiting = None


def _note_in(path: Path) -> PictureNote | None:
    try:
        is_png = path.suffix.lower() == ".png"
        return recipe_of_png(read_bytes(path, LARGEST)) if is_png else None
    except (OSError, Unreadable):
        return None  # whoever opens it as a picture says why it cannot be read
