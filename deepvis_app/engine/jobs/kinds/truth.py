"""Whether a map is true to the network: its deletion and insertion curves."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from deepvis_app.engine.jobs.kind import RESULT, Shown
from deepvis_app.engine.jobs.kinds.about_picture import (
    ARRAYS,
    GONE,
    AboutPicture,
    AboutPictureKind,
    asked_in,
    input_of,
    loaded,
    luggage_of,
)
from deepvis_app.engine.jobs.status import JobStatus
from deepvis_app.engine.known_array import KnownArray
from deepvis_app.explain import (
    CATALOGUE,
    Curves,
    CurvesProgress,
    Method,
    attribute,
    deletion_insertion_steps,
)
from deepvis_app.reading import parse_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor

    from deepvis_app.engine.jobs.kind import Steps
    from deepvis_app.engine.jobs.progress import State
    from deepvis_app.nets.network import Network

CURVES = ("fraction", "deletion", "insertion")


@dataclass(frozen=True, slots=True)
class TruthQuestion(AboutPicture):
    """Whether a map of a picture is true.

    `map` float32 (C, H, W) is what is tested; None: what the live method `method` gives.
    """

    map: KnownArray | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TruthStatus(JobStatus):
    """`found` is what is known of the curves by now."""

    request: TruthQuestion

    @property
    def found(self) -> CurvesProgress | Curves | None:
        found: CurvesProgress | Curves | None = self.previews.get(self.request)
        return found


class Truth(AboutPictureKind[TruthQuestion, Curves]):
    """Tests the map of the question."""

    name = "truth"
    request = TruthQuestion
    status = TruthStatus
    noun = "map"
    failure = ("The map could not be tested", "Choose another method or another network")

    def way(self, request: TruthQuestion) -> str:
        known = {method.value: method.title for method in Method}
        known |= {name: method.title for name, method in CATALOGUE.items()}
        return f"Test of {known.get(request.method, request.method).lower()}"

    def steps(self, network: Network, request: TruthQuestion, resume: State | None) -> Steps:  # noqa: ARG002
        x, unit, seed = input_of(network, request.picture), request.unit, request.seed
        if request.map is None:
            method = Method.parse(request.method)
            found = attribute(network, x, unit, method, seed).float().cpu().numpy()
        elif request.map.values is None:
            raise GONE
        else:
            found = request.map.values
        return deletion_insertion_steps(network, x, unit, found, seed=seed)

    def previews(self, step: CurvesProgress) -> Sequence[object]:
        for curve in (step.deletion, step.insertion):
            curve.setflags(write=False)
        return (step,)

    def show(self, value: Curves) -> Shown:
        for name in CURVES:
            getattr(value, name).setflags(write=False)
        return Shown(value)

    def pack(self, value: Curves) -> Mapping[str, bytes]:
        arrays = {name: getattr(value, name).copy() for name in CURVES}
        areas = [value.deletion_area, value.insertion_area]
        return {ARRAYS: save_arrays(arrays), RESULT: json.dumps(areas).encode()}

    def unpack(self, read: Callable[[str], bytes]) -> Curves:
        arrays = load_arrays(read(ARRAYS))
        areas = map(float, parse_json(read(RESULT)))
        return Curves(arrays["fraction"], arrays["deletion"], arrays["insertion"], *areas)

    def luggage(self, request: TruthQuestion) -> Mapping[str, Tensor]:
        return luggage_of(picture=request.picture, map=request.map)

    def unpacked(self, request: TruthQuestion, luggage: Mapping[str, Tensor]) -> TruthQuestion:
        found = request.map and loaded(request.map, luggage.get("map"))
        return replace(request, picture=loaded(request.picture, luggage.get("picture")), map=found)

    def to_data(self, request: TruthQuestion) -> dict[str, Any]:
        return {**super().to_data(request), "map": request.map and request.map.digest}

    def from_data(self, data: Mapping[str, Any]) -> TruthQuestion:
        found = None if data["map"] is None else KnownArray.named(data["map"])
        return TruthQuestion(*asked_in(data), found)
