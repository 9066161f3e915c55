"""What `deepvis map` does: a map made or found again, written, and said how good it is."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Generator
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deepvis_app.cli import map_atlas
from deepvis_app.cli.console import bar
from deepvis_app.cli.folders import PICTURES, check_file, write_picture
from deepvis_app.cli.map_atlas import AtlasWords, Filled
from deepvis_app.corpus import Corpus, Embedding, load_corpus
from deepvis_app.corpus.codes import Codes, codes_of
from deepvis_app.corpus.map.embedding import perplexity_of
from deepvis_app.corpus.map.kept import read_map, write_map
from deepvis_app.corpus.map.settings import MapSettings
from deepvis_app.corpus.map.validation import (
    MapFigures,
    Placement,
    map_figures,
    placement_steps,
    shares,
)
from deepvis_app.corpus.pictures import FileSource
from deepvis_app.engine.kept.corpora import Corpora, default_folder
from deepvis_app.errors import UserError, in_short
from deepvis_app.files import write_whole
from deepvis_app.pieces import finished, retold
from deepvis_app.tiles.map_picture import THUMB_PX, map_picture

TABLE = ".csv"


@dataclass(frozen=True, slots=True)
class Words:
    """What was written on the command line."""

    corpus: str
    layer: str
    method: str
    metric: str
    perplexity: float
    seed: int
    out: tuple[Path, ...]
    figures: bool


def run(words: Words, atlas: AtlasWords | None, *, as_json: bool) -> None:
    """Make the map or find it again, and write what is wanted. Raises `UserError`."""
    for file in words.out:
        check_file(file, (*PICTURES, TABLE))
    if atlas is not None:
        check_file(atlas.file)
    settings = MapSettings(words.method, words.metric, perplexity=words.perplexity, seed=words.seed)
    corpus = load_corpus(Corpora(default_folder()).named(words.corpus))
    codes = codes_of(corpus, corpus.manner.part(words.layer).name)
    embedding = read_map(corpus, codes, settings) or _made(corpus, codes, settings)
    for file in words.out:
        if file.suffix.lower() == TABLE:
            _write_table(file, corpus, embedding)
        else:
            write_picture(file, _drawn(corpus, embedding))
    figures = (map_figures(embedding), _placement(codes, settings)) if words.figures else None
    filled = None if atlas is None else map_atlas.fill(corpus, embedding, atlas)
    _tell(corpus, embedding, figures, words.out, filled, as_json=as_json)
    if atlas is not None and filled is not None and not as_json:
        map_atlas.tell(filled, atlas.file)


def _made(corpus: Corpus, codes: Codes, settings: MapSettings) -> Embedding:
    embedding: Embedding = _with_bar("laying out", shares(codes, settings))
    try:
        write_map(corpus, embedding)
    except UserError as error:  # it is there all the same
        print(f"deepvis: {error}", file=sys.stderr)
    return embedding


def _placement(codes: Codes, settings: MapSettings) -> Placement:
    found: Placement = _with_bar("placing held-out pictures", placement_steps(codes, settings))
    return found


def _with_bar(words: str, steps: Generator[float, None, Any]) -> Any:
    """Run steps that yield the share that is done, and return what they return."""
    with bar() as bars:
        task = bars.add_task(words, total=100)
        return finished(
            retold(steps, lambda share: bars.update(task, completed=round(100 * share)))
        )


def _class_of(codes: Codes, place: int) -> str:
    label = int(codes.labels[place])
    return codes.classes[label] if label >= 0 else ""


def _write_table(file: Path, corpus: Corpus, embedding: Embedding) -> None:
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(("id", "path", "x", "y", "class"))
    codes, folder = embedding.codes, corpus.about.folder
    for place, (x, y) in enumerate(embedding.points.tolist()):
        path = Path(folder, corpus.plan.names[codes.rows[place]])
        table.writerow((int(codes.ids[place]), path, x, y, _class_of(codes, place)))
    try:
        write_whole(file, text.getvalue())
    except OSError as error:
        raise UserError(
            f"{file} cannot be written: {in_short(error)}", "Choose another --out, such as map.csv"
        ) from error


def _drawn(corpus: Corpus, embedding: Embedding) -> NDArray[np.uint8]:
    codes = embedding.codes
    read = partial(_picture, FileSource(Path(corpus.about.folder)), corpus, codes)
    return map_picture(embedding.points, codes.labels, codes.classes, read)


def _picture(
    source: FileSource, corpus: Corpus, codes: Codes, place: int
) -> NDArray[np.uint8] | None:
    """Return a picture, small; None for one that is gone or changed, or of a data set."""
    row = int(codes.rows[place])
    name = corpus.plan.names[row]
    with suppress(UserError):
        before = int(corpus.plan.sizes[row]), int(corpus.plan.changed_ns[row])
        if source.facts(name) == before:
            return source.read(name, THUMB_PX)
    return None


def _tell(
    corpus: Corpus,
    embedding: Embedding,
    figures: tuple[MapFigures, Placement] | None,
    out: tuple[Path, ...],
    filled: Filled | None,
    *,
    as_json: bool,
) -> None:
    facts = _facts(corpus, embedding, figures)
    if as_json:
        if filled is not None:
            facts["atlas"] = map_atlas.as_data(filled)
        print(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    codes, settings = embedding.codes, embedding.settings
    print(f"{corpus.name}, {codes.layer}: {len(codes)} pictures by {settings.method}")
    if codes.left_out:
        print(f"  left out        {codes.left_out} pictures with NaN or infinity in their codes")
    print(f"  components      {facts['components']}, {facts['explained']:.0%} of the variance")
    used = facts["perplexity"]
    if used is not None and used < settings.perplexity:
        print(
            f"  perplexity      {used:.3g} in place of {settings.perplexity:g}: "
            f"{len(codes)} pictures have no neighbours for more"
        )
    if figures:
        _tell_figures(*figures)
    for file in out:
        print(f"  written         {file}")


def _tell_figures(of_map: MapFigures, placed: Placement) -> None:
    near = of_map.neighbours
    print(f"  trustworthiness {of_map.trustworthiness:.3f} ({near} neighbours; 1 is best)")
    print(f"  recall          {of_map.recall:.3f} of the nearest {near} codes are nearest here")
    if not placed.held_out:
        print("  class hits      unknown: the pictures have no classes")
        return
    print(
        f"  class hits      {placed.placed:.2f} times chance, {placed.held_out} held-out pictures "
        f"placed; among the codes {placed.codes:.2f}, shuffled {placed.shuffled:.2f}"
    )


def _facts(
    corpus: Corpus, embedding: Embedding, figures: tuple[MapFigures, Placement] | None
) -> dict[str, Any]:
    codes, reduction, settings = embedding.codes, embedding.reduction, embedding.settings
    facts: dict[str, Any] = {
        "corpus": corpus.name,
        "network": corpus.manner.network,
        "layer": codes.layer,
        "pictures": len(codes),
        "left_out": codes.left_out,
        "classes": list(codes.classes),
        "settings": asdict(settings),
        "perplexity": perplexity_of(settings, len(codes)) if settings.method == "tsne" else None,
        "components": len(reduction.axes),
        "explained": reduction.explained,
        "divergence": _number(embedding.divergence),
    }
    if figures:
        of_map, placed = figures
        facts["figures"] = {
            "trustworthiness": of_map.trustworthiness,
            "recall": of_map.recall,
            "neighbours": of_map.neighbours,
            "held_out": placed.held_out,
            "class_hits": _number(placed.placed),
            "class_hits_codes": _number(placed.codes),
            "class_hits_shuffled": _number(placed.shuffled),
        }
    return facts


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
