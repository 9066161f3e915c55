"""A collection of pictures is scanned again and again; whoever goes on ends with the same files."""

from __future__ import annotations

import itertools
import random
import shutil
from contextlib import closing
from typing import TYPE_CHECKING, Any

import torch

from deepvis_app.corpus import manner
from deepvis_app.corpus.corpus import Corpus
from deepvis_app.corpus.folder import ABOUT
from deepvis_app.corpus.scan import Wish, scan_steps
from tests.corpus.tiny import Pictures, Whole, whole_network

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from deepvis_app.nets import Network

    Report = Callable[[Any], None]

BATCH, SHARD_BATCHES = 2, 2
A_SHARD = BATCH * SHARD_BATCHES


class Scans:
    """Pictures are scanned, in many small shards, and stopped within one."""

    longest_s = 0.8

    def live(self, folder: Path, seed: int, report: Report) -> None:
        manner.SHARD_BATCHES = SHARD_BATCHES
        network = uneven_network()
        out = folder / "corpus"
        for number in itertools.count(seed):
            stopped = random.Random(number).randrange(32)
            for end in (stopped, None):  # closed there, and gone on with
                with closing(scan_steps(network, _wish(out))) as steps:
                    for progress in itertools.islice(steps, end):
                        if progress is not None and progress.so_far is not None:
                            kept = progress.so_far.shard * A_SHARD
                            report({"corpus": number, "kept": kept})
            shutil.rmtree(out)
            report({"corpus": number + 1, "kept": 0})

    def faults(self, folder: Path, told: Sequence[Any]) -> list[str]:
        manner.SHARD_BATCHES = SHARD_BATCHES
        network, out, whole = uneven_network(), folder / "corpus", folder / "whole"
        if not whole.exists():
            run(network, whole)
        kept = told[-1]["kept"] if told else 0
        there = Corpus(out).scanned if (out / ABOUT).exists() else 0
        wrong = [f"{there} of {kept} pictures are left"] if there < kept else []
        run(network, out)
        wrong += differing(whole, out)
        shutil.rmtree(out)
        return wrong


def uneven_network() -> Network:
    """Return a network whose sums depend on their order."""
    module = Whole()
    generator = torch.Generator().manual_seed(2)
    for weight in module.parameters():
        weight.data = torch.randn(weight.shape, generator=generator)
    return whole_network(module)


def _wish(out: Path) -> Wish:
    return Wish(Pictures(64), out, batch=BATCH)


def run(network: Network, out: Path) -> None:
    for _ in scan_steps(network, _wish(out)):
        pass


def differing(one: Path, other: Path) -> list[str]:
    """Return the files that are not the same, but for what says when they were made."""
    names = {path.relative_to(each) for each in (one, other) for path in each.rglob("*")}
    wrong = []
    for name in sorted(names):
        a, b = one / name, other / name
        if a.exists() != b.exists():
            wrong.append(f"{name} is only in one")
        elif a.is_file() and name.name != ABOUT and a.read_bytes() != b.read_bytes():
            wrong.append(f"{name} differs")
    return wrong
