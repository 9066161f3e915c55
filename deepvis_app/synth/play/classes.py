"""A picture for a class: bare, as in Simonyan et al. (2014), or by the regularised recipes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from statistics import mean
from types import MappingProxyType
from typing import TYPE_CHECKING

import torch
from pydantic import Field

from deepvis_app.errors import UserError, in_brief
from deepvis_app.fields import shown
from deepvis_app.pieces import finished
from deepvis_app.synth.objectives import ChannelObjective
from deepvis_app.synth.play.chain import Stage, chained
from deepvis_app.synth.play.codes import Looking
from deepvis_app.synth.play.priors import Energy
from deepvis_app.synth.play.technique import INPUT, Played, Spec, Technique
from deepvis_app.synth.presets import DEFAULT_RECIPE, PRESETS
from deepvis_app.synth.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets import Network
    from deepvis_app.synth.objectives import Objective
    from deepvis_app.synth.play.technique import Pictures, Steps

_RESCUE = 200  # steps in which a score that a ReLU holds at zero is helped out, as in the presets


@dataclass(frozen=True, slots=True)
class Bare:
    """Plain gradient ascent on score - penalty * |I|^2.

    I is the picture in units of the network's input, zero at its mean colour: levels over
    255 times the standard deviation, for most networks.
    """

    rate: float
    penalty: float
    steps: int


#: Simonyan et al. give the formula and the start, the mean picture, but no numbers: those of
#: "simonyan" are ours, measured to give what their pictures look like. Rate and penalty of "poster"
#: are those of Stanford's course CS231n (2016), over 5000 steps: it drives pixels to their ends.
BARE = MappingProxyType(
    {
        "simonyan": Bare(rate=5.0, penalty=1e-2, steps=200),
        "poster": Bare(rate=25.0, penalty=1e-3, steps=5000),
    }
)


class Start(Enum):
    """The first picture."""

    MEAN = "mean"
    INPUT = "input"


class ClassSpec(Spec):
    """Which class, and how."""

    target: int = Field(default=-1, ge=-1, title="Class")
    """The class that the picture is to show; -1: the one that the network sees in the input."""

    preset: str = Field(
        default=DEFAULT_RECIPE, title="Recipe",
        json_schema_extra=shown(choices=(*BARE, *PRESETS)),
    )  # fmt: skip
    """Score less length, bare as it was first done, or one of the regularised recipes."""

    rate: float | None = Field(
        default=None, gt=0, le=1e5, title="Rate", json_schema_extra=shown(logarithmic=True)
    )
    """Bare recipes: how far a step goes along the gradient; else the recipe's own."""

    penalty: float | None = Field(
        default=None, ge=0, le=10, title="λ", json_schema_extra=shown(logarithmic=True)
    )
    """Bare recipes: weight of the picture's squared length |I|² beside the score."""

    steps: int | None = Field(default=None, ge=1, le=100_000, title="Steps")
    """Number of steps; else the recipe's own."""

    start: Start = Field(
        default=Start.MEAN, title="Start",
        json_schema_extra=shown(words={"mean": "nothing"}, side_by_side=True),
    )  # fmt: skip
    """The first picture: the mean colour (with the recipe's own noise), or the input."""

    def bare(self) -> Bare | None:
        """Return the numbers of a bare recipe, None for the others."""
        found = BARE.get(self.preset)
        if found is None:
            return None
        return Bare(
            found.rate if self.rate is None else self.rate,
            found.penalty if self.penalty is None else self.penalty,
            found.steps if self.steps is None else self.steps,
        )

    def recipe(self) -> Recipe:
        """Return the regularised recipe. Raises `UserError` where there is none of that name."""
        found = PRESETS.get(self.preset)
        if found is None:
            known = ", ".join((*BARE, *PRESETS))
            raise UserError(f"There is no recipe {in_brief(self.preset)}", f"Use one of {known}")
        return found if self.steps is None else found.with_value("stop.steps", self.steps)

    def total(self) -> int:
        """Return how many steps it takes."""
        bare = self.bare()
        return bare.steps if bare else self.recipe().stop.steps


def score_layer(network: Network) -> str:
    """Return the layer that gives the class scores before the network's last softmax or sigmoid.

    Raises `UserError` where the network gives no class scores.
    """
    if network.output_layer is None:
        raise UserError(
            f"{network.name} gives no class scores", "Choose a network that tells classes apart"
        )
    if network.ending is None:
        return network.output_layer
    names = [info.name for info in network.layers if info.name in network.class_layers]
    with torch.no_grad():
        noise = torch.randn(1, *network.input_shape, generator=torch.Generator().manual_seed(0))
        passed = network.forward(noise.to(network.device, network.dtype), names)
    for name in reversed(names):
        found, wanted = passed.activations[name], passed.unsquashed
        if wanted is not None and torch.equal(found.flatten(), wanted.flatten()):
            return name
    return network.output_layer


