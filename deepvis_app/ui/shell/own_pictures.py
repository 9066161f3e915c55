"""Pictures that deepvis saved, opened again: unit, recipe and seed come out of the file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deepvis_app import paths
from deepvis_app.engine.kept.gallery import recipe_of_png
from deepvis_app.reading import Unreadable, read_bytes
from deepvis_app.trusted import load_trusted
from deepvis_app.ui.shell.opening import DEFAULT_NETWORK
from deepvis_app.words.foreign import in_plain

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.engine.kept.gallery import PictureNote
    from deepvis_app.nets import Network, Unit
    from deepvis_app.ui.desk import Desk
    from deepvis_app.ui.shell.sources import Sources

LARGEST = 64_000_000  # bytes; a picture of ours has a few hundred thousand
BANNER = "own-picture"
_ZOO = re.compile(r"(torchvision|timm):\w[\w.-]*(@\w[\w.-]*)?", re.ASCII)


class OwnPictures:
    """Looks first at what is dropped or opened: a picture of ours is turned to, not streamed."""

    def __init__(self, desk: Desk, sources: Sources) -> None:
        self._selection, self._sight, self._notices = desk.selection, desk.sight, desk.notices
        self._options, self._shelf = desk.options.preferred, desk.options.shelf
        self._sources = sources
        self._network: Network | None = None
        self._waiting: tuple[PictureNote, Unit] | None = None  # for its network
        sources.take_own_picture = self.take

    def set_network(self, network: Network | None) -> None:
        self._network = network
        if network and self._waiting and _is_of(*self._waiting, network):
            self._restore(*self._waiting)

    def take(self, path: Path) -> bool:
        """Turn to what a picture of ours was made for; False: it is a picture like any other."""
        note = _note_in(path)
        unit = note.unit if note else None
        if note is None or unit is None:
            return False
        if self._network is not None and _is_of(note, unit, self._network):
            self._restore(note, unit)
        else:
            self._waiting = (note, unit)
            self._tell_other(path, note)
        return True

    def _restore(self, note: PictureNote, unit: Unit) -> None:
        self._waiting = None
        self._notices.clear(BANNER)
        self._sight.show_page("preferred")
        self._selection.pick_unit(unit.index, unit.layer)
        self._sight.reveal()
        known = self._shelf.get(note.recipe.name)
        self._options.choose(known if known and known.key == note.recipe.key else note.recipe)
        self._options.open_seed(unit, note.seed)
        steered = "; its recipe was changed on the way" if note.steered else ""
        self._notices.say(
            f"{unit.layer} · unit {unit.index}, {in_plain(note.recipe.name, 40)}, "
            f"seed {note.seed}{steered}"
        )

    def _tell_other(self, path: Path, note: PictureNote) -> None:
        """Say what network a picture is of; load only what a picture of a stranger's may name."""
        name = in_plain(note.network_name, 60) or "another network"
        if self._network is not None and note.network_name == self._network.name:
            name = f"{name} with other weights"
        remedy, spec = "Load that network to see its unit and recipe", in_plain(note.network_spec)
        if is_harmless(note.network_spec):
            remedy = f"Load {spec} to see its unit and recipe"
        elif note.network_spec:
            remedy = f"Open that network yourself to see its unit and recipe: {spec}"
        self._notices.warn(
            BANNER,
            f"{in_plain(path.name, 40)} was made for {name}",
            remedy,
            action="Load it" if is_harmless(note.network_spec) else "",
            do=self._load,
            dismissed=self._forget,
        )

    def _load(self) -> None:
        if self._waiting is not None:
            spec = self._waiting[0].network_spec
            if is_harmless(spec):  # since the banner came, what was agreed to may be forgotten
                self._sources.load(spec, asks=False)

    def _forget(self) -> None:
        self._waiting = None


def is_harmless(spec: str) -> bool:
    """Tell whether a picture may have that network loaded, whoever made it.

    Networks of a zoo and bundled ones may be; of files only those whose code was agreed to, which
    is not run for other content either.
    """
    if spec == DEFAULT_NETWORK or _ZOO.fullmatch(spec):
        return True
    bundled = (str(path) for path in (paths.CONFIGS / "networks").glob("*.toml"))
    return spec in {*bundled, *(agreed.file for agreed in load_trusted()[0].code.values())}


def _is_of(note: PictureNote, unit: Unit, network: Network) -> bool:
    """Tell whether a picture is of a unit of that network, and not only says so."""
    counts = {info.name: info.unit_count for info in network.layers}
    is_there = 0 <= unit.index < counts.get(unit.layer, 0)
    return is_there and note.fingerprint == network.last_fingerprint


def _note_in(path: Path) -> PictureNote | None:
    try:
        is_png = path.suffix.lower() == ".png"
        return recipe_of_png(read_bytes(path, LARGEST)) if is_png else None
    except (OSError, Unreadable):
        return None  # whoever opens it as a picture says why it cannot be read
