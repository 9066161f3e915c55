"""Long explanations of a picture: occlusion and the methods of the catalogue."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from deepvis_app.engine.jobs.kind import RESULT, Shown
from deepvis_app.engine.jobs.kinds.about_picture import (
    ARRAYS,
    AboutPicture,
    AboutPictureKind,
    asked_in,
    input_of,
    loaded,
    luggage_of,
)
from deepvis_app.engine.jobs.status import JobStatus
from deepvis_app.explain import (
    CATALOGUE,
    OCCLUSION,
    CatalogueProgress,
    CatalogueResult,
    OcclusionProgress,
    OcclusionResult,
    Rise,
    occlusion_steps,
)
from deepvis_app.reading import parse_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor

    from deepvis_app.engine.jobs.kind import Steps
    from deepvis_app.engine.jobs.progress import State
    from deepvis_app.nets.network import Network

Explanation: TypeAlias = OcclusionResult | CatalogueResult
Value: TypeAlias = int | float | str


@dataclass(frozen=True, slots=True)
class Question(AboutPicture):
    """Why a unit fires on a picture, asked of a method that takes its time.

    `method` is "occlusion" or one of the catalogue; `options` are its settings where they are not
    the usual ones, by name.
    """

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


class Explaining(AboutPictureKind[Question, Explanation]):
    """Explains the picture by the question's method."""

    name = "explanation"
    request = Question
    status = ExplainingStatus
    noun = "explanation"
    failure = ("The picture could not be explained", "Choose another method or another network")

    def way(self, request: Question) -> str:
        if request.method != OCCLUSION:
            return CATALOGUE[request.method].title
        patch = dict(request.options).get("patch")
        return f"Occlusion by {patch} px" if patch else "Occlusion"

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
        return {**super().to_data(request), "options": dict(request.options)}

    def from_data(self, data: Mapping[str, Any]) -> Question:
        method, options = data["method"], data["options"]
        if method != OCCLUSION and method not in CATALOGUE:
            raise ValueError("no method of this version")
        if not all(type(value) in (int, float, str) for value in options.values()):
            raise ValueError("options are numbers and words")
        return Question(*asked_in(data), tuple(options.items()))


def _arrays(value: Explanation) -> dict[str, Any]:
    if isinstance(value, CatalogueResult):
        return {"map": value.map}
    return {"drop": value.drop, **{f"rise {k}": one.map for k, one in enumerate(value.rises)}}
