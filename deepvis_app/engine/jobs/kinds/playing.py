"""A picture is played with: inverted, dreamed, attacked, … by one of the techniques."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from deepvis_app.engine.jobs.kind import RESULT, Rank, Shown
from deepvis_app.engine.jobs.kinds.about_picture import ARRAYS
from deepvis_app.engine.jobs.kinds.by_technique import (
    ByTechniqueKind,
    digests_of,
    names_in,
    pictures_in,
    values_of,
)
from deepvis_app.engine.jobs.status import JobStatus
from deepvis_app.engine.kept.play_png import PlayNote, play_png
from deepvis_app.reading import MOST_SEED, parse_json, whole_number
from deepvis_app.synth.play import TECHNIQUES, Played, PlayProgress, Spec
from deepvis_app.synth.result import StopReason

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from deepvis_app.engine.jobs.kind import Steps
    from deepvis_app.engine.jobs.progress import State
    from deepvis_app.engine.jobs.status import NetworkName
    from deepvis_app.engine.known_array import KnownArray
    from deepvis_app.nets.network import Network
    from deepvis_app.synth.play import Technique

PNG = "picture.png"


@dataclass(frozen=True, slots=True)
class PlayRequest:
    """A technique with its settings, and the pictures it takes: (role, picture) in its order.

    Pictures are uint8 (H, W, 3) RGB, as the role says whole or as the network sees them. `names`
    are (role, what it is called), for whoever reads it.
    """

    technique: str
    spec: Spec
    pictures: tuple[tuple[str, KnownArray], ...]
    seed: int = 0
    names: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    @property
    def how(self) -> Technique[Any]:
        return TECHNIQUES[self.technique]


@dataclass(frozen=True, slots=True, eq=False)
class PlayStatus(JobStatus):
    """`picture` is the newest one, `played` what came of it; None while there is none."""

    request: PlayRequest

    @property
    def picture(self) -> NDArray[np.uint8] | None:
        shown = self.previews.get(self.request)
        return shown.image if isinstance(shown, Played) else shown

    @property
    def played(self) -> Played | None:
        shown = self.previews.get(self.request)
        return shown if isinstance(shown, Played) else None

    @property
    def curve(self) -> tuple[float, ...]:
        return self.traces.get(self.request, ())


class Playing(ByTechniqueKind[PlayRequest, Played]):
    """One request is one part, and somebody waits for it."""

    name = "play"
    request = PlayRequest
    status = PlayStatus
    noun = "picture"
    failure = ("The picture could not be made", "Choose other settings or another network")

    def title(self, request: PlayRequest) -> str:
        layer = getattr(request.spec, "layer", "")
        return f"{request.how.title} · {layer}" if layer else request.how.title

    def rank(self, request: PlayRequest) -> Rank:  # noqa: ARG002
        return Rank.ASKED

    def total(self, request: PlayRequest) -> int:
        return request.how.total(request.spec)

    def steps(self, network: Network, request: PlayRequest, resume: State | None) -> Steps:
        pictures = values_of(request)
        request.how.check(pictures)
        return request.how.steps(network, pictures, request.spec, request.seed, resume)

    def previews(self, step: PlayProgress) -> Sequence[object]:
        picture = step.picture()
        picture.setflags(write=False)
        return (picture,)

    def values(self, step: PlayProgress) -> Sequence[float]:
        return (step.value,)

    def state(self, step: PlayProgress) -> State:
        return step.state()

    def has_state(self, step: PlayProgress) -> bool:  # noqa: ARG002 - without making one
        return True

    def show(self, value: Played) -> Shown:
        arrays: tuple[NDArray[Any], ...] = (value.image, value.x, value.curve)
        for array in (*arrays, *value.arrays.values()):
            array.setflags(write=False)
        return Shown(value, tuple(map(float, value.curve)))

    # What is kept

    def identity(self, request: PlayRequest) -> Any:
        return request.how.key_of(request.spec, digests_of(request), request.seed)

    def keep(self, network: NetworkName, request: PlayRequest, part: Any, value: Played) -> str:  # noqa: ARG002
        if self.store is None:
            return ""
        key = self.key(network, request)
        note = note_of(network, request, computed=value.computed)
        files = {**self.pack(value), PNG: play_png(value.image, note)}
        self.store.put(key, self.name, files, self._about(network, request))
        return key

    def pack(self, value: Played) -> Mapping[str, bytes]:
        arrays = {"image": value.image, "x": value.x, "curve": value.curve}
        arrays |= {f"of {name}": array for name, array in value.arrays.items()}
        packed = save_arrays({name: np.ascontiguousarray(a) for name, a in arrays.items()})
        facts = {"facts": dict(value.facts), "stop": value.stop.value, "computed": value.computed}
        return {ARRAYS: packed, RESULT: json.dumps(facts).encode()}

    def unpack(self, read: Callable[[str], bytes]) -> Played:
        arrays, facts = load_arrays(read(ARRAYS)), parse_json(read(RESULT))
        image = arrays["image"]
        if image.dtype != np.uint8 or image.shape[2:] != (3,):
            raise ValueError("no picture")
        own = {n.removeprefix("of "): a for n, a in arrays.items() if n.startswith("of ")}
        told = {str(name): _fact(value) for name, value in facts["facts"].items()}
        return Played(
            image, arrays["x"], arrays["curve"], StopReason(facts["stop"]),
            MappingProxyType(told), MappingProxyType(own), str(facts["computed"]),
        )  # fmt: skip

    def from_data(self, data: Mapping[str, Any]) -> PlayRequest:
        how = TECHNIQUES[data["technique"]]
        return PlayRequest(
            how.key,
            how.spec.model_validate(data["settings"]),
            pictures_in(how, data),
            whole_number(data["seed"], MOST_SEED),
            names_in(data),
        )


def note_of(
    network: NetworkName, request: PlayRequest, *, computed: str = "", unfinished: str = ""
) -> PlayNote:
    """Return what a played picture's file says of how it was made; both as in `PlayNote`."""
    return PlayNote(
        technique=request.technique,
        settings=request.spec.facts(),
        pictures=digests_of(request),
        names=dict(request.names),
        seed=request.seed,
        fingerprint=network.fingerprint,
        network_name=network.name,
        network_spec=network.spec,
        computed=computed,
        unfinished=unfinished,
    )


def _fact(value: Any) -> float | str:
    if not isinstance(value, int | float | str):
        raise ValueError("a fact is a number or a word")
    return value
