"""Every frame is attacked before the network sees it, and everything answers to that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch

from deepvis_app.engine.readers.arrays import own_array
from deepvis_app.engine.readers.reader import Changing
from deepvis_app.synth import Norm
from deepvis_app.synth.play.answers import aim_of, answers_of, looked
from deepvis_app.synth.play.attack_spec import AttackSpec
from deepvis_app.synth.play.moving import linear_fall
from deepvis_app.synth.play.quick import nudged
from deepvis_app.synth.space import PictureSpace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.engine.readers.reader import Look
    from deepvis_app.engine.readers.seen import Seen
    from deepvis_app.nets.network import Network
    from deepvis_app.synth.play import answers

_GREY = 127.5


@dataclass(frozen=True, slots=True, eq=False)
class AttackReading:
    """What the attack made of one frame. Arrays are read-only.

    `picture` (H, W, 3) is the input before, `change` the same size: the change times
    `amplification` around grey. `scores_before`, `scores_after` (K,). `label` is what the network
    said, `target` what it is to say, -1: anything else; `success`: it does. `w_eta`: by how much
    the worst change of this size would lower the evidence for `label` in a linear network of
    `dimensions` pixels and colours. `steps` were done in this frame; 0: there was nothing to do.
    """

    picture: NDArray[np.uint8]
    change: NDArray[np.uint8]
    amplification: float
    change_max: float  # levels of 255
    scores_before: NDArray[np.float32]
    scores_after: NDArray[np.float32]
    label: int
    target: int
    success: bool
    w_eta: float
    dimensions: int
    steps: int


@dataclass(frozen=True, slots=True)
class AttackReader(Changing[AttackReading]):
    """What is shown is changed by at most `epsilon`, of pixels in 0..1, against the network.

    One step is the fast gradient sign method. With `warm`, each frame goes on from the last one's
    change, in smaller steps. With `epsilon` 0 frames stay as they are, and there is no reading.
    """

    title: ClassVar[str] = "The attack"

    epsilon: float
    norm: Norm = Norm.LINF
    target: int = -1
    steps: int = 1
    amplification: float = 32.0
    warm: bool = False

    @property
    def spec(self) -> AttackSpec:
        """The attack's settings: steps reach two and a half times as far as they may go."""
        share = min(2.5 / max(self.steps, 10 if self.warm else 1), 1)
        return AttackSpec(
            norm=self.norm, epsilon=self.epsilon, target=self.target, steps=self.steps,
            step_share=share,
        )  # fmt: skip

    def change(
        self, look: Look, x: Tensor, picture: NDArray[np.uint8]
    ) -> tuple[Tensor, NDArray[np.uint8]]:
        """Return the input (1, C, H, W) and the picture (H, W, 3) after the attack."""
        if not self.epsilon:
            return x, picture
        kept = look.here.of(_Attacks).of
        done = kept.get(self)
        if done is None or done.given is not x:
            kept.clear()
            done = kept[self] = self._attacked(look, x, picture)
        return done.x, done.shown

    def _attacked(self, asked: Look, x: Tensor, picture: NDArray[np.uint8]) -> _Attacked:
        network = asked.network
        known = asked.memory.of(_Known, lambda: _Known(network, x))
        space, plain = known.space, known.space.from_input(x)
        before = known.change if self.warm else None
        look = looked(
            network, space, plain,
            lambda scores: aim_of(network, known.answers, scores, -1, self.target, anew=False),
            push=before is None,
        )  # fmt: skip
        if look.aim.reached(look.scores):
            return _Attacked(x, x, picture, picture, look, torch.zeros_like(plain), 0)
        made = nudged(network, plain, look, self.spec, before)
        known.change = made - plain
        shown = space.pictures(made)[0]
        return _Attacked(x, space.to_input(made), picture, shown, look, known.change, self.steps)

    def read(self, seen: Seen) -> AttackReading | None:
        """Tell what came of it."""
        done = seen.look.here.of(_Attacks).of.get(self) if self.epsilon else None
        if done is None or seen.scores is None:
            return None
        space = seen.look.memory.of(_Known, lambda: _Known(seen.look.network, seen.x)).space
        after, change = seen.scores[0].float(), space.shown(done.change)[0]
        amplified = (_GREY + self.amplification * change).clamp(0, 255).round().to(torch.uint8)
        look, w_eta = done.look, linear_fall(done.look.w, self.epsilon, self.norm)
        return AttackReading(
            done.picture, own_array(amplified.permute(1, 2, 0)), self.amplification,
            float(change.abs().max()), own_array(look.scores), own_array(after),
            look.aim.label, self.target, look.aim.reached(after),
            w_eta, done.change.numel(), done.steps,
        )  # fmt: skip


class _Known:
    """What is known of a network from the first frame on, and the last frame's change."""

    def __init__(self, network: Network, x: Tensor) -> None:
        self.space = PictureSpace(network)
        self.answers = answers_of(network, x)
        self.change: Tensor | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Attacked:
    given: Tensor  # the input (1, C, H, W) before,
    x: Tensor  # and after
    picture: NDArray[np.uint8]  # before,
    shown: NDArray[np.uint8]  # and after
    look: answers.Look  # at what it was before
    change: Tensor  # (1, C, H, W) in levels
    steps: int


class _Attacks:
    """The last attack on a frame, by its reader."""

    def __init__(self) -> None:
        self.of: dict[AttackReader, _Attacked] = {}
