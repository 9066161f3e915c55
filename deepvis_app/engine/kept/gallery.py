"""Preferred images kept in a store, under keys of all that determines them."""

from __future__ import annotations

import hashlib
import json
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from deepvis_app.engine.kept.naturals import Naturals
from deepvis_app.engine.kept.picture_png import PictureNote, picture_png, read_note, recipe_of_png
from deepvis_app.nets import Unit
from deepvis_app.reading import parse_json
from deepvis_app.store import Damaged
from deepvis_app.synth import ChannelObjective, Sample, StopReason, UnitObjective, objective_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from deepvis_app.store import Entry, Store, StoreInfo, Value
    from deepvis_app.synth import Objective, Recipe, SynthesisResult

__all__ = ["Gallery", "PictureNote", "StoredPicture", "picture_png", "recipe_of_png"]

PICTURE, STEERED, SCORES = "picture", "steered", "scores"  # kinds of the entries
PNG, SHOWN, EXACT = "picture.png", "shown.safetensors", "exact.safetensors"
SCORES_JSON = "scores.json"

A = TypeVar("A", bound="NDArray[np.generic]")
Scores: TypeAlias = "Mapping[str, float | None]"


@dataclass(frozen=True, eq=False)
class StoredPicture:
    """A preferred image as it was kept.

    `image` is uint8 (H, W, 3), `trace` float32 (steps,), both read-only; `created` in seconds since
    1970. For the other fields see `SynthesisResult` and `PictureNote`.
    """

    key: str
    note: PictureNote
    image: NDArray[np.uint8]
    trace: NDArray[np.float32]
    best_step: int
    first_top_step: int | None
    stop: StopReason
    created: float
    scores: Scores
    _entry: Entry = field(repr=False)

    @property
    def recipe(self) -> Recipe:
        return self.note.recipe

    @property
    def seed(self) -> int:
        return self.note.seed

    @property
    def objective(self) -> Unit | Objective:
        return self.note.objective

    @property
    def activation(self) -> float:
        return self.note.activation

    @property
    def computed(self) -> str:
        return self.note.computed

    @property
    def photographs(self) -> str:
        return self.note.photographs

    @property
    def steered(self) -> bool:
        return self.note.steered

    @cached_property
    def x(self) -> NDArray[np.float32]:
        """The picture before rounding, read when first asked; `Damaged` where it is gone."""
        x: NDArray[np.float32] = load_arrays(self._entry.read(EXACT))["x"]
        return _read_only(x)

    def read_whole(self) -> None:
        """Read `x` now, if it is there."""
        with suppress(Damaged, OSError):
            self.x  # noqa: B018 - it is kept where it was read

    @property
    def x_read(self) -> NDArray[np.float32] | None:
        """`x` where it was read already; for who must not wait for a disk."""
        return self.__dict__.get("x")

    def png(self) -> bytes:
        """Return the picture as PNG that says how it was made."""
        return picture_png(self.image, self.note)


