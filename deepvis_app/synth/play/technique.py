"""What a technique of play is: settings, the pictures it takes, and steps of the one engine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets import Network
    from deepvis_app.synth.result import StopReason

    Pictures = Mapping[str, NDArray[np.uint8]]  # by role, (H, W, 3) RGB


class Spec(BaseModel):
    """The settings of a technique; frozen. A field's title and docstring are its control's."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )

    def facts(self) -> dict[str, Any]:
        """Return all of it as plain values."""
        return self.model_dump(mode="json")


S = TypeVar("S", bound=Spec)


@dataclass(frozen=True, slots=True)
class Role:
    """A picture that a technique takes. `whole`: all of it; else as the network is shown it."""

    key: str
    title: str
    tip: str
    whole: bool = False
    optional: bool = False


INPUT = Role("input", "Input", "The picture that it starts from, as the network sees it")
WARM = Role(
    "warm", "Start", "A picture that it goes on from, such as the last frame's", True, optional=True
)


@dataclass(frozen=True, slots=True, eq=False)
class PlayProgress:
    """`step` of `total` are done; `value` is what the technique's curve shows of this one."""

    step: int
    total: int
    value: float
    _picture: Callable[[], NDArray[np.uint8]]
    _state: Callable[[], dict[str, Tensor]]

    def picture(self) -> NDArray[np.uint8]:
        """Return the present picture, uint8 (H, W, 3); in the thread that makes the steps."""
        return self._picture()

    def state(self) -> dict[str, Tensor]:
        """Return a checkpoint for `resume`: tensors on the CPU."""
        return self._state()


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """What came of it.

    `image` is uint8 (H, W, 3), `x` the same before rounding, float32 (C, H, W), 0..255 minus the
    network's mean. `curve` has one value a step. `facts` and `arrays` are what the technique tells
    beside the picture, by name. `computed` names what rounding depends on.
    """

    image: NDArray[np.uint8]
    x: NDArray[np.float32]
    curve: NDArray[np.float32]
    stop: StopReason
    facts: Mapping[str, float | str]
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    computed: str = ""


Steps = Generator[PlayProgress | None, None, Played]


@dataclass(frozen=True, slots=True)
class Technique(Generic[S]):
    """One way to play, a line in `TECHNIQUES`.

    `steps(network, pictures, spec, seed, resume)` yields `PlayProgress`, None within a step; chance
    depends on the seed and the step alone. `code` is to be raised where the same settings give
    another picture.
    """

    key: str
    title: str
    sentence: str  # what one sees
    curve: str  # what its curve shows
    spec: type[S]
    steps: Callable[[Network, Pictures, S, int, Mapping[str, Tensor] | None], Steps]
    total: Callable[[S], int]
    roles: tuple[Role, ...] = (INPUT,)
    code: int = 1

    def key_of(self, spec: S, pictures: Mapping[str, str], seed: int) -> str:
        """Return the SHA-256 (hex) of all that decides a result but the network.

        `pictures` are digests by role.
        """
        facts = [self.key, self.code, spec.facts(), dict(pictures), seed]
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

    def check(self, pictures: Mapping[str, object]) -> None:
        """Raise `UserError` where a picture is missing that it cannot do without."""
        for role in self.roles:
            if not role.optional and pictures.get(role.key) is None:
                raise UserError(f"{self.title} lacks a picture: {role.title.lower()}", role.tip)
