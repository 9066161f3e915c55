"""What `deepvis map --atlas` does: a map's cells filled with pictures, written and told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepvis_app.cli.batches import in_batches
from deepvis_app.cli.corpora import network_of
from deepvis_app.cli.explaining import read_unit
from deepvis_app.cli.folders import write_picture
from deepvis_app.cli.kept import user_store
from deepvis_app.corpus import Corpus, Embedding, Score
from deepvis_app.corpus.map.atlas import (
    LEAST,
    Atlas,
    AtlasSettings,
    atlas_of,
    require_activations,
)
from deepvis_app.corpus.map.compared import COLUMNS, LEAST_COMPARED, ROWS, Comparison, compared
from deepvis_app.corpus.map.said import CellFacts, Said, cell_facts, class_scores, said_of
from deepvis_app.corpus.pooled import as_kept, pooled
from deepvis_app.engine.device.device import Device, choose_device
from deepvis_app.engine.device.replica import replica_on
from deepvis_app.engine.jobs.kinds.chunks import chunk_for
from deepvis_app.engine.jobs.kinds.synthesis import Purpose
from deepvis_app.engine.kept.gallery import Gallery
from deepvis_app.errors import UserError
from deepvis_app.nets import Network
from deepvis_app.synth import Sample, SynthesisResult
from deepvis_app.synth.icons import icon_maps, icon_objective, icon_recipe
from deepvis_app.tiles.atlas_picture import Tile, atlas_picture

NAMED = 3  # classes that are told of a cell


@dataclass(frozen=True, slots=True)
class AtlasWords:
    """What was written on the command line of the atlas; `compare` are two classes.

    `cells` and `least` None: what is usual.
    """

    file: Path
    cells: int | None
    least: int | None
    compare: tuple[str, str] | None
    device: str
    trust: bool
    with_store: bool


@dataclass(frozen=True, slots=True, eq=False)
class Icon:
    """A cell's picture (H, W, 3), and x (C, H, W) before rounding."""

    image: NDArray[np.uint8]
    x: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Filled:
    """An atlas with its pictures; `own` of them are nearer to their own cell than to any other."""

    atlas: Atlas
    comparison: Comparison | None
    classes: tuple[str, str] | None
    said: Said
    sources: tuple[int, int]  # pictures that were made, and that were in the store
    own: int

    def facts(self, cell: int) -> CellFacts:
        return cell_facts(self.atlas.of, self.said, self.atlas.cells[cell].places)


def fill(corpus: Corpus, embedding: Embedding, words: AtlasWords) -> Filled:
    """Make the pictures of all cells that the store has not, and write them as one picture.

    A cell's picture is kept as soon as it is done, so a stop keeps what is finished. Raises
    `UserError`.
    """
    require_activations(corpus)
    network = network_of(corpus, words.trust, "an atlas needs it again", "Scan again by command")
    if network.fingerprint != corpus.manner.fingerprint:
        raise UserError(
            f"{network.name} is not as it was when {corpus.name} was scanned", "Scan again"
        )
    codes, comparison, classes = embedding.codes, None, None
    if words.compare is None:
        atlas = atlas_of(embedding, AtlasSettings(words.cells or 0, words.least or LEAST))
    else:
        comparison, classes = _compared(corpus, embedding, network, words, words.compare)
        atlas = comparison.atlas
    device = choose_device(words.device)
    replica = replica_on(network, device)
    icons, made = _icons(atlas, replica, device, network.fingerprint, with_store=words.with_store)
    ends = classes and (f"more {classes[0]}", f"more {classes[1]}")
    write_picture(words.file, _drawn(atlas, icons, ends), "--atlas")
    return Filled(
        atlas, comparison, classes,
        said_of(corpus, codes, network.output_layer, network.scale, network.labels),
        (made, len(atlas) - made), _own(atlas, icons, replica, corpus.manner.score),
    )  # fmt: skip


def _compared(
    corpus: Corpus,
    embedding: Embedding,
    network: Network,
    words: AtlasWords,
    both: tuple[str, str],
) -> tuple[Comparison, tuple[str, str]]:
    output = network.output_layer
    if output is None:
        raise UserError(f"{network.name} gives no class scores", "Leave --compare out")
    count = network.layer(output).unit_count
    numbers = [read_unit(network, output, word) for word in both]
    if (highest := max(numbers)) >= count:
        raise UserError(
            f"{network.name} has no class {highest}", f"Its {count} classes are 0 to {count - 1}"
        )
    if numbers[0] == numbers[1]:
        raise UserError(f"{both[0]} and {both[1]} are one class", "Compare two different ones")
    codes = embedding.codes
    first, second = (class_scores(corpus, codes, output, number) for number in numbers)
    names = [str(network.labels[n]) if network.labels else f"class {n}" for n in numbers]
    columns = words.cells or COLUMNS
    found = compared(
        codes, first, second,
        columns=columns, rows=max(round(columns * ROWS / COLUMNS), 1),
        least=words.least or LEAST_COMPARED, settings=embedding.settings,
    )  # fmt: skip
    return found, (names[0], names[1])


