"""Accentuation: what a unit likes, brought out in a picture that has some of it already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from deepvis_app.fields import shown
from deepvis_app.nets import Unit
from deepvis_app.pieces import finished
from deepvis_app.synth.play.chain import Stage, chained
from deepvis_app.synth.play.codes import Looking
from deepvis_app.synth.play.layers import chosen_layer
from deepvis_app.synth.play.technique import Played, Spec, Technique
from deepvis_app.synth.presets import PRESETS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets import Network
    from deepvis_app.synth.play.technique import Pictures, Steps
    from deepvis_app.synth.recipe import Recipe


class AccentuateSpec(Spec):
    """The unit, and how far the picture may go."""

    layer: str = Field(default="", title="Layer")
    """The layer of the unit that is brought out; else one in the middle."""

    index: int = Field(default=0, ge=0, title="Unit")
    """The unit's number in its layer."""

    grid_px: int = Field(
        default=160, ge=0, le=1024, title="Grid", json_schema_extra=shown("px", step=1)
    )
    """Work on a grid of so many pixels: coarser is bolder; 0: the picture's own."""

    rate: float = Field(
        default=0.05, gt=0, le=1, title="Rate", json_schema_extra=shown(logarithmic=True)
    )
    """How far each step goes: small ones leave more of the picture."""

    steps: int = Field(default=32, ge=1, le=20_000, title="Steps")
    """Number of steps: more bring out more, and leave less."""

    @property
    def unit(self) -> Unit:
        return Unit(self.layer, self.index)


def recipe_of(spec: AccentuateSpec) -> Recipe:
    """Return the recipe `clear` in smaller and fewer steps on a finer grid.

    Its moves make what is drawn in hold against shifts and turns, so that it can be seen: on still
    pictures the unit is raised as much by what the eye cannot tell from the photograph.
    """
    recipe = PRESETS["clear"].with_value("image.grid_px", spec.grid_px)
    recipe = recipe.with_value("step.rate", spec.rate).with_value("stop.steps", spec.steps)
    return recipe.with_value("name", "accentuate")


def accentuate_steps(
    network: Network,
    pictures: Pictures,
    spec: AccentuateSpec,
    seed: int = 0,
    resume: Mapping[str, Tensor] | None = None,
) -> Steps:
    """Bring out a unit in a picture; see `Technique.steps`."""
    look = Looking(network)
    x = look.picture(pictures["input"])
    unit = Unit(chosen_layer(network, spec.layer), spec.index)
    done = yield from chained(
        network, [lambda _: Stage(unit, recipe_of(spec), x)], spec.steps, seed, resume
    )
    result = done.result
    before = float(look.code(x, unit.layer)[0, unit.index].mean())
    return Played(
        result.image, result.x, done.trace, result.stop,
        {"unit": f"{unit.layer} {unit.index}", "before": before, "after": result.activation},
        computed=result.computed,
    )  # fmt: skip


def accentuate(
    network: Network,
    picture: NDArray[np.uint8],
    unit: Unit,
    *,
    seed: int = 0,
    **settings: object,
) -> Played:
    """Return `picture` with what a unit likes brought out.

    `picture` is uint8 (H, W, 3) as the network sees it (`Network.view`); `settings` are those of
    `AccentuateSpec`.
    """
    facts = {"layer": unit.layer, "index": unit.index, **settings}
    spec = AccentuateSpec.model_validate(facts)
    return finished(accentuate_steps(network, {"input": picture}, spec, seed))


ACCENTUATE = Technique(
    key="accentuate",
    title="Bring out",
    sentence="The picture, changed towards what the unit likes: where it sees some of it, more.",
    curve="Activation",
    spec=AccentuateSpec,
    steps=accentuate_steps,
    total=lambda spec: spec.steps,
)
