"""Recipes compared: what their pictures of twelve fixed units score, and how long they take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis_app.cli.folders import write_picture
from deepvis_app.cli.judge import CLASSES, judge_of, saturation
from deepvis_app.cli.loading import loaded
from deepvis_app.cli.recipes import recipe_named
from deepvis_app.corpus import scan
from deepvis_app.corpus.moments import Moments
from deepvis_app.engine.device.device import choose_device
from deepvis_app.engine.device.replica import replica_on
from deepvis_app.engine.kept.corpora import Corpora, default_folder
from deepvis_app.engine.kept.photographs import statistics_of
from deepvis_app.errors import UserError
from deepvis_app.nets import Unit
from deepvis_app.synth import PRESETS, LogitObjective, is_faint, stretched, synthesize
from deepvis_app.synth.scores import score
from deepvis_app.tiles.contact import contact_sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from deepvis_app.cli.judge import Judge
    from deepvis_app.nets import Network
    from deepvis_app.synth import Recipe
    from deepvis_app.synth.scores import NaturalStatistics, Scores

PER_LAYER = 4
EARLY = 0.65  # of the layers with maps
KNOWN_CLASSES = ("flamingo", "gorilla", "goldfish", "zebra")


@dataclass(frozen=True, slots=True)
class Judged:
    """How a second network ranks ten classes on their pictures; see `cli.judge`."""

    median_rank: float
    first: int
    among_five: int
    of: int


@dataclass(frozen=True, slots=True)
class RecipeFigures:
    """Medians over units; `kept` over those that are not dead. See `synth.scores`."""

    recipe: str
    excess: float | None
    kept: float
    rank: float
    dead: int
    units: int
    slope: float
    saturation: float
    steps_per_s: float
    s_per_unit: float
    judged: Judged | None
    not_judged: str  # why, "" where it is
    layers: Mapping[str, tuple[float, float]]  # median height and share kept by layer


def fixed_units(network: Network, layers: Sequence[str] = ()) -> tuple[Unit, ...]:
    """Return four units each of an early layer, of a late one, and of the classes.

    Or of `layers`, spread evenly over each.
    """
    if layers:
        return tuple(unit for name in layers for unit in _spread(network, name))
    maps = [
        info
        for info in network.layers
        if info.map_size != (1, 1)
        and info.name.count(".") <= 1
        and info.name not in network.class_layers
    ]
    if not maps:
        raise UserError(f"{network.name} has no layer with maps", "Name layers with --layer")
    names = dict.fromkeys([maps[round(EARLY * (len(maps) - 1))].name, maps[-1].name])
    units = [unit for name in names for unit in _spread(network, name)]
    return (*units, *_class_units(network))


def _spread(network: Network, name: str) -> list[Unit]:
    info = network.layer(name)
    places = np.unique(((np.arange(PER_LAYER) + 0.5) / PER_LAYER * info.unit_count).astype(int))
    return [Unit(info.name, int(place)) for place in places]


def _class_units(network: Network) -> list[Unit]:
    if network.output_layer is None:
        return []
    known = [network.labels.index(name) for name in KNOWN_CLASSES if name in network.labels]
    if len(known) == PER_LAYER:
        return [Unit(network.output_layer, index) for index in known]
    return _spread(network, network.output_layer)


def statistics_for(
    network: Network, units: Sequence[Unit], folder: Path | None
) -> dict[str, NaturalStatistics]:
    """Return what photographs give in the units' layers, nothing without photographs.

    They are scanned, and the corpus is kept: scores of preferred images look there later.
    """
    if folder is None:
        return {}
    layers = tuple(dict.fromkeys(unit.layer for unit in units))
    out = Corpora(default_folder()).path_for(network.last_fingerprint, folder, layers=layers)
    corpus = scan(network, folder, out=out, layers=layers)
    return {name: statistics_of(Moments.of(corpus.stats(name))) for name in layers}


def compare_recipes(
    net: tuple[str, str | None, bool, str | None],
    names: Sequence[str],
    folder: Path | None,
    layers: Sequence[str],
    seed: int,
    sheet: Path | None,
) -> list[RecipeFigures]:
    """Measure recipes, all presets where none is named; write a row of pictures of each.

    `net` is what to load: spec, weights, trust, device.
    """
    spec, weights, trust, device = net
    recipes = [recipe_named(name) for name in names] or list(PRESETS.values())
    network = replica_on(loaded(spec, weights, trust), choose_device(device or "auto"))
    units = fixed_units(network, layers)
    natural = statistics_for(network, units, folder)
    judge, why_not = judge_of(network)
    figures, rows = [], []
    for recipe in recipes:
        found, pictures = measure_recipe(network, recipe, units, natural, seed)
        judged = None if judge is None else judged_by(judge, network, recipe, seed)
        figures.append(replace(found, judged=judged, not_judged=why_not))
        rows += pictures
        if sheet is not None:  # after each, as all together take long
            write_picture(sheet, contact_sheet(rows, len(units)))
    return figures


def measure_recipe(
    network: Network,
    recipe: Recipe,
    units: Sequence[Unit],
    natural: Mapping[str, NaturalStatistics],
    seed: int = 0,
    report: Callable[[Unit, Scores], None] = lambda *_: None,
) -> tuple[RecipeFigures, list[NDArray[np.uint8]]]:
    """Make every unit's picture, one at a time, and score it; the scoring is not timed."""
    pictures, found, steps, seconds = [], [], 0, 0.0
    colours = []
    for unit in units:
        started = perf_counter()
        result = synthesize(network, unit, recipe, seed=seed)
        seconds += perf_counter() - started
        steps += len(result.trace)
        pictures.append(stretched(result.x) if is_faint(result.x) else result.image)
        found.append(score(network, result.image, unit, natural.get(unit.layer)))
        colours.append(saturation(result.image))
        report(unit, found[-1])
    return _figures(recipe.name, units, found, colours, steps, seconds), pictures


