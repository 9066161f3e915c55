"""A corpus on the disk: what was planned, the states so far, and every picture's scores.

    corpus.json           how it is scanned, its name and where its pictures are
    pictures.safetensors  the plan
    states/               one file a node of the tree; a parent takes the place of its children
    scores/               one file a shard: the scores of each layer, float16 (n, C)
    begun/                shards that were left before their end
    scanning.lock         held by who scans

Nothing else in the folder is touched, whoever put it there.

Which shards are done is told by the files alone: there is no second list that could disagree. Each
holds checksums of what is read of it at once, so that a damaged one is told from a sound one.
"""

from __future__ import annotations

import json
import re
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError

from deepvis_app.corpus import compact, lock, sealed
from deepvis_app.corpus import manner as manners
from deepvis_app.corpus import plan as plans
from deepvis_app.corpus import state as states
from deepvis_app.corpus.pictures import Fault
from deepvis_app.corpus.tree import Node, outermost
from deepvis_app.errors import UserError, in_short
from deepvis_app.files import drafts_in, write_whole
from deepvis_app.reading import parse_json, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis_app.corpus.fold import Rows
    from deepvis_app.corpus.manner import Manner
    from deepvis_app.corpus.plan import Plan
    from deepvis_app.corpus.state import LayerState

    Kept = Mapping[str, NDArray[Any]]

ABOUT, PICTURES, STATES, SCORES = "corpus.json", "pictures.safetensors", "states", "scores"
BEGUN, MAPS = "begun", "maps"
VERSION = 6
MOST_BYTES = 50_000_000  # of `corpus.json`
MOST_FAULTS = 200  # of a node that are listed; the others are counted
OF_THE_SYSTEM = (".DS_Store", "Thumbs.db", "desktop.ini", "lost+found")
_NODE = re.compile(r"(\d+)-(\d+)-([0-9a-f]{16})\.safetensors")
_LARGEST_HALF = float(np.finfo(np.float16).max)


@dataclass(frozen=True, slots=True)
class About:
    """What a corpus says of itself."""

    manner: Manner
    name: str
    source: str  # the folder or list of its pictures; "" where it cannot be found again
    folder: str  # what the pictures' names are relative to
    made: float  # seconds since the epoch


