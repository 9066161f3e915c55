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
from deepvis_app.corpus.done import Done
from deepvis_app.corpus.folder import MOST_FAULTS, About, Faults, Folder
from deepvis_app.corpus.lock import alone
from deepvis_app.corpus.manner import TOP, Manner, manner_of
from deepvis_app.corpus.measure import Measuring, Score
from deepvis_app.corpus.pictures import Entry, Fault, Known, Source, source_of
from deepvis_app.corpus.plan import Plan, make_plan
from deepvis_app.corpus.progress import ScanProgress, SoFar
from deepvis_app.corpus.shard import layer_state
from deepvis_app.corpus.tree import Node
from deepvis_app.errors import UserError, one_line
from deepvis_app.files import plain_name
from deepvis_app.frames.source import PictureError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from numpy.typing import NDArray

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
        source = source_of(wish.source)
        reader = reader or reader_of(network, source, manner)
        done = Done(folder, plan, manner)
        yield from done.merge_steps()
        for shard in done.missing():
            yield from shard_steps(
                network, folder, plan, manner, shard, reader, done.progress, source
            )
            done.add(shard)
            yield from done.merge_steps()
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
    rows = {} if plan_before is None else plan_before.rows_by_name()
    for number, entry in enumerate(entries):
        if number % LOOK_EVERY == 0:
            yield ScanProgress(number, len(entries), len(faults), "listing")
        try:
            row = rows.get(entry.name)
            known = plan_before.known(row, entry.label) if plan_before and row is not None else None
            found.append(source.identify(entry, known))
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
        score=wish.score, batch=wish.batch or (before.manner.batch if before else None),
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
    source: Source | None = None,
) -> Generator[ScanProgress | None, Any, None]:
    """Scan one shard: its files are a function of network, pictures and manner alone.

    With `source` each picture is looked at whether it is still the one that was planned.
    """
    rows = range(len(plan))[plan.rows(shard)]
    signed = frozenset(part.name for part in manner.parts if part.is_signed)
    measuring = Measuring(network, manner.layers, manner.score, signed)
    seen: list[int] = []
    faults: list[Fault] = []
    pictures = reader([plan.names[row] for row in rows])
    for at in range(0, len(rows), manner.batch):
        inputs = []
        for row, read in zip(rows[at : at + manner.batch], pictures, strict=False):
            picture = read if source is None else still_planned(source, plan, row, read)
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


def still_planned(source: Source, plan: Plan, row: int, picture: Seen) -> Seen:
    """Return a picture that was read; why not, where it is another one than was planned.

    Raises `UserError` where the folder of them all is gone.
    """
    name = plan.names[row]
    try:
        if source.facts(name) == (int(plan.sizes[row]), int(plan.changed_ns[row])):
            return picture
        if source.identify(Entry(name)).id == int(plan.ids[row]):
            return picture
    except PictureError as error:
        return Fault(name, one_line(error))
    return Fault(name, f"{name} was changed while the pictures were scanned")
