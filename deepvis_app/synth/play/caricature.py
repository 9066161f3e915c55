"""Caricature: what a layer's code says of a picture, exaggerated (Mahendran and Vedaldi 2016)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from deepvis_app.fields import shown
from deepvis_app.pieces import finished
from deepvis_app.synth.play.chain import Stage, chained
from deepvis_app.synth.play.codes import Exaggeration, Looking, code_worth_matching
from deepvis_app.synth.play.layers import chosen_layer
from deepvis_app.synth.play.priors import Departure, Roughness
from deepvis_app.synth.play.technique import Played, Spec, Technique
from deepvis_app.synth.play.units import chosen_units
from deepvis_app.synth.reads import Held
from deepvis_app.synth.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets import Network
    from deepvis_app.synth.play.technique import Pictures, Steps

_HOLD = 2.5  # of the departure beside the code: at strength 1 strokes change, not what is seen


class CaricatureSpec(Spec):
    """Of what, and how far."""

    layer: str = Field(default="", title="Layer")
    """The layer whose code of the input is exaggerated."""

    units: str = Field(default="all", max_length=2000, title="Units")
    """Which of its units: all, or numbers such as 0-3, 7."""

    strength: float = Field(
        default=1.0, gt=0, le=100, title="Strength", json_schema_extra=shown(logarithmic=True)
    )
    """How far the picture may go from the input for the sake of a stronger code."""

    cosine: float = Field(
        default=1.0, ge=0, le=8, title="Faithfulness", json_schema_extra=shown(step=0.5)
    )
    """Power of the cosine between the codes: 0 is the paper's product alone; more keeps to it."""

    smoothness: float = Field(
        default=0.5, ge=0, le=100, title="Smoothness", json_schema_extra=shown(logarithmic=True)
    )
    """Weight of the picture's total variation: less noise, less detail."""

    jitter_px: float = Field(
        default=8, ge=0, le=64, title="Jitter", json_schema_extra=shown("px of 224", step=1)
    )
    """Shift by up to so many pixels at every step: cleaner strokes."""

    steps: int = Field(default=64, ge=1, le=20_000, title="Steps")
    """Number of steps."""

    rate: float = Field(
        default=0.05, gt=0, le=10, title="Step size", json_schema_extra=shown(logarithmic=True)
    )
    """Step of Adam on the waves that the picture is made of; it falls to a tenth."""


def recipe_of(spec: CaricatureSpec) -> Recipe:
    """Return how the engine is to make it."""
    return Recipe.model_validate(
        {
            "image": {"parameterisation": "fourier", "decorrelate": True},
            "transforms": {"jitter_px": spec.jitter_px},
            "step": {"policy": "adam", "rate": spec.rate, "settle": 0.1},
            "stop": {"steps": spec.steps},
        }
    )


def caricature_steps(
    network: Network,
    pictures: Pictures,
    spec: CaricatureSpec,
    seed: int = 0,
    resume: Mapping[str, Tensor] | None = None,
) -> Steps:
    """Exaggerate what a layer says of the input; see `Technique.steps`.

    Facts: `growth` is how many times as strong the code's own direction is in the result, of the
    picture as it is given, 8 bits a colour; `change` the root mean square difference from the
    input, in levels of 255.
    """
    info = network.layer(chosen_layer(network, spec.layer))
    units = chosen_units(spec.units, info)
    look = Looking(network)
    x = look.picture(pictures["input"])
    code = look.code(x, info.name)
    positive = code.clamp(min=0)
    # Of a layer that is nowhere above zero all of the code counts.
    chosen = positive[:, units] if units else positive
    wanted = code_worth_matching(positive if bool(chosen.any()) else code, info.name, units)
    exaggeration = Exaggeration(info.name, wanted, units, spec.cosine)
    goal = exaggeration - (_HOLD / spec.strength) * Departure(Held.of(x[None]))
    goal = goal - spec.smoothness * Roughness()
    done = yield from chained(
        network, [lambda _: Stage(goal, recipe_of(spec), x)], spec.steps, seed, resume
    )
    result = done.result
    made = look.as_saved(result.x)
    growth = Exaggeration(info.name, wanted, units).read({info.name: look.code(made, info.name)})
    facts: dict[str, float | str] = {
        "layer": info.name,
        "units": spec.units,
        "strength": spec.strength,
        "growth": float(growth),
        "change": float((made - x).square().mean().sqrt()),
    }
    scores = look.scores(before=x, after=made)
    return Played(result.image, result.x, done.trace, result.stop, facts, scores, result.computed)


def caricature(
    network: Network,
    picture: NDArray[np.uint8],
    layer: str = "",
    *,
    seed: int = 0,
    **settings: object,
) -> Played:
    """Return `picture`, uint8 (H, W, 3) as the network sees it, with a layer's code exaggerated.

    `settings` are those of `CaricatureSpec`.
    """
    spec = CaricatureSpec.model_validate({"layer": layer, **settings})
    return finished(caricature_steps(network, {"input": picture}, spec, seed))


CARICATURE = Technique(
    key="caricature",
    title="Caricature",
    sentence="The input with what one layer finds in it drawn larger than life.",
    curve="Strength of the code",
    spec=CaricatureSpec,
    steps=caricature_steps,
    total=lambda spec: spec.steps,
)
