"""All that decides what a scan finds, besides the pictures."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from deepvis_app.corpus.fold import MOST_SQUARED
from deepvis_app.corpus.measure import Score, signed_layers
from deepvis_app.errors import UserError
from deepvis_app.nets.layers import ReceptiveField  # noqa: TC001 - pydantic reads it

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deepvis_app.nets.network import Network

CODE = 1  # to be raised where the same pictures give something else
TOP = 9
MOST_TOP = 100
# Four pictures fit a core's share of cache, so that looking at a layer finds it there still.
BATCH, SHARD_BATCHES = 4, 128
ON_A_DEVICE = 32

MOST_TABLE = 4 << 30  # bytes of the scores of all pictures
MOST_SUMS = 256 << 20  # bytes of the sums by class, and of the products


@dataclass(frozen=True, slots=True)
class Part:
    """A layer of a scan: its name, (units, h, w), and what is kept of it."""

    name: str
    shape: tuple[int, int, int]
    is_signed: bool  # it has a lower end
    has_products: bool
    has_classes: bool
    field: ReceptiveField | None  # what of the input a place sees; None: not known


@dataclass(frozen=True, slots=True)
class Manner:
    """How pictures are scanned. Two scans of the same manner can be joined."""

    fingerprint: str  # of the network, its preprocessing included
    network: str  # what a person calls it
    spec: str
    weights: str
    input_size: tuple[int, int]  # (height, width)
    parts: tuple[Part, ...]
    score: Score
    top_k: int
    batch: int  # pictures in a pass: the last bits of what comes of them depend on it
    reduced: bool  # whether much larger pictures are decoded at a part of their size
    has_table: bool  # whether every picture's scores are kept
    code: int = CODE

    @property
    def layers(self) -> tuple[str, ...]:
        return tuple(part.name for part in self.parts)

    @property
    def shard_size(self) -> int:
        return self.batch * SHARD_BATCHES

    def part(self, layer: str) -> Part:
        """Raises `UserError` for a layer that was not scanned."""
        for part in self.parts:
            if part.name == layer:
                return part
        if not layer.strip():
            raise UserError(
                "The name of the layer is empty", f"Use {self.layers[0]}, or another one"
            )
        raise UserError(f"The layer {layer} was not scanned", "Scan again with this layer")

    @property
    def digest(self) -> str:
        """Return what tells this manner from others."""
        facts = as_data(self) | {"spec": "", "weights": "", "network": ""}
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def manner_of(
    network: Network,
    layers: Sequence[str] | None,
    *,
    pictures: int,
    classes: int,
    top_k: int = TOP,
    score: Score = Score.MAX,
    batch: int | None = None,
    reduced: bool = True,
    fingerprint: str = "",
) -> Manner:
    """Return how a number of pictures, of so many classes, are scanned.

    What would not fit is left out from the start: the scores of every picture over 4 GB, and
    sums by class and products of the widest layers over 256 MB. `fingerprint` is that of the
    network that this one is a replica of; "": it is none. Raises `UserError` for unknown layers
    and numbers that cannot be.
    """
    if not 1 <= top_k <= MOST_TOP:
        raise UserError(f"{top_k} pictures a unit cannot be kept", f"Use 1 to {MOST_TOP}")
    if batch is not None and not 1 <= batch <= 4096:
        raise UserError(f"Batches of {batch} pictures cannot be run", "Use 1 to 4096")
    known = {info.name: info for info in network.layers}
    names = list(known) if layers is None else [network.layer(name).name for name in layers]
    names = list(dict.fromkeys(names))
    if not names:
        raise UserError("No layer is to be scanned", "Name one, or leave --layers out for all")
    infos = [network.layer(name) for name in names]
    signed = signed_layers(network, names)
    units = sum(info.unit_count for info in infos)
    widths = {info.name: info.unit_count for info in infos}
    squares = {name: 8 * n * n for name, n in widths.items() if n <= MOST_SQUARED}
    sums = {name: 16 * n * classes for name, n in widths.items()}
    with_products, with_classes = _within(squares), _within(sums)
    parts = tuple(
        Part(
            info.name, info.shape, info.name in signed,
            info.name in with_products, info.name in with_classes, info.receptive_field,
        )
        for info in infos
    )  # fmt: skip
    usual = BATCH if network.device.type == "cpu" else ON_A_DEVICE
    return Manner(
        fingerprint or network.fingerprint, network.name, network.spec,
        network.weights_file, network.input_shape[1:], parts, score, top_k, batch or usual, reduced,
        has_table=2 * units * pictures <= MOST_TABLE,
    )  # fmt: skip


def _within(sizes: Mapping[str, int]) -> frozenset[str]:
    """Return the layers, the smallest first, that fit into `MOST_SUMS` together."""
    kept, total = set(), 0
    for name in sorted(sizes, key=lambda name: sizes[name]):
        total += sizes[name]
        if total <= MOST_SUMS:
            kept.add(name)
    return frozenset(kept)


_WRITTEN = TypeAdapter(Manner)


def as_data(manner: Manner) -> dict[str, Any]:
    """Return a manner as JSON has it."""
    data: dict[str, Any] = _WRITTEN.dump_python(manner, mode="json")
    return data


def from_data(data: Any) -> Manner:
    """Return what `as_data` was given. Raises `ValueError` for anything else."""
    manner = _WRITTEN.validate_json(json.dumps(data), strict=True)
    sizes = [manner.input_size, *(part.shape for part in manner.parts)]
    if min(manner.top_k, manner.batch, *(number for size in sizes for number in size)) < 1:
        raise ValueError("it has a size below one")
    if len(set(manner.layers)) != len(manner.layers) or not manner.layers:
        raise ValueError("its layers are none")
    return manner