def _icons(
    atlas: Atlas, network: Network, device: Device, fingerprint: str, *, with_store: bool
) -> tuple[list[Icon], int]:
    """Return the cells' pictures in their order, and how many of them had to be made."""
    recipe = icon_recipe(network.input_shape[1:])
    layer = atlas.of.layer
    samples = [Sample(icon_objective(layer, row)) for row in atlas.directions.tolist()]
    found: dict[Sample, Icon] = {}
    with user_store() if with_store else nullcontext() as store:
        gallery = None if store is None else Gallery(store)
        for sample in samples if gallery else ():
            picture = gallery and gallery.find(fingerprint, sample, recipe)
            if picture:
                found[sample] = Icon(picture.image, picture.x)
        missing = [sample for sample in dict.fromkeys(samples) if sample not in found]

        def keep(sample: Sample, result: SynthesisResult) -> None:
            found[sample] = Icon(result.image, result.x)
            if gallery is not None:
                gallery.keep(fingerprint, network.name, result, spec=network.spec)

        batch = chunk_for(device, Purpose.LAYER, recipe, len(missing)).parts
        in_batches(network, recipe, missing, batch, keep, device)
    return [found[sample] for sample in samples], len(missing)


def _drawn(atlas: Atlas, icons: list[Icon], ends: tuple[str, str] | None) -> NDArray[np.uint8]:
    tiles = [
        Tile(cell.row, cell.column, len(cell.places), icon.image)
        for cell, icon in zip(atlas.cells, icons, strict=True)
    ]
    return atlas_picture(tiles, atlas.grid.rows, atlas.grid.columns, ends)


def _own(atlas: Atlas, icons: list[Icon], network: Network, score: Score) -> int:
    """Count the pictures whose own code is more like their cell's than like any other's."""
    layer = atlas.of.layer
    codes = [as_kept(pooled(icon_maps(network, layer, icon.x), score)) for icon in icons]
    cosines = atlas.whitening.cosines(np.array(codes), atlas.codes)
    return int((cosines.argmax(1) == np.arange(len(icons))).sum())


# Telling


def tell(filled: Filled, file: Path) -> None:
    """Print what came of an atlas, and its fullest cells."""
    atlas, (made, there) = filled.atlas, filled.sources
    grid, count = atlas.grid, len(atlas)
    sources = [f"{made} made"] * bool(made) + [f"{there} from the store"] * bool(there)
    print(
        f"  atlas           {count} cells of {grid.columns} x {grid.rows} with {atlas.pictures} "
        f"pictures: {', '.join(sources)}"
    )
    print(
        f"  their pictures  {filled.own} of {count} are more like their own cell than like any "
        "other; by chance 1 would be"
    )
    if filled.comparison and filled.classes:
        first, second = filled.classes
        print(f"  compared        {first} (left) and {second} (right)")
    for cell in range(min(count, 5)):
        print(f"  cell            {_line(filled, cell)}")
    print(f"  written         {file}")


def _line(filled: Filled, cell: int) -> str:
    facts = filled.facts(cell)
    classes, said = _counted(facts.classes), _counted(facts.said)
    parts = [f"{facts.count} pictures", classes, f"taken for {said}" if said else ""]
    if facts.sure is not None:
        parts.append(f"mean confidence {facts.sure:.2f}")
    return "; ".join(part for part in parts if part)


def _counted(names: Sequence[tuple[str, int]]) -> str:
    """Return "dogs 14, class 3: 11", the first ones."""
    shown = names[:NAMED]
    return ", ".join(f"{name}{':' * name[-1:].isdigit()} {count}" for name, count in shown)


def as_data(filled: Filled) -> dict[str, Any]:
    """Return an atlas as JSON has it."""
    atlas = filled.atlas
    data: dict[str, Any] = {
        "columns": atlas.grid.columns,
        "rows": atlas.grid.rows,
        "side": atlas.grid.side,
        "own": filled.own,
        "cells": [_cell_data(filled, cell) for cell in range(len(atlas))],
    }
    if filled.comparison and filled.classes:
        data["compared"] = {
            "classes": list(filled.classes),
            "pictures": len(filled.comparison.places),
            "reach": filled.comparison.reach,
        }
    return data


def _cell_data(filled: Filled, number: int) -> Mapping[str, Any]:
    atlas, facts = filled.atlas, filled.facts(number)
    cell = atlas.cells[number]
    data: dict[str, Any] = {
        "row": cell.row,
        "column": cell.column,
        "x": cell.middle[0],
        "y": cell.middle[1],
        "pictures": facts.count,
        "ids": atlas.of.ids[cell.places].tolist(),
        "classes": dict(facts.classes),
        "said": dict(facts.said),
        "confidence": facts.sure,
    }
    if filled.comparison is not None:
        data["difference"] = filled.comparison.mean(number)
    return data