@dataclass(frozen=True, slots=True)
class _Goal:
    """What is to be raised, how, and what of it one is told."""

    objective: Objective
    recipe: Recipe
    scale: float  # of the objective over what is told
    facts: Mapping[str, float | str]


def _bare_goal(network: Network, score: Objective, bare: Bare, is_silent: bool) -> _Goal:
    how = network.preprocessing
    unit = mean(how.std) / how.scale  # levels
    # In levels x = unit * I a step along I's gradient is unit^2 times one along that of x.
    goal = unit**2 * (score - bare.penalty * Energy(unit))
    recipe = Recipe.model_validate(
        {
            "image": {"start": "mean"},
            "gradient": {"rescue_steps": _RESCUE if is_silent else 0},
            "step": {"policy": "constant", "rate": bare.rate},
            "stop": {"steps": bare.steps},
        }
    )
    facts = {"rate": bare.rate, "penalty": bare.penalty}
    return _Goal(goal, recipe, unit**2, facts)


def class_steps(
    network: Network,
    pictures: Pictures,
    spec: ClassSpec,
    seed: int = 0,
    resume: Mapping[str, Tensor] | None = None,
) -> Steps:
    """Make a picture for a class; see `Technique.steps`.

    It is the score that is raised, not the probability: that would be raised by lowering all others
    (Simonyan et al. 2014). Facts: `score` and, where the network has one, `probability` are what
    the picture reaches as it is given, 8 bits a colour.
    """
    bare, layer, look = spec.bare(), score_layer(network), Looking(network)
    given = pictures.get("input")
    if spec.start is Start.INPUT and given is None:
        raise UserError("There is no input to start from", "Start from nothing, or give a picture")
    x = None if given is None else look.picture(given)
    target = _target(network, layer, spec.target, look, x)
    start = x if spec.start is Start.INPUT else None
    score = ChannelObjective(layer, target)
    if bare is None:
        goal = _Goal(score, spec.recipe(), 1.0, {})
    else:
        first = look.blank() if start is None else start
        is_silent = not bool(look.code(first, layer)[:, target].any())
        goal = _bare_goal(network, score, bare, is_silent)
    done = yield from chained(
        network, [lambda _: Stage(goal.objective, goal.recipe, start)], spec.total(), seed, resume,
        value=lambda reached: reached / goal.scale,
    )  # fmt: skip
    result = done.result
    made = look.as_saved(result.x)
    scores = look.scores(after=made) | ({} if x is None else look.scores(before=x))
    facts: dict[str, float | str] = {
        "target": target,
        "label": network.labels[target] if target < len(network.labels or ()) else "",
        "preset": spec.preset,
        "score": float(look.code(made, layer)[:, target].mean()),
        **goal.facts,
    }
    if network.scale is not None and network.scale.is_probability:
        facts["probability"] = float(scores["scores_after"][target])
    return Played(result.image, result.x, done.trace, result.stop, facts, scores, result.computed)


def _target(network: Network, layer: str, asked: int, look: Looking, x: Tensor | None) -> int:
    """Return the class that is meant. Raises `UserError` where there is none such."""
    count = network.layer(layer).unit_count
    if asked >= count:
        raise UserError(f"{network.name} has no class {asked}", f"They are 0 to {count - 1}")
    if asked >= 0:
        return asked
    if x is None:
        raise UserError("No class is chosen", "Choose one, or give a picture that shows one")
    return int(look.code(x, layer).mean((2, 3)).argmax())


def class_picture(
    network: Network,
    target: int = -1,
    picture: NDArray[np.uint8] | None = None,
    *,
    seed: int = 0,
    **settings: object,
) -> Played:
    """Return a picture for a class; without one, for what the network sees in `picture`.

    `picture` is uint8 (H, W, 3) as the network sees it; `settings` are those of `ClassSpec`.
    """
    spec = ClassSpec.model_validate({"target": target, **settings})
    given = {} if picture is None else {"input": picture}
    return finished(class_steps(network, given, spec, seed))


CLASS = Technique(
    key="class",
    title="Class",
    sentence="What a class looks like to the network: a picture that its score rises for.",
    curve="Score",
    spec=ClassSpec,
    steps=class_steps,
    total=lambda spec: spec.total(),
    roles=(replace(INPUT, optional=True),),
)
