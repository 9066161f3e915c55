"""Long explanations of a picture: occlusion and the methods of the catalogue."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from deepvis_app.engine.jobs.kind import RESULT, JobKind, Rank, Shown
from deepvis_app.engine.jobs.kinds.known_array import KnownArray
from deepvis_app.engine.jobs.status import JobStatus
from deepvis_app.errors import UserError
from deepvis_app.explain import (
    CATALOGUE,
    OCCLUSION,
    CatalogueProgress,
    CatalogueResult,
    OcclusionProgress,
    OcclusionResult,
    Rise,
    Seed,
    occlusion_steps,
)
from deepvis_app.nets.layers import Unit
from deepvis_app.reading import parse_json, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor

    from deepvis_app.engine.jobs.kind import Steps
    from deepvis_app.engine.jobs.progress import State
    from deepvis_app.nets.network import Network

Explanation: TypeAlias = OcclusionResult | CatalogueResult
Value: TypeAlias = int | float | str

ARRAYS = "arrays.safetensors"
GONE = UserError("The picture of this question was not kept", "Ask again of another picture")


@dataclass(frozen=True, slots=True)
class Question:
    """Why a unit fires on a picture, asked of a method that takes its time.

    `picture` is uint8 (H, W, 3) as the network sees it (`Network.view`). `method` is "occlusion" or
    one of the catalogue; `options` are its settings where they are not the usual ones, by name.
    """

    picture: KnownArray
    unit: Unit
    seed: Seed
    method: str
    options: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class ExplainingStatus(JobStatus):
    """`found` is the only part's newest preview, or what came of it."""

    request: Question

    @property
    def found(self) -> OcclusionProgress | CatalogueProgress | Explanation | None:
        found: OcclusionProgress | CatalogueProgress | Explanation | None = self.previews.get(
            self.request
        )
        return found


class Explaining(JobKind[Question, Explanation]):
    """One question is one part."""

    name = "explanation"
    request = Question
    status = ExplainingStatus
    noun = "explanation"
    failure = ("The picture could not be explained", "Choose another method or another network")

    def title(self, request: Question) -> str:
        return title_of(request.unit)

    def way(self, request: Question) -> str:
        if request.method != OCCLUSION:
            return CATALOGUE[request.method].title
        patch = dict(request.options).get("patch")
        return f"Occlusion by {patch} px" if patch else "Occlusion"

    def rank(self, request: Question) -> Rank:  # noqa: ARG002
        return Rank.ASKED

    def unit_of(self, part: Question) -> Unit:
        return Unit(part.unit.layer, part.unit.index)

    def steps(self, network: Network, request: Question, resume: State | None) -> Steps:  # noqa: ARG002
        x = input_of(network, request.picture)
        if request.method == OCCLUSION:
            options: dict[str, Any] = dict(request.options)
            return occlusion_steps(network, x, request.unit, seed=request.seed, **options)
        method = CATALOGUE[request.method]
        return method.steps(network, x, request.unit, request.seed, **dict(request.options))

    def previews(self, step: OcclusionProgress | CatalogueProgress) -> Sequence[object]:
        (step.drop if isinstance(step, OcclusionProgress) else step.map).setflags(write=False)
        return (step,)

    def show(self, value: Explanation) -> Shown:
        for array in _arrays(value).values():
            array.setflags(write=False)
        return Shown(value)

    def pack(self, value: Explanation) -> Mapping[str, bytes]:
        if isinstance(value, OcclusionResult):
            rises = [[rise.index, rise.amount] for rise in value.rises]
            facts: dict[str, Any] = {"score": value.score, "rises": rises}
        else:
            facts = {"score": value.score, "empty": value.empty, "gained": value.gained}
        return {ARRAYS: save_arrays(_arrays(value)), RESULT: json.dumps(facts).encode()}

    def unpack(self, read: Callable[[str], bytes]) -> Explanation:
        arrays, facts = load_arrays(read(ARRAYS)), parse_json(read(RESULT))
        score = float(facts["score"])
        if "map" in arrays:
            gained = None if facts["gained"] is None else float(facts["gained"])
            return CatalogueResult(arrays["map"], score, str(facts["empty"]), gained)
        rises = enumerate(facts["rises"])
        found = (Rise(int(i), float(amount), arrays[f"rise {k}"]) for k, (i, amount) in rises)
        return OcclusionResult(arrays["drop"], score, tuple(found))

    def luggage(self, request: Question) -> Mapping[str, Tensor]:
        return luggage_of(picture=request.picture)

    def unpacked(self, request: Question, luggage: Mapping[str, Tensor]) -> Question:
        return replace(request, picture=loaded(request.picture, luggage.get("picture")))

    def to_data(self, request: Question) -> dict[str, Any]:
        return {
            "picture": request.picture.digest,
            "unit": unit_to_data(request.unit),
            "seed": str(request.seed),
            "method": request.method,
            "options": dict(request.options),
        }

    def from_data(self, data: Mapping[str, Any]) -> Question:
        method, options = data["method"], data["options"]
        if method != OCCLUSION and method not in CATALOGUE:
            raise ValueError("no method of this version")
        if not all(type(value) in (int, float, str) for value in options.values()):
            raise ValueError("options are numbers and words")
        return Question(
            KnownArray.named(data["picture"]),
            unit_from_data(data["unit"]),
            Seed.parse(data["seed"]),
            method,
            tuple(options.items()),
        )


def _arrays(value: Explanation) -> dict[str, Any]:
    if isinstance(value, CatalogueResult):
        return {"map": value.map}
    return {"drop": value.drop, **{f"rise {k}": one.map for k, one in enumerate(value.rises)}}


# What kinds of questions about a picture share


def title_of(unit: Unit) -> str:
    """Return what a unit is called in a list of jobs."""
    place = "" if unit.position is None else " at {},{}".format(*unit.position)
    return f"{unit.layer} · unit {unit.index}{place}"


def input_of(network: Network, picture: KnownArray) -> Tensor:
    """Return a picture as the network's input (C, H, W)."""
    if picture.values is None:
        raise GONE
    return network.normalise(picture.values)


def luggage_of(**arrays: KnownArray | None) -> Mapping[str, Tensor]:
    """Return arrays as they are kept beside a request."""
    there = {name: one.values for name, one in arrays.items() if one is not None}
    return {k: torch.from_numpy(v.copy()) for k, v in there.items() if v is not None}


def loaded(array: KnownArray, values: Tensor | None) -> KnownArray:
    """Return an array with its values, unless they are of another one."""
    found = array if values is None else KnownArray.of(values.numpy())
    return found if found == array else array


def unit_to_data(unit: Unit) -> list[Any]:
    return [unit.layer, unit.index, unit.position]


def unit_from_data(data: Any) -> Unit:
    """Raises `ValueError` or `TypeError` for what is no unit."""
    layer, index, position = data
    if not isinstance(layer, str):
        raise ValueError("a layer is a word")
    if position is None:
        return Unit(layer, whole_number(index))
    row, column = position
    return Unit(layer, whole_number(index), (whole_number(row), whole_number(column)))
