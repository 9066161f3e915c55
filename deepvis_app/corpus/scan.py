"""Scanning pictures: one pass each, and everything that is asked of them later comes from that."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from deepvis_app.corpus.corpus import Corpus
from deepvis_app.corpus.fold import fold
from deepvis_app.corpus.folder import MOST_FAULTS, About, Faults, Folder
from deepvis_app.corpus.lock import alone
from deepvis_app.corpus.manner import TOP, Manner, manner_of
from deepvis_app.corpus.measure import Measured, Measuring, Score
from deepvis_app.corpus.pictures import Fault, Known, Source, source_of
from deepvis_app.corpus.plan import Plan, make_plan
from deepvis_app.corpus.state import merge
from deepvis_app.corpus.tree import Node
from deepvis_app.errors import UserError, one_line
from deepvis_app.files import plain_name
from deepvis_app.frames.source import PictureError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from numpy.typing import NDArray

    from deepvis_app.corpus.state import LayerState
    from deepvis_app.nets.network import Network

    Seen = NDArray[np.uint8] | Fault
    # Reads pictures by their names, in this order: as they are in `Network.view`, or why not.
    Reader = Callable[[Sequence[str]], Iterator[Seen]]

LOOK_EVERY = 64  # pictures whose content is looked at before it is told


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be scanned, and how; None: as is usual."""

    source: Any  # see `source_of`
    out: Path
    layers: tuple[str, ...] | None = None
    top_k: int = TOP
    score: Score = Score.MAX
    batch: int | None = None
    reduced: bool = True
    name: str = ""
    fingerprint: str = ""  # of the network that is scanned with, where that is a replica


@dataclass(frozen=True, slots=True, eq=False)
class ScanProgress:
    """Where a scan is: `step` of `total` pictures are done, `faults` of these cannot be read.

    `phase` is "listing" while contents are looked at, then "scanning". `so_far` are the pictures
    of the shard in work, which no file has yet.
    """

    step: int
    total: int
    faults: int = 0
    phase: str = "scanning"
    so_far: SoFar | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SoFar:
    """A shard in work: what its first pictures gave, and their rows in the plan."""

    shard: int
    measured: Measured
    rows: NDArray[np.int64]


def scan(
    network: Network,
    source: Any,
    *,
    out: Path | str,
    layers: Sequence[str] | None = None,
    top_k: int = TOP,
    score: Score | str = Score.MAX,
    batch: int | None = None,
    reduced: bool = True,
    name: str = "",
) -> Corpus:
    """Run a network once on each picture and keep what every unit of some layers gave.

    `source` is a folder (with those below it), a list file, a list of paths or a torchvision data
    set. `out` is the corpus' own folder; what was scanned there before the same way is not scanned
    again. `layers` None: all. `top_k` pictures a unit are kept at either end. `score` is what is
    ranked (see `Score`). Of JPEGs at least eight times the input's size a part of the resolution is
    decoded, unless `reduced` is off.

    Raises `UserError` for pictures that are not there, unknown layers, another network's corpus in
    `out`, and a full disk. Pictures that cannot be read are listed in `Corpus.faults`.
    """
    wish = Wish(
        source, Path(out), None if layers is None else tuple(layers), top_k, _score(score),
        batch, reduced, name,
    )  # fmt: skip
    for _ in scan_steps(network, wish):
        pass
    return Corpus(wish.out)


def _score(score: Score | str) -> Score:
    try:
        return Score(score)
    except ValueError as error:
        known = ", ".join(each.value for each in Score)
        raise UserError(f"Pictures cannot be ranked by {score!r}", f"Use {known}") from error


def scan_steps(
    network: Network, wish: Wish, reader: Reader | None = None
) -> Generator[ScanProgress | None, Any, None]:
    """Scan in steps of one batch; None within a step. The files are there at the end.

    `reader` reads pictures in place of this thread. A generator that is closed, or a process that
    is killed, loses the pictures of one shard; the next one goes on from there.
    """
    with ExitStack() as stack:
        plan, manner = yield from planned(network, wish, stack)
        folder = Folder(wish.out)
        reader = reader or reader_of(network, source_of(wish.source), manner)
        done = Done(folder, plan)
        for shard in done.missing():
            yield from shard_steps(network, folder, plan, manner, shard, reader, done.progress)
            yield from done.merge_steps(manner)
        folder.tidy(plan)
        yield ScanProgress(len(plan), len(plan), done.faults)


