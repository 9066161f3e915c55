"""What `deepvis scan` does: a corpus made, with a progress bar; and what is told of one."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from deepvis_app.cli.console import bar, tell_behaviour
from deepvis_app.cli.loading import loaded
from deepvis_app.cli.weights import tell_weights
from deepvis_app.corpus import Corpus, Score, begun, load_corpus
from deepvis_app.corpus.folder import Folder
from deepvis_app.corpus.pictures import source_of
from deepvis_app.corpus.scan import Wish, scan_steps
from deepvis_app.corpus.shard import shortest_px
from deepvis_app.engine.ahead import Ahead
from deepvis_app.engine.at_once import at_once
from deepvis_app.engine.device.device import Device, choose_device
from deepvis_app.engine.device.replica import replica_on
from deepvis_app.engine.failures import is_out_of_memory
from deepvis_app.engine.kept.corpora import Corpora, default_folder
from deepvis_app.errors import UserError
from deepvis_app.nets import Network

FAULTS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Words:
    """What was written on the command line."""

    net: str
    weights: str | None
    trust: bool
    device: str | None
    source: str
    layers: tuple[str, ...] | None
    top_k: int
    score: Score
    batch: int | None
    reduced: bool
    workers: int | None
    name: str
    out: Path | None
    directions: tuple[Path, ...] = ()


def run(words: Words, *, as_json: bool) -> None:
    """Scan, and print what came of it. Raises `UserError`."""
    device = _device(words)
    network = loaded(words.net, words.weights, words.trust, words.directions)
    tell_weights(network)
    tell_behaviour(network)
    layers = words.layers and tuple(network.layer(name).name for name in words.layers)
    if layers is None and network.directed:  # another scan than that without them
        layers = tuple(info.name for info in network.layers)
    out = words.out or Corpora(default_folder()).path_for(
        network.fingerprint, words.source, layers=layers, top_k=words.top_k, score=words.score,
        batch=words.batch, reduced=words.reduced,
    )  # fmt: skip
    wish = Wish(
        words.source, out, layers, words.top_k, words.score, words.batch, words.reduced,
        words.name, workers=words.workers, ready=partial(replica_on, device=device),
    )  # fmt: skip
    reader = None if words.workers else _reader(network, words)
    try:
        with closing(scan_steps(network, wish, reader, at_once)) as steps:  # it keeps what is done
            _run(steps)
    except KeyboardInterrupt:
        _tell_how_to_go_on(out)
        raise
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise UserError(
            f"The memory of {device.name} does not suffice",
            "Scan anew with fewer pictures at a time (--batch 1), or on another --device",
        ) from error
    print_corpus(load_corpus(out), as_json=as_json)


def _reader(network: Network, words: Words) -> Ahead:
    """Return what decodes pictures beside the passes."""
    return Ahead(network, source_of(words.source), shortest_px(network) if words.reduced else 0)


def _device(words: Words) -> Device:
    usual = "cpu" if words.workers is not None else "auto"
    device = choose_device(words.device or usual)
    if words.workers is not None and device.name != "cpu":
        raise UserError(
            f"Workers compute on the CPU, not on {device.name}", "Leave out --workers or --device"
        )
    return device


def _run(steps: Generator[Any, None, Any]) -> None:
    with bar() as bars:
        task = bars.add_task("listing", total=None)
        phase = "listing"
        for progress in steps:
            if progress is None:
                continue
            if progress.phase != phase:
                phase = progress.phase
                bars.remove_task(task)  # so that the time left is of this phase
                task = bars.add_task(phase, total=progress.total)
            bars.update(task, completed=progress.step, total=progress.total)


def _tell_how_to_go_on(out: Path) -> None:
    kept = load_corpus(out) if Folder(out).exists() else None
    count = kept.scanned + begun.pictures(Folder(out), kept.plan) if kept else 0
    done = f"{count} of {kept.total} pictures are kept" if kept else "Nothing is kept yet"
    print(f"deepvis: Stopped. {done}; the same command goes on.", file=sys.stderr)


def print_corpus(corpus: Corpus, *, as_json: bool) -> None:
    """Print what a corpus is, for a person or a program."""
    facts = facts_of(corpus)
    if as_json:
        print(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    classes = f" of {len(corpus.plan.classes)} classes" if corpus.plan.classes else ""
    print(f"{corpus.name}: {corpus.scanned} of {corpus.total} pictures{classes} scanned")
    print(
        f"  network  {corpus.manner.network}, {len(corpus.layers)} layers, {facts['units']} units"
    )
    print(f"  ranked   by {corpus.manner.score.value}, {corpus.manner.top_k} pictures a unit")
    print(f"  folder   {corpus.path}, {facts['bytes'] / 1e6:.3g} MB")
    if corpus.plan.copies:
        print(f"  copies   {corpus.plan.copies} left out")
    if corpus.faults.count:
        print(f"  faults   {corpus.faults.count} pictures cannot be read")
        for fault in corpus.faults.listed[:FAULTS_SHOWN]:
            print(f"           {fault.name}: {fault.reason}")


def facts_of(corpus: Corpus) -> dict[str, Any]:
    """Return what is told of a corpus."""
    manner, faults = corpus.manner, corpus.faults
    return {
        "name": corpus.name,
        "path": str(corpus.path),
        "source": corpus.about.source,
        "network": manner.network,
        "spec": manner.spec,
        "weights": manner.weights,
        "fingerprint": manner.fingerprint,
        "layers": list(manner.layers),
        "units": sum(part.shape[0] for part in manner.parts),
        "score": manner.score.value,
        "top_k": manner.top_k,
        "pictures": corpus.total,
        "scanned": corpus.scanned,
        "copies": corpus.plan.copies,
        "classes": list(corpus.plan.classes),
        "faults": faults.count,
        "faults_listed": {fault.name: fault.reason for fault in faults.listed},
        "bytes": Folder(corpus.path).size(),
        "made": corpus.about.made,
    }
