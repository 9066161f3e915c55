"""Directions on layers of the network: added from files, exported, removed."""

from __future__ import annotations

import shutil
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from deepvis_app.errors import UserError
from deepvis_app.files import whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future
    from pathlib import Path

    from deepvis_app.engine.kept.directions import KeptDirections
    from deepvis_app.nets import Network
    from deepvis_app.ui.desk import Desk

KEY = "directions"  # of the banner


class LayerDirections:
    """Does what the menu of a layer offers with directions. For the GUI's thread: it only asks."""

    def __init__(self, desk: Desk) -> None:
        self._desk, self._engine = desk, desk.engine
        self._network: Network | None = None
        self._adding: list[Future[KeptDirections]] = []
        self._copying: list[Future[Path]] = []

    def set_network(self, network: Network | None) -> None:
        self._network = network

    def tick(self) -> None:
        """Take what was read or written meanwhile."""
        for added in [each for each in self._adding if each.done()]:
            self._adding.remove(added)
            if self._has_failed(added):
                continue
            kept = added.result()
            self._desk.notices.say(f"{kept.title}: {kept.about.made}")
            self._engine.put_directions()
        for copied in [each for each in self._copying if each.done()]:
            self._copying.remove(copied)
            if not self._has_failed(copied):
                self._desk.notices.say(f"The directions are in {copied.result().name}")

    def _has_failed(self, done: Future[KeptDirections] | Future[Path]) -> bool:
        error = done.exception()
        if error is None:
            self._desk.notices.clear(KEY)
            return False
        if isinstance(error, UserError):
            self._desk.notices.fail(KEY, error.cause, error.remedy)
        else:
            self._desk.notices.fail(KEY, f"The directions cannot be used: {error}", "")
        return True

    def add(self, layer: str, path: Path) -> None:
        """Keep what is in a file as directions of a layer: directions, a sparse autoencoder."""
        network, shelf = self._network, self._engine.directions
        if network is None or shelf is None:
            return
        # It is read by torch, which must have no other living thread than the worker's.
        self._adding.append(
            self._engine.between_frames(lambda: shelf.add_file(network, layer, path))
        )

    def export(self, layer: str, path: Path) -> None:
        """Copy the file of directions."""
        if files := self._files(layer):
            self._copying.append(self._engine.read(partial(_copied, files[0], path), is_order=True))

    def remove(self, layer: str) -> None:
        """Take directions off the network; the file goes when that was not taken back."""
        files, shelf = self._files(layer), self._engine.directions
        if not files or shelf is None:
            return
        aside: list[tuple[Path, Path]] = []
        try:
            for file in files:
                with suppress(FileNotFoundError):  # somebody else has removed it
                    aside.append((shelf.set_aside(file), file))
        except UserError as error:
            self._restore(aside)
            self._desk.notices.fail(KEY, error.cause, error.remedy)
            return
        self._engine.put_directions()
        if aside:
            restore, commit = partial(self._restore, aside), partial(_gone, aside)
            self._desk.notices.removed(f"{layer} is removed", restore, commit)
        else:
            self._desk.notices.say(f"{layer} was removed already")

    def _restore(self, aside: Sequence[tuple[Path, Path]]) -> None:
        try:
            for path, file in aside:
                path.replace(file)
        except OSError as error:
            self._desk.notices.fail(KEY, f"The directions do not come back: {error}", "")
        self._engine.put_directions()

    def _files(self, layer: str) -> tuple[Path, ...]:
        """Return where the directions that are a layer were found; (): nowhere."""
        network, shelf = self._network, self._engine.directions
        if network is None or shelf is None:
            return ()
        found = next((each for each in network.directed if each.full_name == layer), None)
        return () if found is None else shelf.paths_of(network, found)


def _copied(file: Path, path: Path) -> Path:
    if not file.is_file():
        raise UserError(f"{file.name} is gone: it was removed", "Make the directions again")
    try:
        with whole(path) as draft:
            shutil.copyfile(file, draft)
    except OSError as error:
        raise UserError(
            f"{path} cannot be written: {error.strerror or error}", "Choose another place"
        ) from error
    return path


def _gone(aside: Sequence[tuple[Path, Path]]) -> None:
    for path, _ in aside:
        with suppress(OSError):  # it is swept up later
            path.unlink()
