"""Which pictures a corpus has, each content once, and in which shards they are scanned."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.corpus.pictures import Known

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Plan:
    """N pictures in S shards; a shard is scanned as one, and is what is scanned anew.

    `ids` uint64, `sizes` bytes, `changed_ns` and `labels` (index into `classes`, -1: none) are
    (N,), `bounds` (S + 1,) where the shards begin and end.
    """

    ids: NDArray[np.uint64]
    names: tuple[str, ...]
    sizes: NDArray[np.int64]
    changed_ns: NDArray[np.int64]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    bounds: NDArray[np.int64]
    copies: int = 0  # pictures left out because their content is there already

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def shards(self) -> int:
        return len(self.bounds) - 1

    def rows(self, shard: int) -> slice:
        """Return where a shard's pictures are."""
        return slice(int(self.bounds[shard]), int(self.bounds[shard + 1]))

    def digest(self, shard: int) -> str:
        """Return what tells a shard by its pictures, their order and classes."""
        return self._digests[shard]

    @cached_property
    def _digests(self) -> tuple[str, ...]:
        found = []
        for rows in map(self.rows, range(self.shards)):
            digest = hashlib.blake2b(self.ids[rows].tobytes(), digest_size=8)
            digest.update(self.labels[rows].tobytes())
            found.append(digest.hexdigest())
        return tuple(found)

    def title(self, row: int) -> str:
        """Return what a picture is called: its class, else its file's name."""
        label = int(self.labels[row])
        return self.classes[label] if label >= 0 else PurePath(self.names[row]).stem

    def row(self, picture: int) -> int | None:
        """Return the row of a picture by its id; None where it is not there."""
        place = int(np.searchsorted(self._sorted[0], np.uint64(picture)))
        ids, rows = self._sorted
        return int(rows[place]) if place < len(ids) and int(ids[place]) == picture else None

    def rows_by_name(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.names)}

    def known(self, row: int, label: str) -> Known:
        """Return what is known of the picture of a row, with its class of now."""
        size, changed_ns = int(self.sizes[row]), int(self.changed_ns[row])
        return Known(int(self.ids[row]), self.names[row], label, size, changed_ns)

    @cached_property
    def _sorted(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        order = np.argsort(self.ids, kind="stable")
        return self.ids[order], order


def make_plan(found: Iterable[Known], shard_size: int, before: Plan | None = None) -> Plan:
    """Return the plan for pictures in the order that they were found in.

    With `before`, those of an earlier plan stay in their shards, so that what was scanned need not
    be scanned again; those that are gone are left out, and new ones make shards of their own.
    """
    known: dict[int, Known] = {}
    seen = 0
    for one in found:
        seen += 1
        known.setdefault(one.id, one)
    classes = _classes(known.values(), before)
    shards: list[list[int]] = []
    if before is not None:
        for shard in range(before.shards):
            ids = before.ids[before.rows(shard)].tolist()
            shards.append([one for one in ids if one in known])
    placed = {one for shard in shards for one in shard}
    new = [one for one in known if one not in placed]
    shards += [new[at : at + shard_size] for at in range(0, len(new), shard_size)]
    ordered = [known[one] for shard in shards for one in shard]
    number = {name: place for place, name in enumerate(classes)}
    return Plan(
        np.array([one.id for one in ordered], np.uint64),
        tuple(one.name for one in ordered),
        np.array([one.size for one in ordered], np.int64),
        np.array([one.changed_ns for one in ordered], np.int64),
        np.array([number.get(one.label, -1) for one in ordered], np.int64),
        classes,
        np.cumsum([0, *map(len, shards)]).astype(np.int64),
        copies=seen - len(known),
    )


def _classes(known: Iterable[Known], before: Plan | None) -> tuple[str, ...]:
    """Return all classes; those of before keep their numbers."""
    old = () if before is None else before.classes
    new = sorted({one.label for one in known if one.label} - set(old))
    return (*old, *new)


def joined_digest(plan: Plan, shards: Iterable[int]) -> str:
    """Return what tells some shards, 16 hex digits."""
    text = " ".join(plan.digest(shard) for shard in shards)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def packed(plan: Plan) -> dict[str, NDArray[np.generic]]:
    """Return a plan as named arrays, for a file."""
    return {
        "ids": plan.ids,
        "sizes": plan.sizes,
        "changed_ns": plan.changed_ns,
        "labels": plan.labels,
        "bounds": plan.bounds,
        "names": _as_bytes(plan.names),
        "classes": _as_bytes(plan.classes),
        "copies": np.array([plan.copies], np.int64),
    }


def unpacked(arrays: Mapping[str, NDArray[np.generic]]) -> Plan:
    """Return what `packed` made arrays of. Raises `KeyError` or `ValueError` for anything else."""
    names, classes = _as_texts(arrays["names"]), _as_texts(arrays["classes"])
    rows = [arrays[name] for name in ("ids", "sizes", "changed_ns", "labels")]
    if any(each.shape != (len(names),) for each in rows):
        raise ValueError("a list of pictures has lines missing")
    ids, sizes, changed_ns, labels = rows
    bounds = arrays["bounds"]
    if bounds.ndim != 1 or not len(bounds) or bounds[0] != 0 or bounds[-1] != len(names):
        raise ValueError("the shards are not the pictures")
    if (np.diff(bounds) < 0).any() or labels.max(initial=-1) >= len(classes):
        raise ValueError("the shards or the classes are none")
    return Plan(
        ids.astype(np.uint64), names, sizes.astype(np.int64), changed_ns.astype(np.int64),
        labels.astype(np.int64), classes, bounds.astype(np.int64),
        int(arrays["copies"].item()),
    )  # fmt: skip


def _as_bytes(texts: Sequence[str]) -> NDArray[np.uint8]:
    """Return texts as bytes; a name that is no UTF-8 on the disk comes back as it was."""
    joined = "\0".join(texts).encode(errors="surrogateescape")
    return np.frombuffer(joined + b"\0" * bool(texts), np.uint8)


def _as_texts(values: NDArray[np.generic]) -> tuple[str, ...]:
    text = values.astype(np.uint8).tobytes().decode(errors="surrogateescape")
    return tuple(text.split("\0")[:-1])