def planned(
    network: Network, wish: Wish, stack: ExitStack
) -> Generator[ScanProgress | None, Any, tuple[Plan, Manner]]:
    """List the pictures and settle how they are scanned; the folder is held until `stack` ends.

    Raises `UserError`, see `scan`.
    """
    source, folder = source_of(wish.source), Folder(wish.out)
    entries = source.entries()
    before = folder.about() if folder.exists() else None
    _make(wish.out)
    stack.enter_context(alone(wish.out))
    plan_before = None if before is None else folder.plan()
    found: list[Known] = []
    faults: list[Fault] = []
    for number, entry in enumerate(entries):
        if number % LOOK_EVERY == 0:
            yield ScanProgress(number, len(entries), len(faults), "listing")
        try:
            found.append(source.identify(entry))
        except PictureError as error:
            faults.append(Fault(entry.name, one_line(error)))
    if not found:
        raise UserError(
            f"None of the {len(entries)} pictures can be read: {faults[0].reason}",
            "Choose other pictures",
        )
    manner = _manner(network, wish, before, len(found), len({one.label for one in found}))
    plan = make_plan(found, manner.shard_size, plan_before)
    title = wish.name or (before.name if before else plain_name(source.title))
    made = before.made if before else time.time()
    folder.write_plan(plan, Faults(len(faults), tuple(faults[:MOST_FAULTS])))
    folder.write_about(About(manner, title, source.spec, str(_root(source)), made))
    return plan, manner


def _root(source: Source) -> Path | str:
    return getattr(source, "folder", "")


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{out} cannot be made: {one_line(error)}", "Choose another folder for the corpus"
        ) from error


def _manner(
    network: Network, wish: Wish, before: About | None, pictures: int, classes: int
) -> Manner:
    """Return how to scan; raises `UserError` where it is not how the folder was scanned before."""
    own = manner_of(
        network, wish.layers, pictures=pictures, classes=classes, top_k=wish.top_k,
        score=wish.score, batch=wish.batch or (before and before.manner.batch),
        reduced=wish.reduced, fingerprint=wish.fingerprint,
    )  # fmt: skip
    if before is None:
        return own
    old = before.manner
    if old.fingerprint != own.fingerprint:
        raise UserError(
            f"{wish.out} was scanned with another network or other weights ({old.network})",
            "Scan into another folder: two networks are never mixed",
        )
    for what, one, other in (
        ("other layers", old.layers, own.layers),
        ("another score", old.score, own.score),
        ("another number of pictures a unit", old.top_k, own.top_k),
        ("batches of another size", old.batch, own.batch),
        ("another way of decoding", old.reduced, own.reduced),
        ("another version of the code", old.code, own.code),
    ):
        if one != other:
            raise UserError(
                f"{wish.out} was scanned with {what}", "Scan into another folder, or as before"
            )
    return old


def reader_of(network: Network, source: Source, manner: Manner) -> Reader:
    """Return what reads pictures as the network sees them, one after the other."""
    shortest = shortest_px(network) if manner.reduced else 0

    def read(names: Sequence[str]) -> Iterator[Seen]:
        for name in names:
            yield seen_by(network, source, name, shortest)

    return read


def shortest_px(network: Network) -> int:
    """Return the input's short side, or what pictures are resized to before they are cropped."""
    return max(min(network.input_shape[1:]), network.preprocessing.resize or 0)


def seen_by(network: Network, source: Source, name: str, shortest: int) -> Seen:
    """Return a picture as the network sees it, uint8 (H, W, 3), or why it cannot be read."""
    try:
        return network.view(source.read(name, shortest))[0]
    except UserError as error:
        return Fault(name, one_line(error))


