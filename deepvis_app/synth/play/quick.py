"""An attack on one frame of many: no more passes than it takes, from where the last one ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from deepvis_app.pieces import finished
from deepvis_app.synth.ball import Ball
from deepvis_app.synth.batch import Batch
from deepvis_app.synth.canvas import Canvas
from deepvis_app.synth.gradients import normalised
from deepvis_app.synth.objectives import Sample
from deepvis_app.synth.play.attacks import recipe_of

if TYPE_CHECKING:
    from torch import Tensor

    from deepvis_app.nets import Network
    from deepvis_app.synth.play.answers import Look
    from deepvis_app.synth.play.attack_spec import AttackSpec


def nudged(
    network: Network, x: Tensor, look: Look, spec: AttackSpec, change: Tensor | None = None
) -> Tensor:
    """Return a picture x (1, C, H, W) after an attack's steps, which start at `change` from it.

    Without one the first step goes by the look's own push. Unlike `attack_steps` it does not look
    at what the last step came to.
    """
    recipe = recipe_of(spec.norm, spec.step(spec.epsilon), spec.moves)
    ball = Ball(spec.norm, 255 * spec.epsilon)
    batch = Batch(network, [Sample(look.aim.objective)], recipe, Canvas(ball=ball))
    state, moves = batch.first(x[0]), spec.moves
    with torch.no_grad():
        if change is None and look.push is not None and bool(look.push.isfinite().all()):
            change = recipe.step.rate * normalised(look.push, recipe.gradient.normalise)
            moves -= 1
        if change is not None:
            state = replace(state, values={"x": ball.nearest(x + change, x)})
        for _ in range(moves):
            state = finished(batch.advanced(state))
        return batch.form.bounded(state.values)["x"]
