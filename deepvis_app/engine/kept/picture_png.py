"""A preferred image as PNG that says how it was made."""

from __future__ import annotations

import io
import json
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from deepvis_app import __version__
from deepvis_app.engine.kept.png_texts import WRONG, network_text, noted, png_with, texts_of
from deepvis_app.nets import Unit
from deepvis_app.reading import MOST_SEED, parse_json, whole_number
from deepvis_app.synth import Objective, Recipe, UnitObjective, objective_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_MOST_PIXELS = 50_000_000  # larger ones are nobody's preferred picture


@dataclass(frozen=True, slots=True)
class PictureNote:
    """How a picture was made: all it takes to make it again, or one as good elsewhere."""

    objective: Unit | Objective
    recipe: Recipe
    seed: int
    activation: float
    fingerprint: str  # of the network: SHA-256 (hex)
    network_name: str = ""
    network_spec: str = ""  # what `load_network` takes; "" where not known
    siblings: tuple[int, ...] = ()  # seeds of the pictures that it was driven apart from
    computed: str = ""  # where and how: rounding decides which of equally good pictures comes
    photographs: str = ""  # which it was kept near to; "" for none
    steered: bool = False  # the recipe was changed on the way: the same is not to be had again
    version: str = __version__  # of deepvis

    @property
    def unit(self) -> Unit | None:
        """The unit, where the picture was made for one."""
        return self.objective if isinstance(self.objective, Unit) else None


def picture_png(image: NDArray[np.uint8], note: PictureNote) -> bytes:
    """Return a picture, uint8 (H, W, 3), as PNG with the note in its text chunks."""
    texts = {
        "objective": objective_of(note.objective).to_json(),
        "recipe": note.recipe.to_toml(),
        "seed": str(note.seed),
        "activation": repr(note.activation),
        "network": network_text(note.network_name, note.network_spec, note.fingerprint),
        "siblings": json.dumps(note.siblings),
        "computed": note.computed,
        "photographs": note.photographs,
        "steered": json.dumps(note.steered),
        "version": note.version,
    }
    return png_with(image, texts)


def recipe_of_png(data: bytes) -> PictureNote | None:
    """Return how a PNG was made; None for damaged ones, and those that others made."""
    read = read_picture(data)
    return read[1] if read else None


def read_picture(data: bytes) -> tuple[NDArray[np.uint8], PictureNote] | None:
    """Return what `picture_png` was given; None for damaged PNGs, and those that others made."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=["PNG"]) as file:
                assert isinstance(file, PngImageFile)
                if file.width * file.height > _MOST_PIXELS:
                    return None
                note = _note(texts_of(file.text))
                return np.asarray(file.convert("RGB")), note
    except WRONG:
        return None


def read_note(data: bytes) -> PictureNote | None:
    """Return how a PNG was made without looking at its pixels, which takes ten times as long."""
    return noted(data, _note)


def _note(ours: Mapping[str, str]) -> PictureNote:
    objective = Objective.from_json(ours["objective"])
    network = parse_json(ours["network"])
    return PictureNote(
        objective=objective.unit if isinstance(objective, UnitObjective) else objective,
        recipe=_recipe(ours["recipe"]),
        seed=whole_number(int(ours["seed"]), MOST_SEED),
        activation=float(ours["activation"]),
        fingerprint=str(network["fingerprint"]),
        network_name=str(network["name"]),
        network_spec=str(network["spec"]),
        siblings=tuple(
            whole_number(seed, MOST_SEED) for seed in parse_json(ours.get("siblings", "[]"))
        ),
        computed=ours.get("computed", ""),
        photographs=ours.get("photographs", ""),
        steered=bool(parse_json(ours["steered"])),
        version=ours["version"],
    )


@lru_cache(maxsize=64)  # the pictures of a unit are mostly of one recipe
def _recipe(text: str) -> Recipe:
    return Recipe.from_toml(text)
