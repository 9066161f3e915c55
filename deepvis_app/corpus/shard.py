"""One shard of a scan: its pictures read, run and folded, and two files written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from deepvis_app.corpus.fold import fold
from deepvis_app.corpus.folder import Faults, Scores, halves, kept
from deepvis_app.corpus.measure import Measuring
from deepvis_app.corpus.pictures import Entry, Fault
from deepvis_app.corpus.progress import SoFar
from deepvis_app.corpus.tree import Node
from deepvis_app.errors import UserError, one_line
from deepvis_app.frames.source import PictureError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from numpy.typing import NDArray

    from deepvis_app.corpus.fold import Rows
    from deepvis_app.corpus.folder import Folder
    from deepvis_app.corpus.manner import Manner
    from deepvis_app.corpus.pictures import Source
    from deepvis_app.corpus.plan import Plan
    from deepvis_app.corpus.progress import ScanProgress
    from deepvis_app.corpus.state import LayerState
    from deepvis_app.nets.network import Network

    Seen = NDArray[np.uint8] | Fault
    # Reads pictures by their names, in this order: as they are in `Network.view`, or why not.
    Reader = Callable[[Sequence[str]], Iterator[Seen]]


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
    found: dict[str, Rows] = {}
    states = {}
    for layer in manner.layers:
        found[layer] = so_far.measured.rows(layer, found)
        states[layer] = kept(_folded(plan, manner, so_far, layer, found[layer]))
        yield None
    if manner.has_table:
        folder.write_scores(plan, shard, found, so_far.rows)
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
