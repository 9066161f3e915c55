"""Directions that are kept: a file each in the user's folder, of any network."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deepvis_app import paths
from deepvis_app.errors import UserError, in_short
from deepvis_app.files import MOST_NAME_BYTES, abandoned, plain_name
from deepvis_app.nets.directed import Directed
from deepvis_app.nets.directions import DIGEST
from deepvis_app.nets.directions_file import (
    SUFFIX,
    AboutDirections,
    is_directions_file,
    read_about,
    read_directions,
    write_directions,
)
from deepvis_app.nets.sae import INSIDE, read_sae

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from deepvis_app.nets import Directions, Network

ASIDE = ".removed"
ELSEWHERE = "Free space, make the folder writable, or set DEEPVIS_DIRECTIONS_DIR to another"


@dataclass(frozen=True, slots=True)
class KeptDirections:
    """One file of directions, and what it says of them. `problem` says why it cannot be read."""

    path: Path
    about: AboutDirections
    problem: str = ""

    @property
    def title(self) -> str:
        return f"{self.about.layer}~{self.about.name}"


class DirectionsShelf:
    """A folder of directions. Its files are of one content each: none is ever written over."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or paths.directions_dir()
        self._put_on: dict[tuple[str, str], tuple[Path, ...]] = {}  # by network, layer

    def all(self) -> list[KeptDirections]:
        """Return every file of the folder, by network and layer; damaged ones with why."""
        found = []
        for path in sorted(self.folder.glob(f"*{SUFFIX}")) if self.folder.is_dir() else ():
            try:
                found.append(KeptDirections(path, read_about(path)))
            except UserError as error:
                found.append(KeptDirections(path, AboutDirections("", path.stem), str(error)))
        return sorted(found, key=lambda each: (each.about.network_name, each.title))

    def of(self, fingerprint: str) -> list[KeptDirections]:
        """Return those of a network."""
        return [each for each in self.all() if each.about.network == fingerprint]

    def keep(
        self,
        network: Network,
        layer: str,
        directions: Directions,
        name: str,
        made: str = "",
        figures: Mapping[str, float | list[float]] | None = None,
    ) -> KeptDirections:
        """Keep directions for a network, under a name that `by_content` makes its own.

        Raises `UserError` where they do not fit the layer, or cannot be written.
        """
        name = plain_name(name, "directions")[:60]
        base = network.base_layer(layer)
        network.without_directions().with_directions(base, directions, directions.by_content(name))
        about = AboutDirections(
            base, name, network.last_fingerprint, network.name, made, dict(figures or {})
        )
        return self.put(directions, about)

    def put(self, directions: Directions, about: AboutDirections) -> KeptDirections:
        """Keep directions that fit their layer, under what is known of them. Raises `UserError`."""
        own = Directed(about.layer, directions.by_content(about.name), directions)
        path = self._path(about.network_name, about.network, own)
        try:
            write_directions(path, directions, about)
        except UserError as error:
            raise UserError(error.cause, ELSEWHERE) from error
        return KeptDirections(path, about)

    def add_file(self, network: Network, layer: str, path: Path, name: str = "") -> KeptDirections:
        """Keep what is in a file: directions of deepvis, or a saved sparse autoencoder.

        `path` may be the folder that SAELens writes. What was measured of another layer, or on
        another network, is left out. Raises `UserError`.
        """
        if path.is_file() and is_directions_file(path):
            directions, about = read_directions(path)
            base, called = network.base_layer(layer), name or about.name
            if (about.layer, about.network) == (base, network.last_fingerprint):
                return self.keep(network, layer, directions, called, about.made, about.figures)
            of = f"{about.layer} of {about.network_name or 'another network'}"
            return self.keep(network, layer, directions.unmeasured(), called, f"made for {of}")
        found = read_sae(path)
        own = path.parent if path.stem == INSIDE else path
        called = name or (own.name if own.is_dir() else own.stem)
        return self.keep(network, layer, found.directions, called, found.made)

    def paths_of(self, network: Network, directed: Directed) -> tuple[Path, ...]:
        """Return where directions of a network are kept, or would be.

        Files may be called otherwise, and the same may be in several: somebody has put them there.
        """
        fingerprint = network.last_fingerprint
        own = self._path(network.name, fingerprint, directed)
        return self._put_on.get((fingerprint, directed.full_name), (own,))

    def _path(self, network: str, fingerprint: str, directed: Directed) -> Path:
        """Return a path whose end tells contents and networks apart, however long the words are."""
        end = f"-{directed.directions.digest[:DIGEST]}-{fingerprint[:8]}"
        called = directed.name.removesuffix(directed.directions.digest[:DIGEST])
        words = f"{network} {directed.layer} {called}"
        most = MOST_NAME_BYTES - len(end)
        return self.folder / f"{plain_name(words, most=most)}{end}{SUFFIX}"

    def set_aside(self, path: Path) -> Path:
        """Give a file a name by which it is not found, and return that.

        Raises `UserError`, and `FileNotFoundError` where it is gone already.
        """
        aside = path.with_name(f".{path.name}{ASIDE}")
        try:
            path.replace(aside)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise _cannot_remove(path, error) from error
        with suppress(OSError):
            os.utime(aside)  # it is as old as it lies there
        return aside

    def _sweep(self) -> None:
        """Remove what was set aside by somebody who then was killed."""
        with suppress(OSError):
            for left in abandoned(self.folder.glob(f".*{ASIDE}")):
                left.unlink()

    def remove(self, path: Path) -> None:
        """Remove a file of the folder. Raises `UserError`."""
        if path.parent != self.folder:
            raise UserError(f"{path} is not in {self.folder}", "Remove it yourself")
        try:
            path.unlink()
        except OSError as error:
            raise _cannot_remove(path, error) from error

    def put_on(self, network: Network) -> tuple[Network, tuple[str, ...]]:
        """Return a network with what is kept of it, and a line for each that cannot be put there.

        Directions named by their content that are kept no longer are taken off.
        """
        self._sweep()
        kept: dict[str, tuple[Directions, AboutDirections, str]] = {}
        problems: list[str] = []
        paths: dict[tuple[str, str], tuple[Path, ...]] = {}
        found = self.all()
        if not network.directed and not found:
            return network, ()  # nothing has to be found out of it
        fingerprint = network.last_fingerprint
        for each in (one for one in found if one.about.network == fingerprint):
            try:
                directions, about = read_directions(each.path)
                name = directions.by_content(about.name)
                kept[f"{about.layer}~{name}"] = directions, about, name
                key = fingerprint, f"{about.layer}~{name}"
                paths[key] = (*paths.get(key, ()), each.path)
            except UserError as error:
                problems.append(str(error))
        self._put_on.update(paths)
        for old in network.directed:
            if not old.facts and old.full_name not in kept:
                network = network.without_directions(old.full_name)
        there = {each.full_name for each in network.directed}
        for full_name, (directions, about, name) in kept.items():
            try:
                if full_name not in there:
                    network = network.with_directions(about.layer, directions, name)
            except UserError as error:
                problems.append(str(error))
        return network, tuple(problems)


def _cannot_remove(path: Path, error: OSError) -> UserError:
    return UserError(
        f"{path.name} cannot be removed: {in_short(error)}", "Make its folder writable"
    )
