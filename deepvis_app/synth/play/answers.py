"""What a network says of a picture, and what an attack wants it to say instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from torch.nn import functional

from deepvis_app.errors import UserError
from deepvis_app.nets import Scale
from deepvis_app.nets.outputs import is_distribution
from deepvis_app.nets.running import weights_at_rest
from deepvis_app.synth.ascent import gradient_of
from deepvis_app.synth.reads import Reads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from deepvis_app.nets import Network
    from deepvis_app.nets.network import Forward
    from deepvis_app.synth.space import PictureSpace

_LEAST = 1e-7  # of a probability, before its logarithm


@dataclass(frozen=True, slots=True)
class Answers:
    """How a network's class scores are read.

    `layer` gives one number a class: its logit or, where `given`, its probability. `exclusive`:
    the highest class is the answer; else each class is a question of its own, answered with yes
    where its score is above `threshold`.
    """

    layer: str
    count: int
    exclusive: bool
    given: bool = False
    threshold: float = 0.5

    def says(self, scores: Tensor, index: int) -> bool:
        """Tell whether scores (K,) say that it is this class."""
        if self.exclusive:
            return int(scores.argmax()) == index
        return bool(scores[index] > self.threshold)

    def logits(self, maps: Tensor) -> Tensor:
        """Return (N, K) of the layer's maps (N, K, 1, 1)."""
        rows = maps.flatten(1)
        if not self.given:
            return rows
        return rows.clamp(min=_LEAST).log() if self.exclusive else rows.logit(_LEAST)

    def likelihood(self, maps: Tensor, index: int) -> Tensor:
        """Return the logarithm of a class's probability, (N,)."""
        logits = self.logits(maps)
        if self.exclusive:
            return torch.log_softmax(logits, 1)[:, index]
        return functional.logsigmoid(logits[:, index])


def scores_of(network: Network, passed: Forward) -> Tensor:
    """Return what is shown of one picture's class scores, (K,) float32; `UserError` without."""
    scores = network.scores(passed)
    if scores is None:
        raise _no_scores(network)
    return scores[0].float()


def _no_scores(network: Network) -> UserError:
    return UserError(
        f"{network.name} gives no class scores", "Attack a network that tells classes apart"
    )


def answers_of(network: Network, inputs: Tensor) -> Answers:
    """Return how a network answers, where it must be seen by a pass of inputs (1, C, H, W).

    Where it gives probabilities, the layer whose softmax or sigmoid they are is sought: through
    saturated probabilities no gradient comes. Raises `UserError` for one without class scores.
    """
    layer, scale = network.output_layer, network.scale
    if layer is None or scale is None:
        raise _no_scores(network)
    if scale is Scale.GIVEN:
        return _behind(network, layer, inputs)
    count = network.layer(layer).unit_count
    exclusive = count > 1 and scale is not Scale.SIGMOID
    return Answers(layer, count, exclusive, threshold=0.0 if scale is Scale.NUMBER else 0.5)


def _behind(network: Network, layer: str, inputs: Tensor) -> Answers:
    """Return the answers of a network that gives probabilities."""
    classes = [info.name for info in network.layers if info.name in network.class_layers]
    with torch.no_grad():
        passed = network.forward(inputs, classes)
    scores, ending = scores_of(network, passed), network.ending or ""
    exclusive = "softmax" in ending or (not ending and is_distribution(scores[None]))
    for name in reversed(classes):
        maps = passed.activations[name]
        if name == layer or maps.shape[2:] != (1, 1):
            continue
        rows = maps.flatten(1).float()
        squashed = rows.softmax(1) if exclusive else rows.sigmoid()
        if torch.allclose(squashed[0], scores, rtol=1e-4, atol=1e-6):
            return Answers(name, len(scores), exclusive)
    return Answers(layer, len(scores), exclusive, given=True)


@dataclass(frozen=True, slots=True)
class Likelihood(Reads):
    """The logarithm of a class's probability, or minus it: the cross-entropy."""

    kind: ClassVar[str] = "likelihood"

    answers: Answers
    index: int
    raised: bool

    def layers(self, network: Network) -> tuple[str, ...]:
        return (network.layer(self.answers.layer).name,)

    def read(self, seen: Mapping[str, Tensor]) -> Tensor:
        found = self.answers.likelihood(seen[self.answers.layer], self.index).mean()
        return found if self.raised else -found

    def probability(self, reached: float) -> float:
        """Return the class's probability where it reaches so much."""
        return float(torch.tensor(reached if self.raised else -reached).exp())


