"""An attack on one frame of many: no more passes than it takes, from where the last one ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from deepvis_app.synth.batch import Batch
from deepvis_app.synth.objectives import Sample
from deepvis_app.synth.play.attacks import canvas_of, recipe_of
from deepvis_app.synth.play.moving import ended

if TYPE_CHECKING:
    from torch import Tensor

    from deepvis_app.nets import Network
    from deepvis_app.synth.play.answers import Aim
    from deepvis_app.synth.play.attack_spec import AttackSpec


def nudged(
    network: Network, x: Tensor, aim: Aim, spec: AttackSpec, change: Tensor | None = None
) -> Tensor:
    """Return a picture x (1, C, H, W) after an attack's steps, which start at `change` from it.

    Unlike `attack_steps` it does not look at what the last step came to.
    """
    recipe = recipe_of(spec.norm, spec.step(spec.epsilon), spec.moves)
    canvas = canvas_of(spec, spec.epsilon)
    assert canvas.ball is not None
    batch = Batch(network, [Sample(aim.objective)], recipe, canvas)
    state = batch.first(x[0])
    with torch.no_grad():
        if change is not None and change.shape == x.shape:
            state = replace(state, values={"x": canvas.ball.nearest(x + change, x)})
        for _ in range(spec.moves):
            state = ended(batch.advanced(state))
        return batch.form.bounded(state.values)["x"]
