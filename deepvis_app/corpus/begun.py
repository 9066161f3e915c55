"""A shard that was left before its end: what its pictures gave, so that they are not run again.

It is kept where a scan is stopped, not where it is killed. Whoever goes on ends with the files of a
scan that was never stopped: what is kept here is what the shard's end would have been given.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis_app.corpus import sealed
from deepvis_app.corpus.fold import Rows
from deepvis_app.corpus.folder import BEGUN, Faults, as_data, faults_from
from deepvis_app.corpus.measure import Earlier
from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis_app.corpus.folder import Folder
    from deepvis_app.corpus.manner import Manner, Part
    from deepvis_app.corpus.plan import Plan


@dataclass(frozen=True, slots=True, eq=False)
class Begun:
    """The first `step` pictures of a shard: `seen` (n,) are those that could be read, by number.

    `step` is a whole number of batches; `earlier` has what those n gave.
    """

    step: int
    seen: NDArray[np.int64]
    faults: Faults
    earlier: Earlier


NOTHING = Begun(0, np.empty(0, np.int64), Faults(), Earlier(0, 0, {}))


def keep(folder: Folder, plan: Plan, shard: int, begun: Begun) -> None:
    """Write what there is of a shard. Where that fails, there is less to go on from: no more."""
    facts = np.array([begun.step, begun.earlier.batches], np.int64)
    arrays: dict[str, NDArray[Any]] = {"facts": facts, "seen": begun.seen}
    for layer, rows in begun.earlier.rows.items():
        arrays |= {f"{layer}/{name}": array for name, array in _packed(rows).items()}
    with suppress(UserError):
        folder.write(_path(folder, plan, shard), arrays, as_data(begun.faults))


def found(folder: Folder, plan: Plan, manner: Manner, shard: int) -> Begun | None:
    """Return what was kept of a shard; None: nothing, or not what was written."""
    path = _path(folder, plan, shard)
    try:
        faults, own = faults_from(sealed.about(path)), sealed.read(path, "")
        step, batches = map(int, own["facts"])
        seen = own["seen"].astype(np.int64)
        layers = {part.name: _unpacked(part, sealed.read(path, part.name)) for part in manner.parts}
        if {len(rows.scores) for rows in layers.values()} != {len(seen)}:
            raise ValueError("it has other pictures")
    except sealed.ERRORS:
        return None
    return Begun(step, seen, faults, Earlier(len(seen), batches, layers))


def drop(folder: Folder, plan: Plan, shard: int) -> None:
    """Remove what was kept of a shard: it is done."""
    folder.let_go([_path(folder, plan, shard)])


def pictures(folder: Folder, plan: Plan) -> int:
    """Return how many pictures are kept of all shards that were left."""
    total = 0
    for shard in range(plan.shards):
        with suppress(*sealed.ERRORS):
            total += len(sealed.read(_path(folder, plan, shard), "")["seen"])
    return total


def _path(folder: Folder, plan: Plan, shard: int) -> Path:
    return folder.path / BEGUN / f"{shard}-{plan.digest(shard)}.safetensors"


def _packed(rows: Rows) -> dict[str, NDArray[Any]]:
    given = {
        "scores": rows.scores, "places": rows.places, "lows": rows.lows, "sums": rows.sums,
        "positive": rows.positive, "sampled": np.array([rows.sampled], np.int64),
    }  # fmt: skip
    return {name: array for name, array in given.items() if array is not None}


def _unpacked(part: Part, arrays: Mapping[str, NDArray[Any]]) -> Rows:
    """Raises `KeyError` or `ValueError` for what `_packed` did not make."""
    units, height, width = part.shape
    scores, sums, positive = (arrays[name] for name in ("scores", "sums", "positive"))
    lows, places = arrays.get("lows"), arrays.get("places")
    alike = [each for each in (sums, lows, places) if each is not None]
    if scores.shape[1:] != (units,) or any(each.shape != scores.shape for each in alike):
        raise ValueError("its parts do not fit each other")
    if positive.shape != (units,) or (lows is not None) != part.is_signed:
        raise ValueError("it is of another layer")
    return Rows(
        (height, width), scores, places, lows, sums, positive, int(arrays["sampled"].item())
    )
