"""Inversion: a picture from nothing but its code at a layer (Mahendran and Vedaldi 2015, 2016).

What is lowered is the squared distance of the codes over the wanted one's squared length, and with
weights the total variation and the sixth powers of the pixels. Unlike the paper's, the pictures are
made of Fourier coefficients in decorrelated colours (Olah et al. 2017), and by L-BFGS: measured,
both come far nearer to the code in as many steps, and from deep layers pixels give mere noise.
"""

from __future__ import annotations

from enum import Enum
from functools import partial
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from pydantic import Field

from deepvis_app.errors import UserError
from deepvis_app.fields import shown
from deepvis_app.pieces import finished
from deepvis_app.synth.play.chain import Stage, chained
from deepvis_app.synth.play.codes import (
    CodeObjective,
    Looking,
    code_worth_matching,
    relative_error,
)
from deepvis_app.synth.play.layers import chosen_layer, stages
from deepvis_app.synth.play.priors import Extremes, Roughness
from deepvis_app.synth.play.technique import INPUT, WARM, Played, Spec, Technique
from deepvis_app.synth.play.units import chosen_units
from deepvis_app.synth.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets import Network
    from deepvis_app.synth.play.technique import Pictures, Steps

STRIP_STEPS = 40  # of a thumbnail
_LEAST = 10  # steps that are worth more than Adam's


class Start(Enum):
    """The first picture."""

    NOISE = "noise"
    GREY = "grey"
    INPUT = "input"


class Made(Enum):
    """What the numbers are that are changed."""

    WAVES = "waves"
    PIXELS = "pixels"


class Optimiser(Enum):
    """How a step is found."""

    LBFGS = "lbfgs"
    ADAM = "adam"


_ROUGHEST, _SMOOTHEST = 0.02, 0.5  # smoothness for a single pixel, and for all of the picture
_SCALE = 1e4  # of the objective: in float32 L-BFGS would take its own for rounding near the end

# By form and optimiser; measured on SqueezeNet and the bundled network.
_RATES = {
    (Made.WAVES, Optimiser.LBFGS): 1.0,
    (Made.WAVES, Optimiser.ADAM): 0.1,
    (Made.PIXELS, Optimiser.LBFGS): 1.0,
    (Made.PIXELS, Optimiser.ADAM): 8.0,  # levels
}
# Shares of the steps, and how large they are. L-BFGS goes as far as its curvature says, without
# trying: from mere noise that is too far at times. So Adam comes before it, and where it leapt
# nevertheless, it begins again at the best picture that there was, more carefully.
_LEGS = ((Optimiser.ADAM, 0.15, 1.0), (Optimiser.LBFGS, 0.35, 1.0), (Optimiser.LBFGS, 0.5, 0.5))


class InvertSpec(Spec):
    """What is matched, and how smooth the picture is to be."""

    layer: str = Field(default="", title="Layer")
    """The layer whose code of the input the picture is to give."""

    units: str = Field(default="all", max_length=2000, title="Units")
    """Which of its units are to be matched: all, or numbers such as 0-3, 7. Others are free."""

    smoothness: float | None = Field(
        default=None, ge=0, le=100, title="Smoothness", json_schema_extra=shown(logarithmic=True)
    )
    """Weight of the picture's total variation beside the error; else it grows with the depth."""

    beta: float = Field(default=2.0, ge=1, le=3, title="Edges", json_schema_extra=shown(step=0.1))
    """Power of the slopes in the total variation: 1 keeps sharp edges, 2 and more smear them."""

    alpha: float = Field(
        default=0.01, ge=0, le=10, title="Range", json_schema_extra=shown(logarithmic=True)
    )
    """Weight of the sixth power of the pixels beside the error: keeps them from extremes."""

    steps: int = Field(default=100, ge=1, le=20_000, title="Steps")
    """Number of steps."""

    rate: float = Field(
        default=1.0, gt=0, le=100, title="Step size",
        json_schema_extra=shown("× usual", logarithmic=True),
    )  # fmt: skip
    """How large the steps are, as a multiple of the usual."""

    optimiser: Optimiser = Field(
        default=Optimiser.LBFGS, title="Steps by",
        json_schema_extra=shown(words={"lbfgs": "L-BFGS", "adam": "Adam"}, side_by_side=True),
    )  # fmt: skip
    """L-BFGS learns the curvature and comes nearest; Adam bears jitter and rough networks."""

    made: Made = Field(
        default=Made.WAVES, title="Made of", json_schema_extra=shown(side_by_side=True)
    )
    """Waves in natural colours, or pixels as in the paper: those give noise from deep layers."""

    jitter_px: float = Field(
        default=0, ge=0, le=64, title="Jitter", json_schema_extra=shown("px of 224", step=1)
    )
    """Shift by up to so many pixels at every step: calmer pictures, a larger error; with Adam."""

    start: Start = Field(
        default=Start.NOISE, title="Start", json_schema_extra=shown(side_by_side=True)
    )
    """The first picture."""


