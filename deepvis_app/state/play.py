"""What the user plays with: technique, settings, how the result is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from psygnal import SignalGroupDescriptor

from deepvis_app.synth.play import TECHNIQUES, FilmSpec, Spec

if TYPE_CHECKING:
    from deepvis_app.engine.known_array import KnownArray
    from deepvis_app.nets import Network
    from deepvis_app.synth.play import Technique

PLAY = "play"  # the workspace's key
STEP = 0.05  # of the split, that a key moves
S = TypeVar("S", bound=Spec)


class PlayShows(Enum):
    """How input and result stand to one another."""

    SPLIT = "split"
    BLINK = "blink"
    BESIDE = "beside"
    DIFFERENCE = "difference"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures to be compared by a unit, uint8 (H, W, 3) as the network sees them."""

    before: KnownArray
    after: KnownArray
    made: str  # how the second was: "seen by fire5"
    layer: str = ""  # what was matched, where it was one


@dataclass
class PlayOptions:
    """Evented, main thread only.

    `specs` are settings by technique, where they are not the usual; `film` how a video's frames
    follow each other. `pair` is what is on the page as input and result, for whoever has something
    to say of both. `split`: the share of the picture that is the input. `is_live`: every frame is
    played with.
    """

    events: ClassVar[SignalGroupDescriptor] = SignalGroupDescriptor()

    technique: str = next(iter(TECHNIQUES))
    specs: dict[str, Spec] = field(default_factory=dict)
    film: FilmSpec = field(default_factory=FilmSpec)
    seed: int = 0
    shows: PlayShows = PlayShows.SPLIT
    split: float = 0.42
    is_live: bool = False
    pair: Pair | None = None

    @property
    def how(self) -> Technique[Any]:
        return TECHNIQUES[self.technique]

    @property
    def spec(self) -> Spec:
        """The settings of the technique in use."""
        return self.spec_of(self.technique)

    def spec_of(self, technique: str) -> Spec:
        found = self.specs.get(technique)
        return TECHNIQUES[technique].spec() if found is None else found

    def change(self, path: str, value: object) -> None:
        """Change one setting of the technique in use.

        Raises `pydantic.ValidationError` where the value is not valid; then nothing is changed.
        """
        spec = changed(self.spec, path, value)
        self.specs = {**self.specs, self.technique: spec}

    def reset(self) -> None:
        """Take the usual settings of the technique in use."""
        self.specs = {k: v for k, v in self.specs.items() if k != self.technique}

    def move_split(self, by: float) -> None:
        self.split = min(max(self.split + by, 0.0), 1.0)


def changed(spec: S, path: str, value: object) -> S:
    """Return settings with another value at a path such as "objective.weight"."""
    data = spec.facts()
    *way, last = path.split(".")
    inner = data
    for name in way:
        inner = inner[name]
    inner[last] = value
    return type(spec).model_validate(data)


def fitted(spec: Spec, network: Network, picked: str, picked_unit: int = 0) -> Spec:
    """Return settings that a network can meet.

    Where no layer was chosen, or one that the network has not, it is the picked one, and so is the
    one unit that is meant; a unit or a class that it has not is none.
    """
    data: dict[str, Any] = {}
    names = {info.name for info in network.layers}
    layer = getattr(spec, "layer", None)
    if layer is not None and layer not in names:
        layer = data["layer"] = picked if picked in names else ""
        if layer and "index" in type(spec).model_fields:
            data["index"] = picked_unit
    unit = getattr(spec, "unit", None)
    if isinstance(unit, int) and layer and unit >= network.layer(layer).unit_count:
        data["unit"] = -1
    for name in ("target", "label"):
        chosen = getattr(spec, name, None)
        if isinstance(chosen, int) and chosen >= class_count(network):
            data[name] = -1
    return spec.model_copy(update=data) if data else spec


def class_count(network: Network) -> int:
    """Return how many classes a network tells apart; 0: none."""
    layer = network.output_layer or network.maps_layer
    if network.scale is None:
        return 0
    return len(network.labels) if layer is None else network.layer(layer).unit_count
