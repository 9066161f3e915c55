"""The simplest technique that takes a whole picture: what a layer sees in it grows."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from pydantic import Field
from torch import nn

from deepvis_app.frames.cv import cv2
from deepvis_app.nets import Network
from deepvis_app.synth.canvas import Canvas
from deepvis_app.synth.objectives import LayerObjective
from deepvis_app.synth.play import TECHNIQUES, Played, Role, Spec, Technique
from deepvis_app.synth.play.chain import Stage, chained
from deepvis_app.synth.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.synth.play.technique import Pictures, Steps

USERS = (
    "deepvis_app.cli.play",
    "deepvis_app.engine.jobs.kinds.filming",
    "deepvis_app.engine.jobs.kinds.playing",
)


class DeepenSpec(Spec):
    """What grows, and how far."""

    layer: str = Field(default="", title="Layer")
    """The layer."""

    steps: int = Field(default=4, ge=1, le=1000, title="Steps")
    """Number of steps."""

    rate: float = Field(default=4.0, gt=0, le=100, title="Step size")
    """How far pixels move a step, of 255 levels."""


def deepen_steps(
    network: Network,
    pictures: Pictures,
    spec: DeepenSpec,
    seed: int = 0,
    resume: Mapping[str, Tensor] | None = None,
) -> Steps:
    picture = pictures["input"]
    layer = network.layer(spec.layer).name
    recipe = Recipe.model_validate(
        {
            "transforms": {"jitter_px": 16},
            "gradient": {"normalise": "mean_abs"},
            "step": {"policy": "constant", "rate": spec.rate},
            "stop": {"steps": spec.steps + 1},
        }
    )
    canvas = Canvas(size=picture.shape[:2])
    stage = Stage(LayerObjective(layer), recipe, picture, canvas)
    done = yield from chained(network, [lambda _: stage], spec.steps + 1, seed, resume)
    result = done.result
    return Played(
        result.image, result.x, done.trace, result.stop, {"layer": layer}, computed=result.computed
    )


DEEPEN = Technique(
    key="deepen",
    title="Deepen",
    sentence="What a layer sees in a picture grows.",
    curve="Activation",
    spec=DeepenSpec,
    steps=deepen_steps,
    total=lambda spec: spec.steps + 1,
    roles=(
        Role("input", "Input", "The picture", whole=True),
        Role("guide", "Guide", "Whose likeness is sought", whole=True, optional=True),
    ),
)


def small_network(size: tuple[int, int] = (32, 32)) -> Network:
    """Two convolutions and ten classes; takes pictures of any size."""
    torch.manual_seed(0)
    layers = {
        "first": nn.Conv2d(3, 8, 5, padding=2, stride=2),
        "act": nn.ReLU(),
        "second": nn.Conv2d(8, 12, 3, padding=1),
        "pool": nn.AdaptiveAvgPool2d(1),
        "flat": nn.Flatten(),
        "head": nn.Linear(12, 10),
    }
    module = nn.Sequential()
    for name, layer in layers.items():
        module.add_module(name, layer)
    labels = [f"class {index}" for index in range(10)]
    return Network(module.eval(), (3, *size), labels=labels, name="small")


@pytest.fixture
def deepen(monkeypatch: pytest.MonkeyPatch) -> Technique[DeepenSpec]:
    """Let the technique be one of those that there are."""
    everywhere = MappingProxyType({**TECHNIQUES, DEEPEN.key: DEEPEN})
    for module in USERS:
        monkeypatch.setattr(f"{module}.TECHNIQUES", everywhere)
    return DEEPEN


def texture(size: tuple[int, int]) -> NDArray[np.uint8]:
    """Soft blots, in which motion can be seen at each place."""
    noise = np.random.default_rng(0).normal(size=(*size, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 3)
    return (127 + 40 * soft / soft.std()).clip(0, 255).astype(np.uint8)