@dataclass(frozen=True, slots=True)
class Faults:
    """The pictures of some shards that could not be read: how many, and the first of them."""

    count: int = 0
    listed: tuple[Fault, ...] = ()

    def joined(self, other: Faults) -> Faults:
        return Faults(self.count + other.count, (*self.listed, *other.listed)[:MOST_FAULTS])


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Scores (n, C) or (n,) of some pictures, the plan's `rows` (n,) that these are, and places.

    `places` None: a score is no single place's.
    """

    rows: NDArray[np.int64]
    values: NDArray[np.floating]
    places: NDArray[np.int32] | None


class GoneError(UserError):
    """A file is not there any more: a scan has put another one in its place."""


class DamagedError(UserError):
    """A file is not what was written there."""


class Folder:
    """The files of one corpus. All methods raise `UserError` where the disk fails."""

    def __init__(self, path: Path) -> None:
        self.path = path

    # What it is

    def exists(self) -> bool:
        return (self.path / ABOUT).is_file()

    def about(self) -> About:
        """Raises `UserError` where there is no corpus, or one that this version cannot read."""
        if not self.exists():
            raise UserError(f"There is no corpus in {self.path}", "Scan a folder of pictures first")
        try:
            data = parse_json(read_text(self.path / ABOUT, MOST_BYTES))
            if data["version"] != VERSION:
                raise UserError(
                    f"The corpus {self.path} is of another version of deepvis",
                    f"Remove it (deepvis corpus remove {self.path.name}) and scan again",
                )
            return _about(data)
        except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
            raise _damaged(self.path / ABOUT, error) from error

    def write_about(self, about: About) -> None:
        data = {
            "version": VERSION,
            "manner": manners.as_data(about.manner),
            "name": about.name,
            "source": about.source,
            "folder": about.folder,
            "made": about.made,
        }
        with _writing(self.path):
            write_whole(self.path / ABOUT, json.dumps(data, indent=1))

    def rename(self, name: str) -> None:
        """Call the corpus something else."""
        self.write_about(replace(self.about(), name=name))

    def plan(self) -> Plan:
        path = self.path / PICTURES
        try:
            return plans.unpacked(sealed.read(path, ""))
        except sealed.ERRORS as error:
            raise _damaged(path, error) from error

    def write_plan(self, plan: Plan, faults: Faults) -> None:
        """Keep the plan, and which pictures could not even be looked at."""
        self.write(self.path / PICTURES, plans.packed(plan), as_data(faults))

    def remove(self) -> None:
        """Remove the corpus, and its folder where nothing else is in it; pictures stay."""
        try:
            (self.path / ABOUT).unlink(missing_ok=True)  # what is left of it is no corpus
            self.sweep()
            self.forget()
            for name in (PICTURES, lock.NAME):
                (self.path / name).unlink(missing_ok=True)
            if not any(self.path.iterdir()):
                self.path.rmdir()
        except OSError as error:
            raise UserError(
                f"{self.path} cannot be removed: {in_short(error)}", "Remove it by hand"
            ) from error

    def forget(self) -> None:
        """Remove all that was found. Raises `OSError`."""
        for name in (STATES, SCORES, BEGUN, MAPS):
            if (self.path / name).is_dir():
                shutil.rmtree(self.path / name)

    def size(self) -> int:
        """Return how many bytes it takes."""
        files = [path for path in self.path.rglob("*") if path.is_file()]
        total = 0
        for path in files:
            with suppress(OSError):
                total += path.stat().st_size
        return total

    # States

    def nodes(self, plan: Plan) -> dict[Node, Path]:
        """Return the nodes that are there and belong to the plan, those within others left out."""
        found: dict[Node, Path] = {}
        for path in self._listed(STATES):
            match = _NODE.fullmatch(path.name)
            if match is None:
                continue
            node = Node(int(match[1]), int(match[2]))
            if node.is_whole(plan.shards) and match[3] == node_digest(plan, node):
                found[node] = path
        return {node: found[node] for node in outermost(found)}

    def write_node(
        self, plan: Plan, node: Node, layers: Mapping[str, Kept], faults: Faults
    ) -> Path:
        arrays = {
            f"{layer}/{name}": array for layer, own in layers.items() for name, array in own.items()
        }
        path = self.path / STATES / _node_name(plan, node)
        self.write(path, arrays, as_data(faults))
        return path

    def layer(self, path: Path, layer: str) -> LayerState:
        """Return a layer of a node. Raises `GoneError` where the file is not there any more."""
        try:
            return states.unpacked(compact.whole(sealed.read(path, layer)))
        except FileNotFoundError as error:
            raise GoneError(f"{path} is gone", "Look again: a scan goes on there") from error
        except sealed.ERRORS as error:
            raise _damaged(path, error) from error

    def faults(self, path: Path) -> Faults:
        """Return which pictures of a node, or of the plan, could not be read."""
        try:
            return faults_from(sealed.about(path))
        except FileNotFoundError as error:
            raise GoneError(f"{path} is gone", "Look again: a scan goes on there") from error
        except sealed.ERRORS as error:
            raise _damaged(path, error) from error

    def let_go(self, paths: Sequence[Path]) -> None:
        """Remove what another file has taken the place of."""
        for path in paths:
            with suppress(OSError):
                path.unlink()

    def spoilt(self, plan: Plan) -> tuple[list[Path], list[int]]:
        """Return the nodes that are damaged, and the shards whose scores are, or are missing."""
        nodes = [path for path in self.nodes(plan).values() if not sealed.is_sound(path)]
        scores = (self._scores_path(plan, shard) for shard in range(plan.shards))
        return nodes, [shard for shard, path in enumerate(scores) if not sealed.is_sound(path)]

    def tidy(self, plan: Plan) -> None:
        """Remove states and scores that belong to no part of the plan, and drafts of them.

        What was begun, too. For who holds the folder alone, when all is done.
        """
        nodes = set(self.nodes(plan).values())
        scores = {self._scores_path(plan, shard) for shard in range(plan.shards)}
        self.let_go([path for path in self._listed(STATES) if path not in nodes])
        self.let_go([path for path in self._listed(SCORES) if path not in scores])
        shutil.rmtree(self.path / BEGUN, ignore_errors=True)
        self.sweep()

    def sweep(self) -> None:
        """Remove what writers left behind that were killed; for who holds the folder alone."""
        for folder in (self.path, *(self.path / name for name in (STATES, SCORES, BEGUN, MAPS))):
            with suppress(OSError):
                self.let_go(drafts_in(folder))

    def strangers(self) -> list[str]:
        """Return what in the folder no corpus would have there, by name."""
        own = {ABOUT, PICTURES, STATES, SCORES, BEGUN, MAPS, lock.NAME}
        with suppress(FileNotFoundError):
            drafts = {path.name for path in drafts_in(self.path)}
            names = {path.name for path in self.path.iterdir()}
            return sorted(name for name in names - own - drafts if name not in OF_THE_SYSTEM)
        return []

    def maps(self) -> list[Path]:
        """Return the files of maps that are kept, see `map/kept.py`."""
        return self._listed(MAPS)

    def _listed(self, folder: str) -> list[Path]:
        with suppress(OSError):
            return sorted((self.path / folder).glob("*.safetensors"))
        return []

    # Scores

    def write_scores(
        self, plan: Plan, shard: int, rows: Mapping[str, Rows], seen: NDArray[np.int64]
    ) -> None:
        """Keep the scores of a shard and their places; `seen` are the rows of the plan.

        As float16 what is larger than 65504 is kept as that, and what is infinite as NaN. Rows
        count from the shard's own first: pictures of earlier ones may go.
        """
        arrays: dict[str, NDArray[Any]] = {"rows": seen - plan.rows(shard).start}
        for layer, own in rows.items():
            arrays[f"{layer}/scores"] = halves(own.scores)
            if own.places is not None:
                few = own.size[0] * own.size[1] <= np.iinfo(np.uint16).max
                arrays[f"{layer}/places"] = own.places.astype(np.uint16 if few else np.int32)
        self.write(self._scores_path(plan, shard), arrays, {})

    def scores(self, plan: Plan, shard: int, layer: str, unit: int | None = None) -> Scores | None:
        """Return a shard's scores of a layer, or of one unit of it; None: they were not kept."""
        path = self._scores_path(plan, shard)
        try:
            found = sealed.read(path, "") | sealed.read(path, layer)
            values, places = _columns(found["scores"], unit), found.get("places")
            places = None if places is None else _columns(places, unit).astype(np.int32)
            scores = Scores(found["rows"] + plan.rows(shard).start, values, places)
            _check_scores(scores, plan)
            return scores
        except FileNotFoundError:
            return None
        except sealed.ERRORS as error:
            raise _damaged(path, error) from error

    def _scores_path(self, plan: Plan, shard: int) -> Path:
        return self.path / SCORES / f"{shard}-{plan.digest(shard)}.safetensors"

    def write(
        self, path: Path, arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any]
    ) -> None:
        """Write arrays to a file of the folder, see `sealed`."""
        with _writing(self.path):
            sealed.write(path, arrays, about)