def shard_steps(
    network: Network,
    folder: Folder,
    plan: Plan,
    manner: Manner,
    shard: int,
    reader: Reader,
    progress: Callable[[SoFar, int], ScanProgress],
) -> Generator[ScanProgress | None, Any, None]:
    """Scan one shard: its files are a function of network, pictures and manner alone."""
    rows = range(len(plan))[plan.rows(shard)]
    signed = frozenset(part.name for part in manner.parts if part.is_signed)
    measuring = Measuring(network, manner.layers, manner.score, signed)
    seen: list[int] = []
    faults: list[Fault] = []
    pictures = reader([plan.names[row] for row in rows])
    for at in range(0, len(rows), manner.batch):
        inputs = []
        for row, picture in zip(rows[at : at + manner.batch], pictures, strict=False):
            if isinstance(picture, Fault):
                faults.append(picture)
            else:
                inputs.append(network.normalise(picture))
                seen.append(row)
        if inputs:
            measuring.add(torch.stack(inputs))
        yield progress(SoFar(shard, measuring.so_far(), np.array(seen, np.int64)), len(faults))
    so_far = SoFar(shard, measuring.so_far(), np.array(seen, np.int64))
    if manner.has_table:
        table = {name: so_far.measured.rows(name) for name in manner.layers}
        folder.write_scores(plan, shard, table, so_far.rows)
        yield None
    states = {}
    for part in manner.parts:
        states[part.name] = layer_state(plan, manner, so_far, part.name)
        yield None
    folder.write_node(plan, Node(0, shard), states, Faults(len(faults), tuple(faults)))


def layer_state(plan: Plan, manner: Manner, so_far: SoFar, layer: str) -> LayerState:
    """Return the state of a layer after the pictures of a shard so far."""
    part, rows = manner.part(layer), so_far.rows
    labels = plan.labels[rows] if part.has_classes else np.full(len(rows), -1)
    return fold(
        so_far.measured.rows(layer), plan.ids[rows], labels, manner.top_k,
        keep_products=part.has_products,
    )  # fmt: skip


class Done:
    """What is done of a plan, by the files that are there."""

    def __init__(self, folder: Folder, plan: Plan) -> None:
        self._folder, self._plan = folder, plan
        self._nodes = folder.nodes(plan)
        self._look()

    def _look(self) -> None:
        self._nodes = self._folder.nodes(self._plan)
        found = [self._folder.faults(path) for path in self._nodes.values()]
        self.faults = sum(one.count for one in found)
        covered = [shard for node in self._nodes for shard in range(node.first, node.end)]
        rows = [self._plan.rows(shard) for shard in covered]
        self._covered, self._pictures = set(covered), sum(r.stop - r.start for r in rows)

    def missing(self) -> list[int]:
        """Return the shards that have to be scanned."""
        return [shard for shard in range(self._plan.shards) if shard not in self._covered]

    def progress(self, so_far: SoFar, faults: int) -> ScanProgress:
        done = self._pictures + len(so_far.rows) + faults
        return ScanProgress(done, len(self._plan), self.faults + faults, so_far=so_far)

    def merge_steps(self, manner: Manner) -> Iterator[None]:
        """Put a parent in the place of every two children, as far up as that goes."""
        self._look()
        while (pair := self._pair()) is not None:
            left, right = pair
            yield from merge_nodes(self._folder, self._plan, manner, left, right)
            self._look()

    def _pair(self) -> tuple[Node, Node] | None:
        for node in self._nodes:
            if not node.index & 1 and node.sibling in self._nodes:
                return node, node.sibling
        return None


def merge_nodes(
    folder: Folder, plan: Plan, manner: Manner, left: Node, right: Node
) -> Iterator[None]:
    """Write the parent of two nodes and remove these."""
    nodes = folder.nodes(plan)
    paths = nodes[left], nodes[right]
    states = {}
    for layer in manner.layers:
        one, other = (folder.layer(path, layer) for path in paths)
        states[layer] = merge(one, other)
        yield None
    faults = folder.faults(paths[0]).joined(folder.faults(paths[1]))
    folder.write_node(plan, left.parent, states, faults)
    folder.let_go(paths)