def judged_by(judge: Judge, network: Network, recipe: Recipe, seed: int = 0) -> Judged:
    """Make ten classes' pictures and have them ranked."""
    assert network.output_layer is not None  # or it has no judge
    ranks = [
        judge.rank(synthesize(network, LogitObjective(index), recipe, seed=seed).image, index)
        for index in CLASSES
    ]
    first, among_five = (sum(rank <= most for rank in ranks) for most in (1, 5))
    return Judged(median(ranks), first, among_five, len(ranks))


def _figures(
    name: str,
    units: Sequence[Unit],
    found: Sequence[Scores],
    colours: Sequence[float],
    steps: int,
    seconds: float,
) -> RecipeFigures:
    heights = [each.activation if each.excess is None else each.excess for each in found]
    alive = [each.kept for each in found if not each.is_dead]
    by_layer: dict[str, list[tuple[float, float]]] = {}
    for unit, height, each in zip(units, heights, found, strict=True):
        by_layer.setdefault(unit.layer, []).append((height, each.kept))
    return RecipeFigures(
        recipe=name,
        excess=None if found[0].excess is None else median(heights),
        kept=median(alive) if alive else 0.0,
        rank=median(each.rank for each in found),
        dead=sum(each.is_dead for each in found),
        units=len(found),
        slope=median(each.slope for each in found),
        saturation=median(colours),
        steps_per_s=steps / seconds,
        s_per_unit=seconds / len(found),
        judged=None,
        not_judged="",
        layers={
            layer: (median(h for h, _ in pairs), median(k for _, k in pairs))
            for layer, pairs in by_layer.items()
        },
    )


def synthesis_row(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recipe's figures, as plain values, on one line of a table."""
    row = {k: v for k, v in figures.items() if k not in ("layers", "judged", "not_judged")}
    judged = figures["judged"]
    if judged is not None:
        row["median rank / first / in five"] = (
            f"{judged['median_rank']:g} / {judged['first']} / {judged['among_five']}"
            f" of {judged['of']}"
        )
    return row