class Gallery:
    """Finds and keeps preferred images. Every method may be called from any thread.

    All raise the store's `UserError`.
    """

    def __init__(self, store: Store, naturals: Naturals | None = None) -> None:
        self._store = store
        self._naturals = naturals or Naturals(store)

    def info(self) -> StoreInfo:
        """Return how full the store is."""
        return self._store.info()

    def key(self, fingerprint: str, sample: Sample, recipe: Recipe) -> str:
        """Return the SHA-256 (hex) of network, objective, seed and recipe.

        And of the siblings, where the recipe drives pictures apart, and of the photographs, where
        it keeps near to some.
        """
        is_natural = recipe.objective.naturalness > 0
        photographs = self._naturals.source(fingerprint) if is_natural else ""
        return _key(fingerprint, sample, recipe, photographs)

    def find(
        self, fingerprint: str, sample: Sample, recipe: Recipe, *, whole: bool = False
    ) -> StoredPicture | None:
        """Return the picture of a sample, None where it has to be made; `whole` as in `get`."""
        return self.get(self.key(fingerprint, sample, recipe), whole=whole)

    def get(self, key: str, *, whole: bool = False) -> StoredPicture | None:
        """Return the picture that was kept under a key, None where it is gone or damaged.

        `whole`: read also `x`, which is shown only when it is stretched.
        """
        entry = self._store.get(key)
        if entry is None:
            return None
        picture = self._picture(entry)
        if picture is not None and whole:
            picture.read_whole()
        entry.let_go()
        return picture

    def keep(
        self, fingerprint: str, network_name: str, result: SynthesisResult, *, spec: str = ""
    ) -> str:
        """Keep a result and return its key.

        One that was steered gets a key of its own: what it shows, its recipe does not tell.
        """
        note = note_of(result, fingerprint, network_name, spec)
        sample = Sample(result.objective, result.seed, result.siblings)
        key = _key(fingerprint, sample, result.recipe, result.photographs)
        if result.steered:
            key = _digest(STEERED, key, uuid.uuid4().hex)
        # What a look at the picture needs is apart: it is there at once.
        shown = {"image": result.image, "trace": result.trace}
        files = {
            PNG: picture_png(result.image, note),
            SHOWN: save_arrays({name: np.ascontiguousarray(a) for name, a in shown.items()}),
            EXACT: save_arrays({"x": np.ascontiguousarray(result.x)}),
        }
        self._store.put(key, STEERED if result.steered else PICTURE, files, _about(result, note))
        return key

    def history(
        self, fingerprint: str, unit: Unit, limit: int | None = None
    ) -> tuple[StoredPicture, ...]:
        """Return the pictures of a unit, of all recipes and seeds, newest first.

        Those at its position; a unit without one: those at any position, and of its whole map.
        """
        about: dict[str, Value] = {"layer": unit.layer, "index": unit.index}
        if unit.position is not None:
            about["position"] = _place(unit)
        entries = self._store.find(None, fingerprint=fingerprint, **about)
        kept = (entry for entry in entries if entry.kind in (PICTURE, STEERED))
        pictures = (picture for entry in kept if (picture := self._picture(entry)) is not None)
        return tuple(islice(pictures, limit))

    def keep_scores(self, key: str, scores: Scores) -> None:
        """Keep a picture's scores beside it, in place of earlier ones."""
        data = json.dumps(dict(scores)).encode()
        self._store.put(_digest(SCORES, key), SCORES, {SCORES_JSON: data}, {"of": key})

    def remove(self, key: str) -> None:
        """Remove a picture and its scores, if they are there."""
        self._store.remove(key)
        self._store.remove(_digest(SCORES, key))

    def _scores(self, key: str) -> Scores:
        entry = self._store.get(_digest(SCORES, key))
        try:
            scores = parse_json(entry.read(SCORES_JSON)) if entry is not None else {}
        except (Damaged, ValueError):
            scores = {}
        is_sound = isinstance(scores, dict) and all(map(_is_score, scores.values()))
        return MappingProxyType(scores if is_sound else {})

    def _picture(self, entry: Entry) -> StoredPicture | None:
        try:
            note = read_note(entry.read(PNG))
            if note is None:  # of another version, whose recipes had other settings
                return None
            shown = load_arrays(entry.read(SHOWN))
            if shown["image"].dtype != np.uint8 or shown["image"].shape[2:] != (3,):
                return None
            first_top = entry.about["first_top_step"]
            return StoredPicture(
                key=entry.key,
                note=note,
                image=_read_only(shown["image"]),
                trace=_read_only(shown["trace"]),
                best_step=int(entry.about["best_step"] or 0),
                first_top_step=None if first_top is None else int(first_top),
                stop=StopReason(entry.about["stop"]),
                created=entry.created,
                scores=self._scores(entry.key),
                _entry=entry,
            )
        except (Damaged, KeyError, ValueError, OverflowError, SafetensorError):
            return None


def note_of(
    result: SynthesisResult, fingerprint: str, network_name: str, spec: str = ""
) -> PictureNote:
    """Return what a picture's file says of how it was made."""
    objective = objective_of(result.objective)
    return PictureNote(
        objective=objective.unit if isinstance(objective, UnitObjective) else objective,
        recipe=result.recipe,
        seed=result.seed,
        activation=result.activation,
        fingerprint=fingerprint,
        network_name=network_name,
        network_spec=spec,
        siblings=result.siblings,
        computed=result.computed,
        photographs=result.photographs,
        steered=result.steered,
    )


def _key(fingerprint: str, sample: Sample, recipe: Recipe, photographs: str) -> str:
    objective = objective_of(sample.objective).to_json()
    siblings = sample.siblings if recipe.objective.diversity else ()
    more = [*map(str, sorted(siblings)), *([photographs] if photographs else [])]
    return _digest(PICTURE, fingerprint, objective, str(sample.seed), recipe.key, *more)


def _digest(*facts: str) -> str:
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _about(result: SynthesisResult, note: PictureNote) -> dict[str, Value]:
    """Return by what a picture is found, and what its PNG does not say."""
    objective = objective_of(result.objective)
    unit = objective.unit if isinstance(objective, UnitObjective) else None
    if isinstance(objective, ChannelObjective):
        unit = Unit(objective.layer, objective.index)
    name = f"{unit.layer} {unit.index}" if unit else str(objective)
    return {
        "title": f"{name[:60]} {result.recipe.name} s{result.seed}",
        "fingerprint": note.fingerprint,
        "network": note.network_name,
        "layer": unit.layer if unit else None,
        "index": unit.index if unit else None,
        "position": _place(unit),
        "recipe": result.recipe.name,
        "seed": result.seed,
        "activation": result.activation,
        "best_step": result.best_step,
        "first_top_step": result.first_top_step,
        "stop": result.stop.value,
    }


def _is_score(value: object) -> bool:
    return value is None or type(value) in (int, float)


def _place(unit: Unit | None) -> str | None:
    return f"{unit.position[0]},{unit.position[1]}" if unit and unit.position else None


def _read_only(array: A) -> A:
    array.setflags(write=False)
    return array
