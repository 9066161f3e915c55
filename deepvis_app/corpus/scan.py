"""Scanning pictures: one pass each, and everything that is asked of them later comes from that."""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deepvis_app.corpus.corpus import Corpus
from deepvis_app.corpus.done import Done
from deepvis_app.corpus.folder import MOST_FAULTS, About, DamagedError, Faults, Folder
from deepvis_app.corpus.lock import alone
from deepvis_app.corpus.manner import TOP, Manner, manner_of
from deepvis_app.corpus.measure import Score
from deepvis_app.corpus.pictures import Fault, Known, Source, source_of
from deepvis_app.corpus.plan import Plan, make_plan
from deepvis_app.corpus.progress import ScanProgress
from deepvis_app.corpus.shard import reader_of, shard_steps
from deepvis_app.corpus.workers import crew_steps
from deepvis_app.errors import UserError, in_short, one_line
from deepvis_app.files import plain_name
from deepvis_app.frames.source import PictureError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from deepvis_app.corpus.shard import Each, Reader
    from deepvis_app.nets.network import Network

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
    workers: int | None = None  # processes; None: this one alone
    ready: Callable[[Network], Network] | None = None  # makes what runs, once in each process


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
    workers: int | None = None,
    ready: Callable[[Network], Network] | None = None,
) -> Corpus:
    """Run a network once on each picture and keep what every unit of some layers gave.

    `source` is a folder (with those below it), a list file, a list of paths or a torchvision data
    set. `out` is the corpus' own folder; what was scanned there before the same way is not scanned
    again. `layers` None: all. `top_k` pictures a unit are kept at either end. `score` is what is
    ranked (see `Score`). Of JPEGs at least eight times the input's size a part of the resolution is
    decoded, unless `reduced` is off. `workers` is a number of processes, each on one thread, for a
    network on the CPU: any number of them writes the same bytes. They are started anew, so a script
    has its own code under `if __name__ == "__main__":`. `ready` is called once in each process: a
    function of a module that makes of the network the one that runs, such as a replica.

    Raises `UserError` for pictures that are not there, unknown layers, another network's corpus in
    `out`, and a full disk. Pictures that cannot be read are listed in `Corpus.faults`.
    """
    wish = Wish(
        source, Path(out), None if layers is None else tuple(layers), top_k, _score(score),
        batch, reduced, name, workers=workers, ready=ready,
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
    network: Network, wish: Wish, reader: Reader | None = None, each: Each = map
) -> Generator[ScanProgress | None, Any, None]:
    """Scan in steps of one batch; None within a step. The files are there at the end.

    `reader` reads pictures in place of this thread, and `each` calls what folds layers. A generator
    that is closed or interrupted keeps what is done; where a process is killed, the pictures of one
    shard are lost. The next one goes on from there.
    """
    if wish.workers is not None and wish.workers < 1:
        raise UserError(f"{wish.workers} workers cannot be had", "Use 1 or more, or leave it out")
    given, ready = network, wish.ready
    if ready is not None:
        wish = replace(wish, fingerprint=wish.fingerprint or network.fingerprint)
        network = ready(network)
    with ExitStack() as stack:
        plan, manner = yield from planned(network, wish, stack)
        folder, source = Folder(wish.out), source_of(wish.source)
        done = Done(folder, plan, manner)
        yield from done.merge_steps()
        if wish.workers is not None:
            yield from crew_steps(given, ready, source, wish.workers, folder, plan, done)
        else:
            reader = reader or reader_of(network, source, manner)
            for shard in done.missing():
                yield from shard_steps(
                    network, folder, plan, manner, shard, reader, done.progress, source, each
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
    _make(folder)
    stack.enter_context(alone(wish.out))
    before, plan_before = _before(folder)
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


def _before(folder: Folder) -> tuple[About | None, Plan | None]:
    """Return how a folder was scanned and the plan, as far as both are sound.

    Where nothing says how it was scanned, what was found there is of no use.
    """
    about = plan = None
    with suppress(DamagedError):
        about = folder.about() if folder.exists() else None
    if about is None:
        with suppress(OSError):
            folder.forget()
        return None, None
    with suppress(DamagedError):
        plan = folder.plan()
    return about, plan


def _root(source: Source) -> Path | str:
    return getattr(source, "folder", "")


def _make(folder: Folder) -> None:
    """Make a corpus' folder: it has that to itself, and takes over none with other things in it."""
    out = folder.path
    try:
        strangers = [] if folder.exists() else folder.strangers()
        if strangers:
            raise UserError(
                f"{out} has other things in it, such as {strangers[0]}",
                "Choose a folder that is empty, or a new one, for the corpus",
            )
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{out} cannot be made ({in_short(error)})",
            "Make its folder writable, or name another one: --out, or DEEPVIS_CACHE_DIR",
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
