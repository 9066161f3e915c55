"""`deepvis synthesize --search`: random recipes side by side, with their scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from deepvis_app.cli.console import plain_table, wide_console
from deepvis_app.cli.folders import make_folder, write_picture
from deepvis_app.cli.synthesis import Order
from deepvis_app.cli.synthesis_bench import statistics_for
from deepvis_app.engine.kept.corpora import Corpora, default_folder
from deepvis_app.engine.kept.photographs import Photographs
from deepvis_app.errors import UserError, in_short
from deepvis_app.files import plain_name, write_whole
from deepvis_app.nets import Unit
from deepvis_app.synth import Recipe, legible, synthesize
from deepvis_app.synth.scores import NaturalStatistics, score
from deepvis_app.synth.search import Trial, random_recipes
from deepvis_app.tiles.contact import contact_sheet

Picture = NDArray[np.uint8]
COLUMNS = ("", "merit", "excess", "kept", "rank", "slope", "recipe")


def search_recipes(order: Order, count: int, photographs: Path | None, out: Path) -> None:
    """Try random recipes around an order's, write sheet, table and recipes, and print the best.

    `search.png` has a row of the units' pictures a recipe, the best first; `search.txt` the table;
    `NAME.toml` each recipe of it, for --recipe.
    """
    make_folder(out)
    units = [sample.objective for sample in order.samples if isinstance(sample.objective, Unit)]
    natural = _natural(order, units, photographs)
    recipes = [order.recipe, *random_recipes(order.recipe, count)]
    tried = [_try(order, recipe, natural) for recipe in track(recipes, "Recipes", transient=True)]
    tried.sort(key=lambda pair: -pair[0].merit)
    rows = [_row(place, trial) for place, (trial, _) in enumerate(tried, 1)]
    _write(out, [trial.recipe for trial, _ in tried], rows, tried)
    wide_console().print(plain_table(COLUMNS, rows[:10], right="merit excess kept rank slope"))
    print(f"{len(tried)} recipes in {out}: search.png, search.txt, and each as .toml")


def _natural(
    order: Order, units: Sequence[Unit], folder: Path | None
) -> dict[str, NaturalStatistics]:
    """Return what photographs give in the layer: of a folder, or what is known."""
    if folder is not None:
        return statistics_for(order.network, units, folder)
    known = Photographs(Corpora(default_folder()))
    layers = dict.fromkeys(unit.layer for unit in units)
    found = {layer: known.find(order.fingerprint, layer) for layer in layers}
    return {layer: each for layer, each in found.items() if each is not None}


def _try(
    order: Order, recipe: Recipe, natural: dict[str, NaturalStatistics]
) -> tuple[Trial, list[Picture]]:
    pictures, scores = [], []
    for sample in order.samples:
        image = synthesize(order.network, sample.objective, recipe, seed=sample.seed).image
        pictures.append(legible(image, order.network.preprocessing.mean_colour()))
        if isinstance(sample.objective, Unit):
            known = natural.get(sample.objective.layer)
            scores.append(score(order.network, image, sample.objective, known))
    return Trial(recipe, tuple(scores)), pictures


def _row(place: int, trial: Trial) -> tuple[str, ...]:
    """Medians over the units."""

    def middle(name: str) -> float:
        values = [getattr(each, name) for each in trial.scores]
        return float(np.median([math.nan if value is None else value for value in values]))

    figures = [trial.merit, *(middle(name) for name in COLUMNS[2:6])]
    shown = ["-" if math.isnan(figure) else f"{figure:.3g}" for figure in figures]
    return (str(place), *shown, trial.recipe.name)


def _write(
    out: Path,
    recipes: Sequence[Recipe],
    rows: Sequence[tuple[str, ...]],
    tried: Sequence[tuple[Trial, list[Picture]]],
) -> None:
    pictures = [picture for _, row in tried for picture in row]
    labels = [
        f"{row[0]}. {row[-1]}" for row, pair in zip(rows, tried, strict=True) for _ in pair[1]
    ]
    sheet = contact_sheet(pictures, len(tried[0][1]), labels)
    text = "\n".join("\t".join(row) for row in (COLUMNS, *rows)) + "\n"
    write_picture(out / "search.png", sheet)
    try:
        write_whole(out / "search.txt", text)
        for recipe in recipes:
            write_whole(out / f"{plain_name(recipe.name)}.toml", recipe.to_toml())
    except OSError as error:
        raise UserError(f"{out} cannot be written: {in_short(error)}") from error
