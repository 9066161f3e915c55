"""One shard of a scan: its pictures read, run and folded, and two files written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from deepvis_app.corpus import begun as begins
from deepvis_app.corpus.begun import NOTHING, Begun
from deepvis_app.corpus.fold import fold
from deepvis_app.corpus.folder import Faults, Scores, halves, kept
from deepvis_app.corpus.measure import Earlier, Measuring
from deepvis_app.corpus.pictures import Entry, Fault
from deepvis_app.corpus.progress import SoFar
from deepvis_app.corpus.tree import Node
from deepvis_app.errors import UserError, one_line
from deepvis_app.frames.source import PictureError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from numpy.typing import NDArray

    from deepvis_app.corpus.fold import Rows
    from deepvis_app.corpus.folder import Folder, Kept
    from deepvis_app.corpus.manner import Manner
    from deepvis_app.corpus.pictures import Source
    from deepvis_app.corpus.plan import Plan
    from deepvis_app.corpus.progress import ScanProgress
    from deepvis_app.corpus.state import LayerState
    from deepvis_app.nets.network import Network

    Seen = NDArray[np.uint8] | Fault
    # Reads pictures by their names, in this order: as they are in `Network.view`, or why not.
    Reader = Callable[[Sequence[str]], Iterator[Seen]]
    # Calls a function with each layer's name, and gives what it returns in that order.
    Each = Callable[[Callable[[str], Kept], Sequence[str]], Iterator[Kept]]


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
    each: Each = map,
) -> Generator[ScanProgress | None, Any, None]:
    """Scan one shard: its files are a function of network, pictures and manner alone.

    With `source` each picture is looked at whether it is still the one that was planned. Where it
    is closed or interrupted before the end, what is done of the shard is kept (`begun.py`). `each`
    folds the layers.
    """
    work = Work(network, folder, plan, manner, shard)
    try:
        for mark in work.run(reader, source):
            yield progress(mark.so_far, mark.faults.count)
        yield from work.end(each)
    except (GeneratorExit, KeyboardInterrupt):
        work.leave()
        raise


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """How far a shard is: `step` pictures were looked at, in so many `batches` that were run."""

    step: int
    batches: int
    faults: Faults
    so_far: SoFar


class Work:
    """One shard of a scan, from where it was left."""

    def __init__(
        self, network: Network, folder: Folder, plan: Plan, manner: Manner, shard: int
    ) -> None:
        self._network, self._folder, self._plan, self._manner = network, folder, plan, manner
        self._shard = shard
        self._rows = range(len(plan))[plan.rows(shard)]
        begun = begins.found(folder, plan, manner, shard) or NOTHING
        signed = frozenset(part.name for part in manner.parts if part.is_signed)
        self._measuring = Measuring(network, manner.layers, manner.score, signed, begun.earlier)
        self._begun_at = begun.step
        self._seen: list[int] = (begun.seen + self._rows.start).tolist()
        self._mark = self._marked(begun.step, begun.faults)

    def _marked(self, step: int, faults: Faults) -> Mark:
        rows = np.array(self._seen, np.int64)
        so_far = SoFar(self._shard, self._measuring.so_far(), rows)
        return Mark(step, self._measuring.batches, faults, so_far)

    def run(self, reader: Reader, source: Source | None) -> Iterator[Mark]:
        """Run the network on the pictures, batch by batch."""
        size = self._manner.batch
        left = self._rows[self._mark.step :]
        pictures = reader([self._plan.names[row] for row in left])
        for at in range(0, len(left), size):
            rows = left[at : at + size]
            inputs = []
            faults: list[Fault] = []
            for row, read in zip(rows, pictures, strict=False):
                picture = read if source is None else still_planned(source, self._plan, row, read)
                if isinstance(picture, Fault):
                    faults.append(picture)
                else:
                    inputs.append(self._network.normalise(picture))
                    self._seen.append(row)
            if inputs:
                self._measuring.add(torch.stack(inputs))
            mark, new = self._mark, Faults(len(faults), tuple(faults))
            # At one stroke: a batch that is interrupted was not.
            self._mark = self._marked(mark.step + len(rows), mark.faults.joined(new))
            yield self._mark

    def end(self, each: Each) -> Iterator[None]:
        """Write the files."""
        so_far, layers = self._mark.so_far, self._manner.layers
        found: dict[str, Rows] = {}
        for layer in layers:
            found[layer] = so_far.measured.rows(layer, found)
            yield

        def folded(layer: str) -> Kept:
            return kept(_folded(self._plan, self._manner, so_far, layer, found[layer]))

        states: dict[str, Kept] = {}
        for layer, state in zip(layers, each(folded, layers), strict=True):
            states[layer] = state
            yield
        if self._manner.has_table:
            self._folder.write_scores(self._plan, self._shard, found, so_far.rows)
            yield
        self._folder.write_node(self._plan, Node(0, self._shard), states, self._mark.faults)
        begins.drop(self._folder, self._plan, self._shard)

    def leave(self) -> None:
        """Keep what there is of whole batches, for who goes on."""
        mark, measured = self._mark, self._mark.so_far.measured
        if mark.step == self._begun_at or not measured.count:
            return
        layers: dict[str, Rows] = {}
        for layer in self._manner.layers:
            layers[layer] = measured.rows(layer, layers)
        earlier = Earlier(measured.count, mark.batches, layers)
        seen = mark.so_far.rows - self._rows.start
        begun = Begun(mark.step, seen, mark.faults, earlier)
        begins.keep(self._folder, self._plan, self._shard, begun)


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


def layer_state(plan: Plan, manner: Manner, so_far: SoFar, layer: str) -> LayerState:
    """Return the state of a layer after the pictures of a shard so far."""
    return _folded(plan, manner, so_far, layer, so_far.measured.rows(layer))


def _folded(plan: Plan, manner: Manner, so_far: SoFar, layer: str, found: Rows) -> LayerState:
    part, rows = manner.part(layer), so_far.rows
    labels = plan.labels[rows] if part.has_classes else np.full(len(rows), -1)
    ids = plan.ids[rows]
    return fold(found, ids, labels, manner.top_k, keep_products=part.has_products)


def shard_scores(so_far: SoFar, layer: str, unit: int | None = None) -> Scores:
    """Return the scores (n, C) of a layer, or (n,) of a unit, rounded as they will be kept."""
    rows = so_far.measured.rows(layer)
    which: slice | int = slice(None) if unit is None else unit
    places = None if rows.places is None else rows.places[:, which].astype(np.int32)
    return Scores(so_far.rows, halves(rows.scores[:, which]), places)
