"""Deep dream: what a layer sees in a picture grows in it (Mordvintsev et al. 2015)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from deepvis_app.fields import shown
from deepvis_app.pieces import finished
from deepvis_app.synth.canvas import Canvas
from deepvis_app.synth.play.aims import aim_of
from deepvis_app.synth.play.chain import Stage, chained, rising, sizes
from deepvis_app.synth.play.guide import GuideObjective
from deepvis_app.synth.play.shown import enlarged, maps_of, taken_sizes
from deepvis_app.synth.play.technique import WARM, Played, Role, Spec, Technique
from deepvis_app.synth.play.trunk import at_depth, trunk
from deepvis_app.synth.recipe import Recipe
from deepvis_app.synth.space import PictureSpace
from deepvis_app.synth.transforms import JITTER_SIDE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets import Network
    from deepvis_app.synth.objectives import Objective
    from deepvis_app.synth.play.technique import Pictures, Steps
    from deepvis_app.synth.size import Size

_DEFAULT_AT = 0.85  # of the way through the trunk: parts of things
_LEAST_PX = 32  # longer side of the smallest octave


class DreamSpec(Spec):
    """What grows, and at which sizes."""

    layer: str = Field(default="", title="Layer")
    """The layer whose activations grow: early ones draw strokes, late ones things."""

    unit: int = Field(default=-1, ge=-1, title="Unit")
    """One unit of the layer; -1: all of them, each the more the stronger it is."""

    direction: str = Field(default="", title="Direction", max_length=200_000)
    """Units with weights, such as 3 17:-0.5, or a number for every unit; in place of one unit."""

    longest_px: int = Field(
        default=512, ge=32, le=4096, title="Size", json_schema_extra=shown("px", step=1)
    )
    """Longer side of the result."""

    octaves: int = Field(default=4, ge=1, le=12, title="Octaves")
    """Sizes one after another, from small to large: things of as many sizes grow."""

    octave_scale: float = Field(
        default=1.4, gt=1, le=3, title="Octave step", json_schema_extra=shown("×", step=0.05)
    )
    """How much larger each size is than the one before."""

    steps: int = Field(default=10, ge=1, le=1000, title="Steps")
    """Number of steps at each size."""

    rate: float = Field(
        default=1.5, gt=0, le=100, title="Step size",
        json_schema_extra=shown("levels", logarithmic=True),
    )  # fmt: skip
    """How far the mean pixel moves in a step, of 255 levels."""

    jitter_px: float = Field(
        default=32, ge=0, le=256, title="Jitter", json_schema_extra=shown("px", step=1)
    )
    """The network sees the picture shifted by up to so much, anew at each step: no grid shows."""


def dream_steps(
    network: Network,
    pictures: Pictures,
    spec: DreamSpec,
    seed: int = 0,
    resume: Mapping[str, Tensor] | None = None,
) -> Steps:
    """Dream on a picture of any size; see `Technique.steps`.

    At each size it starts as the picture, and what the size before added to it. With a picture
    "warm" it goes on from that, whatever the input. A network that takes only its own size sees the
    picture brought to that, and dreams nothing finer than its pixels there.
    """
    space = PictureSpace(network)
    info = network.layer(spec.layer or at_depth(trunk(network), _DEFAULT_AT).name)
    base = pictures.get(WARM.key, pictures["input"])
    longest = rising(spec.longest_px, spec.octaves, spec.octave_scale, _LEAST_PX)
    octaves = taken_sizes(network, space, sizes(longest, base.shape[:2]), [info.name])
    goal: Objective = aim_of(info, spec.unit, spec.direction)
    if "guide" in pictures:
        guide = pictures["guide"]
        side = min(max(network.input_shape[1:]), spec.longest_px)
        (size,) = sizes([side], guide.shape[:2])
        found = maps_of(network, space, space.start(guide, size), [info.name])
        goal = GuideObjective.of(info.name, found[info.name])

    def octave(number: int) -> Callable[[Tensor | None], Stage]:
        def stage(before: Tensor | None) -> Stage:
            start = space.start(base, octaves[number])
            if before is not None:
                detail = before - space.start(base, octaves[number - 1])
                start = space.clipped(start + enlarged(detail, octaves[number]))[0]
            recipe = _recipe(spec, octaves[number])
            return Stage(goal, recipe, start, Canvas(size=octaves[number]))

        return stage

    stages = [octave(number) for number in range(len(octaves))]
    done = yield from chained(network, stages, len(stages) * (spec.steps + 1), seed, resume)
    result = done.result
    facts: dict[str, float | str] = {"layer": info.name, "octaves": len(octaves)}
    return Played(result.image, result.x, done.trace, result.stop, facts, computed=result.computed)


def _recipe(spec: DreamSpec, size: Size) -> Recipe:
    """Return an octave's recipe. Its last step moves nothing: it only looks."""
    jitter = min(spec.jitter_px * JITTER_SIDE / max(size), 64)
    return Recipe.model_validate(
        {
            "objective": {"place": "channel"},
            "transforms": {"jitter_px": jitter},
            "gradient": {"normalise": "mean_abs"},
            "step": {"policy": "constant", "rate": spec.rate},
            "stop": {"steps": spec.steps + 1},
        }
    )


def dream(
    network: Network,
    picture: NDArray[np.uint8],
    layer: str = "",
    *,
    guide: NDArray[np.uint8] | None = None,
    warm: NDArray[np.uint8] | None = None,
    seed: int = 0,
    **settings: object,
) -> Played:
    """Return what a layer dreams into `picture`, uint8 (H, W, 3) of any size.

    Layer "" is a default of the network. `guide` is a picture whose things are to grow, `warm` one
    to start from in place of `picture`. `settings` are those of `DreamSpec`.
    """
    spec = DreamSpec.model_validate({"layer": layer, **settings})
    given = {"input": picture, "guide": guide, "warm": warm}
    pictures = {role: one for role, one in given.items() if one is not None}
    return finished(dream_steps(network, pictures, spec, seed))


DREAM = Technique(
    key="dream",
    title="Dream",
    sentence="What a layer sees in the picture grows in it, at one size after another.",
    curve="Activation",
    spec=DreamSpec,
    steps=dream_steps,
    total=lambda spec: spec.octaves * (spec.steps + 1),
    roles=(
        Role("input", "Input", "The picture that it dreams on", whole=True),
        Role(
            "guide", "Guide", "A picture whose things are to grow, in place of the layer's own",
            whole=True, optional=True,
        ),
        WARM,
    ),
)  # fmt: skip
