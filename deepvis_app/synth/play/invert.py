"""Inversion: a picture from nothing but its code at a layer (Mahendran and Vedaldi 2015)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, ClassVar

import torch
from pydantic import Field

from deepvis_app.errors import UserError
from deepvis_app.fields import shown
from deepvis_app.synth.play.chain import Stage, chained
from deepvis_app.synth.play.technique import Played, Spec, Technique, finished
from deepvis_app.synth.reads import PICTURE, Held, Reads
from deepvis_app.synth.recipe import Recipe
from deepvis_app.synth.space import PictureSpace

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets import Network
    from deepvis_app.synth.play.technique import Pictures, Steps


class Start(Enum):
    """The first picture."""

    NOISE = "noise"
    GREY = "grey"
    INPUT = "input"


class InvertSpec(Spec):
    """What is matched, and how smooth the picture is to be."""

    layer: str = Field(default="", title="Layer")
    """The layer whose code of the input the picture is to give."""

    smoothness: float = Field(
        default=0.05, ge=0, le=10, title="Smoothness", json_schema_extra=shown(logarithmic=True)
    )
    """Weight of the picture's total variation beside the error: less noise, less detail."""

    alpha: float = Field(
        default=0.01, ge=0, le=10, title="Range", json_schema_extra=shown(logarithmic=True)
    )
    """Weight of the sixth power of the pixels beside the error: keeps them from extremes."""

    steps: int = Field(default=200, ge=1, le=20_000, title="Steps")
    """Number of steps."""

    rate: float = Field(
        default=8.0, gt=0, le=100, title="Step size",
        json_schema_extra=shown("levels", logarithmic=True),
    )  # fmt: skip
    """How far a pixel moves in the first steps, of 255 levels; it falls to a twentieth."""

    start: Start = Field(
        default=Start.NOISE, title="Start", json_schema_extra=shown(side_by_side=True)
    )
    """The first picture."""


@dataclass(frozen=True, slots=True)
class CodeObjective(Reads):
    """Minus the squared distance to a layer's code, over the code's squared length."""

    kind: ClassVar[str] = "code"

    layer: str
    code: Held  # (1, C, h, w)

    def layers(self, network: Network) -> tuple[str, ...]:
        return (network.layer(self.layer).name,)

    def read(self, seen: Mapping[str, Tensor]) -> Tensor:
        return -relative_error(seen[self.layer], self.code.values)


@dataclass(frozen=True, slots=True)
class Roughness(Reads):
    """The picture's total variation: of squared slopes, per pixel, of values in -1..1 about."""

    kind: ClassVar[str] = "roughness"

    def read(self, seen: Mapping[str, Tensor]) -> Tensor:
        x = seen[PICTURE] / 128
        down, across = x.diff(dim=2).square().mean(), x.diff(dim=3).square().mean()
        return down + across


@dataclass(frozen=True, slots=True)
class Extremes(Reads):
    """The mean sixth power of the picture's values, in -1..1 about (the paper's alpha norm)."""

    kind: ClassVar[str] = "extremes"

    def read(self, seen: Mapping[str, Tensor]) -> Tensor:
        return (seen[PICTURE] / 128).pow(6).mean()


def relative_error(found: Tensor, wanted: Tensor) -> Tensor:
    """Return |found - wanted|^2 / |wanted|^2, a number."""
    return (found - wanted).square().sum() / wanted.square().sum().clamp(min=1e-30)


def invert_steps(
    network: Network,
    pictures: Pictures,
    spec: InvertSpec,
    seed: int = 0,
    resume: Mapping[str, Tensor] | None = None,
) -> Steps:
    """Make a picture that gives the input's code at a layer; see `Technique.steps`."""
    space = PictureSpace(network)
    x = space.from_input(network.normalise(pictures["input"])[None])
    layer = network.layer(spec.layer).name
    with torch.no_grad():
        code = network.forward(space.to_input(x), [layer], stop_early=True).activations[layer]
    if not bool(code.any()):
        raise UserError(f"{layer} is zero on this picture", "Choose another layer or picture")
    goal = CodeObjective(layer, Held.of(code)) - spec.smoothness * Roughness()
    goal = goal - spec.alpha * Extremes()
    recipe = Recipe.model_validate(
        {
            "image": {"start": "mean" if spec.start is Start.GREY else "mean_plus_rand"},
            "step": {"policy": "adam", "rate": spec.rate, "settle": 0.05},
            "stop": {"steps": spec.steps},
        }
    )
    start = x[0] if spec.start is Start.INPUT else None
    done = yield from chained(
        network, [lambda _: Stage(goal, recipe, start)], spec.steps, seed, resume,
        value=lambda reached: -reached,
    )  # fmt: skip
    result = done.result
    with torch.no_grad():
        made = space.to_input(torch.from_numpy(result.x)[None].to(space.device))
        found = network.forward(made, [layer], stop_early=True).activations[layer]
        error = float(relative_error(found, code))
    return Played(
        result.image, result.x, done.trace, result.stop,
        {"layer": layer, "error": error, "smoothness": spec.smoothness},
        computed=result.computed,
    )  # fmt: skip


def invert(
    network: Network, picture: NDArray[np.uint8], layer: str, *, seed: int = 0, **settings: object
) -> Played:
    """Return a picture made from nothing but a layer's code of `picture`.

    `picture` is uint8 (H, W, 3) as the network sees it (`Network.view`); `settings` are those of
    `InvertSpec`.
    """
    spec = InvertSpec.model_validate({"layer": layer, **settings})
    return finished(invert_steps(network, {"input": picture}, spec, seed))


INVERT = Technique(
    key="invert",
    title="Invert",
    sentence="A picture made from nothing but what one layer says about the input. "
    "What differs, the layer has let go.",
    curve="Error",
    spec=InvertSpec,
    steps=invert_steps,
    total=lambda spec: spec.steps,
)