def fitting_smoothness(network: Network, layer: str) -> float:
    """Return the smoothness for a layer where none is given: more the deeper it is.

    A code pins details down to about its stride in the picture, the finer ones are free: to these
    the smoothness is all that there is.
    """
    field, (height, width) = network.layer(layer).receptive_field, network.input_shape[1:]
    if field is None or field.whole:
        return _SMOOTHEST
    share = max(field.size) / max(height, width)
    smoothness: float = _ROUGHEST * (_SMOOTHEST / _ROUGHEST) ** share
    return round(min(smoothness, _SMOOTHEST), 3)


def recipes_of(spec: InvertSpec) -> tuple[Recipe, ...]:
    """Return how the engine is to make it: one run after the other. Raises `UserError`."""
    if spec.optimiser is Optimiser.ADAM or spec.steps < _LEAST:
        return (_recipe(spec, Optimiser.ADAM, spec.steps, settle=0.05),)
    if spec.jitter_px:
        raise UserError(
            "L-BFGS cannot follow a picture that jitters",
            "Set the jitter to 0, or let Adam make the steps",
        )
    ends = [round(spec.steps * share) for share in accumulate(share for _, share, _ in _LEGS)]
    counts = [end - before for before, end in pairwise([0, *ends])]
    return tuple(
        _recipe(spec, optimiser, steps, factor)
        for (optimiser, _, factor), steps in zip(_LEGS, counts, strict=True)
    )


def _recipe(
    spec: InvertSpec, optimiser: Optimiser, steps: int, factor: float = 1.0, settle: float = 1.0
) -> Recipe:
    is_waves = spec.made is Made.WAVES
    rate = factor * spec.rate * _RATES[spec.made, optimiser]
    facts: dict[str, Any] = {
        "image": {
            "parameterisation": "fourier" if is_waves else "pixel",
            "decorrelate": is_waves,
            "start": "mean" if spec.start is Start.GREY else "mean_plus_rand",
        },
        "transforms": {"jitter_px": spec.jitter_px},
        "step": {"policy": optimiser.value, "rate": rate, "settle": settle},
        "stop": {"steps": steps},
    }
    return Recipe.model_validate(facts)


def invert_steps(
    network: Network,
    pictures: Pictures,
    spec: InvertSpec,
    seed: int = 0,
    resume: Mapping[str, Tensor] | None = None,
) -> Steps:
    """Make a picture that gives the input's code at a layer; see `Technique.steps`.

    With a picture "warm" it starts from that.

    Facts: `error` is |code - wanted|^2 / |wanted|^2 of the units that were matched, of the picture
    as it is given, 8 bits a colour; `distance` its root, the distance of the codes over the code's
    length. `smoothness`, `beta` and `alpha` are those of the run.
    """
    recipes = recipes_of(spec)
    info = network.layer(chosen_layer(network, spec.layer))
    units = chosen_units(spec.units, info)
    look = Looking(network)
    x = look.picture(pictures["input"])
    wanted = code_worth_matching(look.code(x, info.name), info.name, units)
    smoothness = spec.smoothness
    if smoothness is None:
        smoothness = fitting_smoothness(network, info.name)
    goal = CodeObjective(info.name, wanted, units) - smoothness * Roughness(spec.beta)
    goal = goal - spec.alpha * Extremes()
    first = x if spec.start is Start.INPUT else None
    if (warm := pictures.get(WARM.key)) is not None:
        fits = warm.shape[:2] == tuple(network.input_shape[1:])
        first = look.picture(warm if fits else network.view(warm)[0])

    def stage(recipe: Recipe, before: Tensor | None) -> Stage:
        return Stage(_SCALE * goal, recipe, first if before is None else before)

    done = yield from chained(
        network, [partial(stage, recipe) for recipe in recipes], spec.steps, seed, resume,
        value=lambda reached: -reached / _SCALE,
    )  # fmt: skip
    result = done.result
    made = look.as_saved(result.x)
    found = look.code(made, info.name)
    error = float(relative_error(found[:, units] if units else found, wanted.values))
    facts: dict[str, float | str] = {
        "layer": info.name,
        "units": spec.units,
        "error": error,
        "distance": error**0.5,
        "smoothness": smoothness,
        "beta": spec.beta,
        "alpha": spec.alpha,
    }
    scores = look.scores(before=x, after=made)
    return Played(result.image, result.x, done.trace, result.stop, facts, scores, result.computed)


def strip(network: Network, count: int = 8) -> tuple[InvertSpec, ...]:
    """Return what to ask for the same picture from every stage, quick enough for thumbnails."""
    return tuple(InvertSpec(layer=layer, steps=STRIP_STEPS) for layer in stages(network, count))


def invert(
    network: Network,
    picture: NDArray[np.uint8],
    layer: str = "",
    *,
    seed: int = 0,
    **settings: object,
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
    curve="Error with penalties",
    spec=InvertSpec,
    steps=invert_steps,
    total=lambda spec: spec.steps,
    roles=(INPUT, WARM),
)