def _about(data: Mapping[str, Any]) -> About:
    name, source, folder = texts = [data[key] for key in ("name", "source", "folder")]
    made = float(data["made"])
    if not all(isinstance(text, str) and "\0" not in text for text in texts) or made != made:
        raise ValueError("it has no name, or one that can be none")
    return About(manners.from_data(data["manner"]), name, source, folder, made)


def kept(state: LayerState) -> Kept:
    """Return a state as it is written."""
    return compact.compacted(states.packed(state))


def node_digest(plan: Plan, node: Node) -> str:
    """Return what tells a node by its shards' pictures."""
    return plans.joined_digest(plan, range(node.first, node.end))


def _node_name(plan: Plan, node: Node) -> str:
    return f"{node.level}-{node.index}-{node_digest(plan, node)}.safetensors"


def _check_scores(scores: Scores, plan: Plan) -> None:
    rows, places = scores.rows, scores.places
    is_sound = (
        rows.ndim == 1
        and rows.dtype == np.int64
        and len(rows) == len(scores.values)
        and (not len(rows) or (rows.min() >= 0 and rows.max() < len(plan)))
        and (places is None or (places.shape == scores.values.shape and places.min(initial=0) >= 0))
    )
    if not is_sound:
        raise ValueError("its parts do not fit each other")


def halves(scores: NDArray[np.float32]) -> NDArray[np.float16]:
    """Return scores as they are kept; those that are infinite become NaN."""
    found = np.clip(scores, -_LARGEST_HALF, _LARGEST_HALF).astype(np.float16)
    found[np.isinf(scores)] = np.nan
    return found


def _columns(values: NDArray[Any], unit: int | None) -> NDArray[Any]:
    return values if unit is None else values[:, unit]


def as_data(faults: Faults) -> dict[str, Any]:
    return {"faults": faults.count, "listed": [[one.name, one.reason] for one in faults.listed]}


def faults_from(data: Mapping[str, Any]) -> Faults:
    return Faults(int(data["faults"]), tuple(Fault(name, why) for name, why in data["listed"]))


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, SafetensorError) as error:
        raise UserError(
            f"The corpus cannot be written to {folder}: {in_short(error)}",
            "Make room or make it writable, then scan again: what is there stays",
        ) from error


def _damaged(path: Path, error: Exception) -> UserError:
    """Return what a person is told; what a library says of a damaged file is of no use to them."""
    folder = path.parent.parent if path.parent.name in (STATES, SCORES) else path.parent
    name = f"{path.name} of the corpus {folder.name}"
    if isinstance(error, OSError) and error.strerror:
        return UserError(f"{name} cannot be read: {error.strerror}", "Scan its pictures again")
    return DamagedError(f"{name} is damaged", "Scan its pictures again")
