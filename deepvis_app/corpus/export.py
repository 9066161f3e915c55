"""A corpus as files for others: tables as CSV, all of it as JSON, and the patches as pictures."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from deepvis_app.corpus.pictures import FileSource
from deepvis_app.corpus.selectivity import layer_classes, selectivity_index
from deepvis_app.corpus.shard import seen_by, shortest_px
from deepvis_app.errors import UserError, in_short
from deepvis_app.files import plain_name, write_whole
from deepvis_app.nets.layers import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from deepvis_app.corpus.corpus import Corpus, Patch
    from deepvis_app.nets.network import Network

    Row = dict[str, Any]

UNITS, TOPS, ALL, CROPS = "units.csv", "pictures.csv", "corpus.json", "crops"


@dataclass(frozen=True, slots=True)
class Exported:
    """How far an export is: `step` of `total` layers and pictures."""

    step: int
    total: int


def export_steps(
    corpus: Corpus,
    folder: Path,
    layers: Sequence[str] | None = None,
    network: Network | None = None,
) -> Iterator[Exported]:
    """Write some layers' units (None: all) to a folder: units.csv, pictures.csv and corpus.json.

    With the network that was scanned, the patches are cut from the pictures as it saw them, too;
    not those of pictures that changed since. Raises `UserError` for unknown layers, another
    network, and where the folder cannot be written.
    """
    names = corpus.layers if layers is None else tuple(corpus.manner.part(n).name for n in layers)
    if network is not None and network.fingerprint != corpus.manner.fingerprint:
        raise UserError(
            f"{corpus.name} was scanned with another network or other weights",
            f"Load {corpus.manner.network} as it was then, or export without crops",
        )
    units: list[Row] = []
    listed: list[Row] = []
    cuts: dict[str, list[tuple[Patch, str]]] = {}
    total = len(names)
    for number, layer in enumerate(names):
        yield Exported(number, total)
        for row in unit_rows(corpus, layer):
            units.append(row)
            for patch, facts in _patch_rows(corpus, Unit(layer, row["unit"])):
                listed.append(facts)
                if network is not None and not patch.has_changed:
                    facts["crop"] = _crop_name(facts)
                    cuts.setdefault(_name(corpus, patch), []).append((patch, facts["crop"]))
    try:
        if network is not None:
            total += len(cuts)
            for number, cut in enumerate(_cut(corpus, folder, network, cuts)):
                yield Exported(len(names) + number, total)
                listed = [r | {"crop": None} if r["crop"] in cut else r for r in listed]
        write_whole(folder / UNITS, _csv(units))
        write_whole(folder / TOPS, _csv(listed))
        write_whole(folder / ALL, json.dumps(_whole(corpus, units, listed), indent=1))
    except OSError as error:
        raise UserError(
            f"{folder} cannot be written: {in_short(error)}", "Choose another folder"
        ) from error
    yield Exported(total, total)


def unit_rows(corpus: Corpus, layer: str) -> Iterator[Row]:
    """Yield what is known of each unit of a layer, None for what is not defined."""
    state, part = corpus.stats(layer), corpus.manner.part(layer)
    told, index = layer_classes(state), selectivity_index(state)
    for unit in range(state.unit_count):
        d_prime = np.nan_to_num(told.d_prime[:, unit], nan=-np.inf)
        best = int(np.argmax(d_prime)) if len(d_prime) and d_prime.max() > -np.inf else None
        yield {
            "layer": layer,
            "unit": unit,
            "height": part.shape[1],
            "width": part.shape[2],
            "pictures": int(state.count[unit]),
            "not_finite": int(state.nonfinite[unit]),
            "mean": _number(state.mean[unit]),
            "deviation": _number(state.deviation[unit]),
            "lowest": _number(state.lowest[unit]),
            "highest": _number(state.highest[unit]),
            "silent": _number(state.silent[unit]),
            "sparsity": _number(state.sparsity[unit]),
            "activation": _number(state.activation[unit]),
            "dead": bool(state.dead[unit]),
            "selectivity": _number(index[unit]),
            "best_class": None if best is None else corpus.plan.classes[told.number[best]],
            "d_prime": None if best is None else _number(d_prime[best]),
        }


def _patch_rows(corpus: Corpus, unit: Unit) -> Iterator[tuple[Patch, Row]]:
    for end, patches in (("top", corpus.top(unit)), ("bottom", corpus.bottom(unit))):
        for rank, patch in enumerate(patches, 1):
            yield (
                patch,
                {
                    "layer": unit.layer,
                    "unit": unit.index,
                    "end": end,
                    "rank": rank,
                    "value": patch.value,
                    "picture": _name(corpus, patch),
                    "class": patch.label,
                    "row": patch.position[0] if patch.position else None,
                    "column": patch.position[1] if patch.position else None,
                    **patch.box._asdict(),
                    "at_edge": patch.at_edge,
                    "crop": None,
                },
            )


def _name(corpus: Corpus, patch: Patch) -> str:
    return corpus.plan.names[corpus.plan.row(patch.picture) or 0]


def _crop_name(facts: Mapping[str, Any]) -> str:
    name = f"{facts['unit']}-{facts['end']}-{facts['rank']}.png"
    return f"{CROPS}/{plain_name(facts['layer'])}/{name}"


def _cut(
    corpus: Corpus,
    folder: Path,
    network: Network,
    cuts: Mapping[str, Sequence[tuple[Patch, str]]],
) -> Iterator[frozenset[str]]:
    """Write the crops of one picture after the other; yield those that could not be made."""
    source = FileSource(Path(corpus.about.folder))
    shortest = shortest_px(network) if corpus.manner.reduced else 0
    for name, patches in cuts.items():
        seen = seen_by(network, source, name, shortest)
        if not isinstance(seen, np.ndarray):
            yield frozenset(crop for _, crop in patches)
            continue
        for patch, crop in patches:
            box, data = patch.box, io.BytesIO()
            Image.fromarray(seen[box.top : box.bottom, box.left : box.right]).save(data, "PNG")
            write_whole(folder / crop, data.getvalue(), durable=False)
        yield frozenset()


def _csv(rows: Sequence[Row]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]) if rows else [])
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _whole(corpus: Corpus, units: Sequence[Row], listed: Sequence[Row]) -> Row:
    patches: dict[tuple[str, int], list[Row]] = {}
    for row in listed:
        rest = {key: value for key, value in row.items() if key not in ("layer", "unit")}
        patches.setdefault((row["layer"], row["unit"]), []).append(rest)
    return {
        "name": corpus.name,
        "network": corpus.manner.network,
        "fingerprint": corpus.manner.fingerprint,
        "source": corpus.about.source,
        "score": corpus.manner.score.value,
        "pictures": corpus.total,
        "scanned": corpus.scanned,
        "classes": list(corpus.plan.classes),
        "faults": {one.name: one.reason for one in corpus.faults.listed},
        "units": [row | {"patches": patches.get((row["layer"], row["unit"]), [])} for row in units],
    }


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
