"""What `deepvis directions teach` does: a concept learnt from two folders, told of and kept."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from deepvis_app.cli.console import bar, tell_behaviour
from deepvis_app.cli.loading import loaded
from deepvis_app.cli.weights import tell_weights
from deepvis_app.corpus.concepts.concept import Concept, learn
from deepvis_app.corpus.concepts.direction import (
    accuracy_words,
    control_words,
    directions_of,
    made_words,
    verdict,
)
from deepvis_app.corpus.concepts.examples import Gathered, example_steps, pictures_in
from deepvis_app.corpus.concepts.taught import Taught, refuse_few, taught
from deepvis_app.corpus.pictures import FileSource
from deepvis_app.corpus.shard import shortest_px
from deepvis_app.engine.ahead import Ahead
from deepvis_app.engine.device.device import choose_device
from deepvis_app.engine.device.replica import replica_on
from deepvis_app.engine.kept.directions import DirectionsShelf
from deepvis_app.files import plain_name
from deepvis_app.nets import Network
from deepvis_app.nets.directions_file import SUFFIX, AboutDirections, write_directions
from deepvis_app.pieces import finished, retold

MOST = 500  # pictures of either side
FAULTS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Words:
    """What was written on the command line."""

    inside: Path
    outside: Path
    net: str
    weights: str | None
    trust: bool
    device: str | None
    layer: str
    name: str
    out: Path | None


def run(words: Words, *, as_json: bool) -> None:
    """Learn the concept, keep it and print what came of it. Raises `UserError`."""
    sides = [_listed(folder) for folder in (words.inside, words.outside)]
    refuse_few(len(sides[0]), len(sides[1]))
    network = loaded(words.net, words.weights, words.trust)
    tell_weights(network)
    tell_behaviour(network)
    layer = network.base_layer(words.layer)
    found = _gathered(network, words, layer, sides)
    lesson = _lesson(found, layer)
    concept = learn(lesson)
    kept = _kept(network, layer, concept, words)
    if as_json:
        facts = _facts(network, layer, concept, lesson, kept)
        print(json.dumps(facts, indent=2, ensure_ascii=False))
    else:
        _tell(network, concept, lesson, kept, replace(words, layer=layer))


def _listed(folder: Path) -> list[str]:
    paths, total = pictures_in(folder, MOST)
    if len(paths) < total:
        print(
            f"deepvis: {folder}: {len(paths)} of {total} pictures are taken, in even steps",
            file=sys.stderr,
        )
    return [str(path) for path in paths]


def _gathered(network: Network, words: Words, layer: str, sides: list[list[str]]) -> Gathered:
    """Run all pictures through the network."""
    pictures = [(name, not place) for place, names in enumerate(sides) for name in names]
    replica = replica_on(network, choose_device(words.device or "auto"))
    source = FileSource(None, tuple(Path(name) for name, _ in pictures))
    reader = Ahead(replica, source, shortest_px(replica))
    with bar() as bars, closing(example_steps(replica, pictures, (layer,), reader)) as steps:
        task = bars.add_task("looking at pictures", total=len(pictures))
        told = retold(steps, lambda now: bars.update(task, completed=now.step))
        found: Gathered = finished(told)
    for fault in found.faults[:FAULTS_SHOWN]:
        print(f"deepvis: left out: {fault.reason}", file=sys.stderr)
    if len(found.faults) > FAULTS_SHOWN:
        print(f"deepvis: left out: {len(found.faults) - FAULTS_SHOWN} more", file=sys.stderr)
    return found


def _lesson(found: Gathered, layer: str) -> Taught:
    examples = found.examples
    codes = np.array([one.codes[layer] for one in examples])
    return taught(codes, [one.is_inside for one in examples], ids=[one.id for one in examples])


def _kept(network: Network, layer: str, concept: Concept, words: Words) -> Path:
    """Keep the concept beside all others, or write the file that was asked for."""
    name, made = words.name.strip() or words.inside.absolute().name, made_words(concept)
    directions = directions_of(concept, name)
    if words.out is None:
        return DirectionsShelf().keep(network, layer, directions, name, made).path
    about = AboutDirections(layer, name, network.last_fingerprint, network.name, made)
    out = words.out / f"{plain_name(name)}{SUFFIX}" if words.out.is_dir() else words.out
    write_directions(out, directions, about)
    return out


def _facts(
    network: Network, layer: str, concept: Concept, lesson: Taught, kept: Path
) -> dict[str, Any]:
    judged = concept.judged
    facts: dict[str, Any] = {
        "network": network.name,
        "layer": layer,
        "inside": concept.pictures[0],
        "outside": concept.pictures[1],
        "copies": lesson.copies,
        "left_out": lesson.left_out,
        "explained": concept.explained,
        "nearest": concept.nearest,
        "cosine": concept.cosine,
        "ridge": concept.ridge,
        "file": str(kept),
    }
    if judged is not None:
        facts |= {
            "accuracy": judged.accuracy,
            "accuracy_low": judged.low,
            "accuracy_high": judged.high,
            "accuracy_inside": judged.inside,
            "accuracy_outside": judged.outside,
            "shuffled": judged.usual,
            "shuffled_high": judged.limit,
            "chance": judged.chance,
            "is_better": judged.is_better,
        }
    return facts


def _tell(network: Network, concept: Concept, lesson: Taught, kept: Path, words: Words) -> None:
    inside, outside = concept.pictures
    print(f"{words.layer} of {network.name}: {inside} pictures of it, {outside} of others")
    if lesson.copies:
        print(f"  copies    {lesson.copies} left out")
    if lesson.left_out:
        print(f"  left out  {lesson.left_out} pictures with NaN or infinity in their codes")
    if (judged := concept.judged) is not None:
        print(f"  accuracy  {accuracy_words(judged)}")
        print(f"            of it {judged.inside:.0%}, of others {judged.outside:.0%}")
        print(f"  control   {control_words(judged)}")
    print(f"  verdict   {verdict(concept)}")
    print(f"  explains  {concept.explained:.1%} of the variance of these pictures' codes")
    print(f"  nearest   unit {concept.nearest}: cos {concept.cosine:.2f}")
    print(f"  written   {kept}" if words.out else f"  kept      {kept.stem}")
