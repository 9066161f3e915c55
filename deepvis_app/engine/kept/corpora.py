"""The folder of scanned collections: which there are, and where another one goes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from deepvis_app.corpus import Corpus, Score
from deepvis_app.corpus.export import export_steps
from deepvis_app.corpus.folder import ABOUT, PICTURES, SCORES, STATES, Folder
from deepvis_app.corpus.lock import alone
from deepvis_app.corpus.manner import CODE, TOP
from deepvis_app.corpus.pictures import source_of
from deepvis_app.errors import UserError, in_short, one_line
from deepvis_app.files import plain_name
from deepvis_app.paths import cache_dir

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from deepvis_app.nets import Network

FOLDER = "corpora"  # in the cache


@dataclass(frozen=True, slots=True)
class CorpusInfo:
    """What is told of a corpus in a list; of one that cannot be read, `problem` says why."""

    path: Path
    name: str
    source: str = ""  # the folder or list of its pictures, "" where it cannot be found again
    network: str = ""  # what a person calls it
    fingerprint: str = ""
    layers: tuple[str, ...] = ()
    score: Score = Score.MAX
    scanned: int = 0
    total: int = 0
    faults: int = 0
    bytes: int = 0
    made: float = 0.0  # seconds since the epoch
    problem: str = ""

    @property
    def is_complete(self) -> bool:
        return not self.problem and self.scanned == self.total


def default_folder() -> Path:
    """Return the user's folder of corpora."""
    return cache_dir() / FOLDER


class Corpora:
    """The corpora of one folder, each in a folder of its own.

    Nothing is kept here: every call looks at the disk.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def infos(self) -> tuple[CorpusInfo, ...]:
        """Return what there is, the newest first; what is damaged stands last."""
        found = [_info(path) for path in self._paths()]
        return tuple(sorted(found, key=lambda info: (bool(info.problem), -info.made, info.name)))

    def stamp(self) -> tuple[object, ...]:
        """Return what is another once a corpus came, went or went on, whoever did it.

        Raises `UserError` where the folder cannot be read.
        """
        return tuple((path.name, stamp_of(path)) for path in sorted(self._paths()))

    def _paths(self) -> Iterable[Path]:
        try:
            return [path for path in self.folder.iterdir() if _is_corpus(path)]
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise UserError(
                f"The folder of corpora {self.folder} cannot be read: {in_short(error)}",
                "Check its permissions",
            ) from error

    def path_for(
        self,
        fingerprint: str,
        source: object,
        *,
        layers: Sequence[str] | None = None,
        top_k: int = TOP,
        score: Score = Score.MAX,
        batch: int | None = None,
        reduced: bool = True,
    ) -> Path:
        """Return where a scan of pictures by a network goes: the same place for the same scan.

        What is scanned otherwise goes elsewhere, so that one never stands in the way of another.
        `source` is as for `scan`; raises its `UserError`.
        """
        pictures = source_of(source)
        what = pictures.spec or [pictures.title, *(entry.name for entry in pictures.entries())]
        facts = [
            fingerprint, what, layers and list(layers), top_k, score.value, batch, reduced, CODE,
        ]  # fmt: skip
        digest = hashlib.blake2b(json.dumps(facts).encode(), digest_size=5)
        return self.folder / f"{plain_name(pictures.title, 'pictures')}-{digest.hexdigest()}"

    def named(self, name: str) -> Path:
        """Return the corpus of a name, of its folder or the one it was given, or at a path.

        A folder of pictures stands for its only scan. Raises `UserError` where there is none, or
        several.
        """
        is_given = bool(name.strip())  # "" would be the folder that one happens to be in
        for path in (self.folder / name, Path(name).expanduser()) if is_given else ():
            if Folder(path).exists():
                return path
        infos = self.infos()
        found = [info for info in infos if name in (info.name, info.path.name)]
        if not found and is_given:
            folder = str(Path(name).expanduser().resolve())
            found = [info for info in infos if info.source and folder == info.source]
        if len(found) == 1:
            return found[0].path
        if found:
            folders = ", ".join(info.path.name for info in found)
            raise UserError(f"Several corpora are called {name}", f"Use one of {folders}")
        known = ", ".join(info.path.name for info in infos[:5])
        raise UserError(
            f"There is no corpus {name}" if is_given else "The name of the corpus is empty",
            f"There are {known}" if known else "Scan a folder first: deepvis scan FOLDER",
        )

    def rename(self, path: Path, name: str) -> None:
        """Call a corpus something else; it stays where it is. Raises `UserError`."""
        if not name.strip():
            raise UserError("A corpus has to have a name", "Write one")
        Folder(path).rename(name.strip())

    def remove(self, path: Path) -> None:
        """Remove a corpus, damaged or not; its pictures stay.

        Raises `UserError` where a scan is at work there.
        """
        if not _is_corpus(path):
            raise UserError(f"There is no corpus in {path}", "Look at the list again")
        with alone(path):
            pass
        Folder(path).remove()

    def export(
        self,
        path: Path,
        folder: Path,
        layers: Sequence[str] | None = None,
        network: Network | None = None,
    ) -> None:
        """Write a corpus to a folder, for others; see `corpus.export.export_steps`."""
        for _ in export_steps(Corpus(path), folder, layers, network):
            pass


def stamp_of(path: Path) -> tuple[object, ...]:
    """Return what is another after a scan has gone on, of a corpus in a folder."""
    found: list[object] = []
    for name in (ABOUT, PICTURES, STATES):
        try:
            found.append((path / name).stat().st_mtime_ns)
        except OSError:
            found.append(None)
    return tuple(found)


def _is_corpus(path: Path) -> bool:
    """Tell whether a folder is a corpus, or what is left of one."""
    return any((path / name).exists() for name in (ABOUT, PICTURES, STATES, SCORES))


def _info(path: Path) -> CorpusInfo:
    size = Folder(path).size()
    info = CorpusInfo(path, path.name, bytes=size)
    try:
        about = Folder(path).about()
        manner = about.manner
        info = CorpusInfo(
            path, about.name, about.source, manner.network, manner.fingerprint, manner.layers,
            manner.score, bytes=size, made=about.made,
        )  # fmt: skip
        corpus = Corpus(path)
        return replace(info, scanned=corpus.scanned, total=corpus.total, faults=corpus.faults.count)
    except UserError as error:
        return replace(info, problem=one_line(error))
