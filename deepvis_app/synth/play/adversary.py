"""Attacks: the smallest change of the pixels that makes a network say something else.

The fast gradient sign method (Goodfellow et al. 2014), projected gradients from a random start
(Madry et al. 2018), the least change by bisection, and pictures from noise (Nguyen et al. 2015).
Sizes are those of pixels in 0..1: there a picture is kept in range, then it is normalised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app.errors import UserError
from deepvis_app.pieces import finished
from deepvis_app.synth.ball import Norm
from deepvis_app.synth.parameterisation import chance
from deepvis_app.synth.play.answers import aim_of, answers_of, looked, scores_of
from deepvis_app.synth.play.attack_spec import MOST_EPSILON, AttackSpec, Method
from deepvis_app.synth.play.attacks import Attack, Came, from_noise, searched
from deepvis_app.synth.play.layers import stages
from deepvis_app.synth.play.least import least
from deepvis_app.synth.play.moving import linear_fall, moved, noise_like
from deepvis_app.synth.play.technique import Played, Technique
from deepvis_app.synth.space import PictureSpace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets import Network
    from deepvis_app.synth.play.answers import Look
    from deepvis_app.synth.play.technique import Pictures, Steps

_MOST_STAGES = 14  # that a change is followed through
_WAYS = {
    Method.FGSM: searched,
    Method.PGD: searched,
    Method.LEAST: least,
    Method.NOISE: from_noise,
}


def attack_steps(
    network: Network,
    pictures: Pictures,
    spec: AttackSpec,
    seed: int = 0,
    resume: Mapping[str, Tensor] | None = None,
) -> Steps:
    """Change the input until the network says something else; see `Technique.steps`.

    Told beside the picture, sizes of pixels in 0..1:

    * `label`, `target`, `says` (the class of the highest score afterwards), `success`, and
      `success_8bit` of the rounded picture, which is what a file holds
    * `score_before`, `score_after` of the target, else of the label; `scores_before`,
      `scores_after` (K,)
    * `change` (H, W, 3) in levels, `change_max`, `change_mean` of its absolute values
    * `w_x`, `w_eta`, `dimensions`: with w the gradient of the label's logit (minus the target's)
      at the picture, what speaks for the label, and by how much the worst change of size
      `epsilon` lowers it in a linear network; see `linear_fall`
    * `layers`, by lines; `layers_moved`, `layers_noise` (L,): how far each moves, and by noise of
      the same size, whose scores are `noise_scores`; see `moved`
    * `needed`: the epsilon to try next, "" where it was enough
    * of the least change `least`, `tolerance`; see `least`

    Raises `UserError` where there is nothing to attack, or no size to do it with.
    """
    if not spec.epsilon and spec.method is not Method.NOISE:
        raise UserError("With ε = 0 nothing can change", "Allow a larger ε")
    if spec.target < 0 and spec.method is Method.NOISE:
        raise UserError("A picture from noise needs a class to become", "Choose a target")
    space = PictureSpace(network)
    x = _start(network, space, pictures, spec, seed)
    answers = answers_of(network, space.to_input(x))
    anew = spec.method is not Method.NOISE
    look = looked(
        network, space, x,
        lambda scores: aim_of(network, answers, scores, spec.label, spec.target, anew=anew),
    )  # fmt: skip
    attack = Attack(network, space, x, look.aim, spec, seed)
    came = yield from _WAYS[spec.method](attack, resume)
    return _played(attack, look, came)


def _start(
    network: Network, space: PictureSpace, pictures: Pictures, spec: AttackSpec, seed: int
) -> Tensor:
    """Return the picture x (1, C, H, W) that is attacked."""
    if spec.method is not Method.NOISE:
        return space.from_input(network.normalise(pictures["input"])[None])
    shape = (1, space.channels, *network.input_shape[1:])
    drawn = torch.rand(shape, generator=chance("cpu", seed, "noise picture"))
    return drawn.to(space.mean) * 255 - space.mean


def _played(attack: Attack, look: Look, came: Came) -> Played:
    network, space, spec = attack.network, attack.space, attack.spec
    change = came.x - attack.x
    norm = Norm.L2 if spec.method is Method.NOISE else spec.norm  # without bounds of either kind
    noise = space.clipped(attack.x + noise_like(change, norm, attack.seed))
    image, after = space.pictures(came.x)[0], attack.scores(came.x)
    layers = stages(network, _MOST_STAGES)
    by_change, by_noise = moved(network, space, attack.x, [came.x, noise], layers)
    levels = _array(space.shown(change)[0].permute(1, 2, 0))
    facts = {
        **_said(attack, image, look.scores, after),
        "change_max": float(np.abs(levels).max()),
        "change_mean": float(np.abs(levels).mean()),
        "w_x": float((look.w * (attack.x + space.mean) / 255).double().sum()),
        "w_eta": linear_fall(look.w, spec.epsilon, spec.norm),
        "dimensions": look.w.numel(),
        "layers": "\n".join(layers),
        **came.facts,
    }
    arrays = {
        "scores_before": _array(look.scores),
        "scores_after": _array(after),
        "noise_scores": _array(attack.scores(noise)),
        "change": levels,
        "layers_moved": by_change,
        "layers_noise": by_noise,
    }
    x = _array(came.x[0])
    return Played(image, x, came.trace, came.stop, facts, arrays, came.computed)


def _said(
    attack: Attack, image: NDArray[np.uint8], before: Tensor, after: Tensor
) -> dict[str, float | str]:
    """Return what was asked for, and whether the network says it."""
    network, aim, spec = attack.network, attack.aim, attack.spec
    with torch.no_grad():
        rounded = scores_of(network, network.forward(network.normalise(image)[None]))
    return {
        "method": spec.method.value,
        "norm": spec.norm.value,
        "epsilon": spec.epsilon,
        "label": aim.label,
        "target": aim.target,
        "says": int(after.argmax()),
        "success": int(aim.reached(after)),
        "success_8bit": int(aim.reached(rounded)),
        "score_before": float(before[aim.index]),
        "score_after": float(after[aim.index]),
        "needed": _needed(spec, aim.reached(after)),
    }


def _needed(spec: AttackSpec, success: bool) -> str:
    """Return the epsilon to try next, twice this one; "" where there is no need, or no larger."""
    if success or spec.method is Method.NOISE:
        return ""
    twice = 2 * spec.epsilon
    return f"{twice:.6g}" if twice <= (1 if spec.norm is Norm.LINF else MOST_EPSILON) else ""


def _array(values: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(values.detach().to("cpu", torch.float32).numpy())


def attack(
    network: Network,
    picture: NDArray[np.uint8] | None,
    target: int | None = None,
    epsilon: float = 2 / 255,
    method: str = "pgd",
    *,
    seed: int = 0,
    **settings: object,
) -> Played:
    """Return a picture that looks like `picture` and is told to be something else.

    `picture` is uint8 (H, W, 3) as the network sees it (`Network.view`), `target` a class, None
    for any other than now, `settings` those of `AttackSpec`. See `attack_steps` for what is told.
    """
    spec = AttackSpec.model_validate(
        {"target": -1 if target is None else target, "epsilon": epsilon, "method": method}
        | settings
    )
    pictures = {} if picture is None else {"input": picture}
    return finished(attack_steps(network, pictures, spec, seed))


ADVERSARY = Technique(
    key="adversary",
    title="Adversarial",
    sentence="The smallest change of the pixels that makes the network say something else, "
    "and where in the network it grows.",
    curve="Score",
    spec=AttackSpec,
    steps=attack_steps,
    total=lambda spec: spec.passes,
)
