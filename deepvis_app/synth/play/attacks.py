"""The ways to attack, as runs of the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch

from deepvis_app.synth.ball import Ball, Norm
from deepvis_app.synth.canvas import Canvas
from deepvis_app.synth.play.answers import scores_of
from deepvis_app.synth.play.attack_spec import CHUNK, Method
from deepvis_app.synth.play.chain import Stage, chained
from deepvis_app.synth.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets import Network
    from deepvis_app.synth.play.answers import Aim
    from deepvis_app.synth.play.attack_spec import AttackSpec
    from deepvis_app.synth.play.chain import Chained
    from deepvis_app.synth.play.technique import PlayProgress
    from deepvis_app.synth.result import StopReason
    from deepvis_app.synth.space import PictureSpace

    Resume = Mapping[str, Tensor] | None

_SURE = 0.99  # of a class, where a picture from noise is done


@dataclass(frozen=True, slots=True, eq=False)
class Attack:
    """What is attacked: a picture x (1, C, H, W), 0..255 minus the network's mean."""

    network: Network
    space: PictureSpace
    x: Tensor
    aim: Aim
    spec: AttackSpec
    seed: int

    def scores(self, x: Tensor) -> Tensor:
        """Return the scores (K,) of a picture (1, C, H, W)."""
        with torch.no_grad():
            return scores_of(self.network, self.network.forward(self.space.to_input(x)))

    def within(
        self, epsilon: float, resume: Resume, *, scatter: bool = False
    ) -> Generator[PlayProgress | None, None, Chained]:
        """Search within `epsilon` of the picture."""
        recipe = recipe_of(self.spec.norm, self.spec.step(epsilon), self.spec.moves)
        canvas = Canvas(ball=Ball(self.spec.norm, 255 * epsilon, scatter), last=True)
        stage = Stage(self.aim.objective, recipe, self.x[0], canvas)
        return self.chained(lambda _: stage, resume=resume)

    def chained(
        self, *stages: Callable[[Tensor | None], Stage | None], resume: Resume
    ) -> Generator[PlayProgress | None, None, Chained]:
        """Do stages; what is told is the probability of the class that is driven."""
        told = self.aim.objective.probability
        return chained(self.network, stages, self.spec.passes, self.seed, resume, told)


@dataclass(frozen=True, slots=True, eq=False)
class Came:
    """What came of an attack: x (1, C, H, W), what was told, and why it ended."""

    x: Tensor
    trace: NDArray[np.float32]
    stop: StopReason
    computed: str
    facts: Mapping[str, float] = field(default_factory=dict)


def recipe_of(norm: Norm, step: float, steps: int) -> Recipe:
    """Return a recipe that moves a picture `steps` times by `step`, of pixels in 0..1."""
    return Recipe.model_validate(
        {
            "gradient": {"normalise": "sign" if norm is Norm.LINF else "l2"},
            "step": {"policy": "constant", "rate": 255 * step},
            "stop": {"steps": steps + 1},  # after the last it does not move
        }
    )


def searched(attack: Attack, resume: Resume) -> Generator[PlayProgress | None, None, Came]:
    """Take a step, or several from a random start, and stay within epsilon."""
    spec = attack.spec
    scatter = spec.scatter and spec.method is Method.PGD
    return came(attack, (yield from attack.within(spec.epsilon, resume, scatter=scatter)))


def from_noise(attack: Attack, resume: Resume) -> Generator[PlayProgress | None, None, Came]:
    """Go from noise towards a class, until the network is sure of it."""

    def chunk(before: Tensor | None) -> Stage | None:
        if before is not None and is_sure(before[None]):
            return None
        return Stage(goal, recipe, attack.x[0] if before is None else before, Canvas(last=True))

    def is_sure(x: Tensor) -> bool:
        with torch.no_grad():
            passed = attack.network.forward(attack.space.to_input(x), goal.layers(attack.network))
            return goal.probability(float(goal.read(passed.activations))) > _SURE

    goal = attack.aim.objective
    recipe = recipe_of(Norm.LINF, attack.spec.step_size or 1 / 255, CHUNK)
    stages = [chunk] * attack.spec.steps
    return came(attack, (yield from attack.chained(*stages, resume=resume)))


def came(attack: Attack, done: Chained) -> Came:
    """Return what came of runs, as it is."""
    x = torch.from_numpy(done.result.x)[None].to(attack.x)
    return Came(x, done.trace, done.result.stop, done.result.computed)