@dataclass(frozen=True, slots=True)
class Evidence(Reads):
    """What speaks for the present answer: a logit, or what it has more than another."""

    kind: ClassVar[str] = "evidence"

    answers: Answers
    terms: tuple[tuple[int, float], ...]  # classes with signs

    def layers(self, network: Network) -> tuple[str, ...]:
        return (network.layer(self.answers.layer).name,)

    def read(self, seen: Mapping[str, Tensor]) -> Tensor:
        logits = self.answers.logits(seen[self.answers.layer])
        return torch.stack([sign * logits[:, k] for k, sign in self.terms]).sum(0).mean()


@dataclass(frozen=True, slots=True)
class Aim:
    """What is to be said: `target` (-1: anything) in place of `label`.

    Of questions of their own: the target's answer, else the label's, turns over; `raised` to yes.
    """

    answers: Answers
    label: int
    target: int
    raised: bool

    @property
    def index(self) -> int:
        """The class that is driven up or down."""
        return self.label if self.target < 0 else self.target

    def reached(self, scores: Tensor) -> bool:
        """Tell whether scores (K,) say it."""
        is_finite = bool(torch.isfinite(scores).all())
        return is_finite and self.answers.says(scores, self.index) == self.raised

    @property
    def objective(self) -> Likelihood:
        return Likelihood(self.answers, self.index, self.raised)

    @property
    def evidence(self) -> Evidence:
        if not self.answers.exclusive:
            return Evidence(self.answers, ((self.index, -1.0 if self.raised else 1.0),))
        rival = ((self.target, -1.0),) if self.target >= 0 else ()
        return Evidence(self.answers, ((self.label, 1.0), *rival))


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What one pass of a picture x (1, C, H, W) tells: its scores (K,), and what is wanted of it.

    `w` (1, C, H, W) is the gradient of what speaks for the present answer (`Aim.evidence`) of
    pixels in 0..1; `push` that of the aim's objective at x, where it was asked for.
    """

    scores: Tensor
    aim: Aim
    w: Tensor
    push: Tensor | None


def looked(
    network: Network,
    space: PictureSpace,
    x: Tensor,
    aim_for: Callable[[Tensor], Aim],
    *,
    push: bool = False,
) -> Look:
    """Look at a picture x once; `aim_for` makes the aim of its scores.

    Raises `UserError` where no gradient comes through.
    """
    with torch.inference_mode(False), torch.enable_grad(), weights_at_rest(network.module):
        x = x.detach().requires_grad_()
        passed = network.forward(space.to_input(x), network.class_layers)
        scores = scores_of(network, passed).detach()
        aim = aim_for(scores)
        evidence, objective = (
            goal.read(passed.activations) for goal in (aim.evidence, aim.objective)
        )
    w = gradient_of(network, evidence, x, keep=push) * 255
    return Look(scores, aim, w, gradient_of(network, objective, x) if push else None)


def aim_of(
    network: Network,
    answers: Answers,
    scores: Tensor,
    label: int,
    target: int,
    *,
    anew: bool = True,
) -> Aim:
    """Return what is wanted of a picture with these scores (K,); -1: what it says, and anything.

    Raises `UserError` for classes that are not there and, where it is to be said `anew`, for what
    the network says already.
    """
    if not bool(torch.isfinite(scores).all()):
        raise UserError(
            f"{network.name} gives scores that are not finite", "Check its weights, or the picture"
        )
    for index in (label, target):
        if not -1 <= index < answers.count:
            last = f"Its classes are 0 to {answers.count - 1}"
            raise UserError(f"{network.name} has no class {index}", last)
    label = int(scores.argmax()) if label < 0 else label
    is_said = target >= 0 and answers.says(scores, target)
    if anew and (is_said or (answers.exclusive and target == label)):
        name = network.labels[target] if network.labels else f"class {target}"
        raise UserError(f"{name} is what it says already", "Aim at another class")
    turns_on = not answers.exclusive and not answers.says(scores, label)
    return Aim(answers, label, target, raised=target >= 0 or turns_on)
