"""Sound trainings over the range of health: what no rule may alarm on.

Rates from a third to three times the best; five optimisers; ReLU, tanh, sigmoid, GELU; batch norm,
residual and recurrent networks; dropout; full batches and tiny ones; pretrained starts; runs that
went on long after they were done; augmentation; schedules; clipping; other sizes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn

from deepvis_app.lab.faults.changes import setting
from deepvis_app.lab.faults.loop import batches, optimizer_of
from deepvis_app.lab.faults.networks import LEARNERS, perceptron
from deepvis_app.lab.faults.parts import parts_of, with_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.lab.faults.parts import Change, Parts


@dataclass(frozen=True, slots=True)
class Case:
    """One training of the table: a fault's name, or "" for a sound one, and how it is made."""

    fault: str
    variety: str  # of the fault, or of health
    learner: str
    seed: int
    make: Callable[[], Parts]

    @property
    def name(self) -> str:
        return f"{self.fault or 'healthy'}/{self.variety}/{self.learner}/{self.seed}"


def _varied(
    variety: str, learner: str, seed: int, optimizer: str = "sgd", scale: float = 1.0,
    change: Change = lambda _: None,
) -> Case:  # fmt: skip
    def make() -> Parts:
        parts = parts_of(learner, seed, optimizer=optimizer, scale=scale)
        change(parts)
        return parts

    return Case("", variety, learner, seed, make)


def _full_batch(parts: Parts) -> None:
    parts.batch = len(parts.data.x)
    parts.steps = min(parts.steps, 200)


def _tiny_batch(parts: Parts) -> None:
    parts.batch, parts.rate = 4, parts.rate / 4
    parts.steps *= 2


def _large_batch(parts: Parts) -> None:
    parts.batch, parts.rate = 128, parts.rate * 2


def _few_examples(parts: Parts) -> None:
    """Stop early on a third of the examples, before they are learned by heart."""
    data = parts.data
    with_data(parts, x=data.x[: len(data.x) // 3], y=data.y[: len(data.x) // 3])
    parts.steps = 100


def _fewer_classes(parts: Parts) -> None:
    """Leave out of the examples the last two classes, and of the network's scores none."""
    data = parts.data
    kept, val_kept = data.y < data.classes - 2, data.val_y < data.classes - 2
    with_data(
        parts,
        x=data.x[kept],
        y=data.y[kept],
        val_x=data.val_x[val_kept],
        val_y=data.val_y[val_kept],
    )


def _finished(parts: Parts) -> None:
    """Go on long after there is nothing left to learn, as a run left alone does."""
    parts.steps *= 4
    parts.schedule = "cosine"


def _pretrained(parts: Parts) -> None:
    """Begin with weights that were trained before, which the log says."""
    pretrain(parts)
    parts.pretrained = True


def pretrain(parts: Parts) -> None:
    """Train a network's weights without a log."""
    optimizer = optimizer_of(parts)
    for ids in batches(parts):
        optimizer.zero_grad()
        parts.loss(parts.net(parts.data.x[ids]), parts.data.y[ids]).backward()
        optimizer.step()


def _fine_tuned(parts: Parts) -> None:
    """Train the last layer only, of a network whose others were frozen."""
    pretrain(parts)
    parts.pretrained = True
    layers = [module for module in parts.net.modules() if isinstance(module, nn.Linear)]
    for each in parts.net.parameters():
        each.requires_grad_(False)
    last = layers[-1]
    last.reset_parameters()
    for each in last.parameters():
        each.requires_grad_(True)
    parts.optimised = lambda net: [p for p in net.parameters() if p.requires_grad]


def _wide(*sizes: int, activation: str = "relu") -> Change:
    def change(parts: Parts) -> None:
        torch.manual_seed(parts.seed)
        given = parts.data.x[0].numel()
        parts.net = perceptron((given, *sizes, parts.data.classes), activation)
        parts.rate /= max(1.0, (max(sizes) / 32) ** 0.5)

    return change


OPTIMISERS = ("sgd", "momentum", "adam", "adamw", "rmsprop")
RATES = (1 / 3, 1.0, 3.0)
PLAIN = tuple(LEARNERS)

#: Variety, learners, optimisers in turn, change.
_VARIETIES: tuple[tuple[str, tuple[str, ...], Change], ...] = (
    ("full batch", ("relu", "tanh", "sigmoid", "wine"), _full_batch),
    ("tiny batch", ("relu", "tanh", "gelu", "lstm"), _tiny_batch),
    ("finished", ("relu", "wine", "conv", "spiral"), _finished),
    ("pretrained", ("relu", "conv", "lstm", "gelu"), _pretrained),
    ("fine-tuned", ("deep", "conv", "norm"), _fine_tuned),
    ("augmented", ("conv", "conv-plain", "spiral", "relu"), setting(augmented=True)),
    ("cosine", ("tanh", "residual", "lstm"), setting(schedule="cosine")),
    ("warm-up", ("deep", "conv", "gru"), setting(schedule="warm-up")),
    ("steps", ("relu", "norm", "sigmoid"), setting(schedule="steps")),
    ("clipped", ("lstm", "gru", "deep"), setting(clip=1.0)),
    ("parts", ("relu", "tanh", "gelu"), setting(parts=4)),
    ("decayed", ("relu", "conv", "sigmoid"), setting(decay=1e-4)),
    ("wide", ("relu", "tanh", "spiral"), _wide(256, 128)),
    ("narrow", ("relu", "wine", "sigmoid"), _wide(12, activation="tanh")),
    ("large batch", ("conv-plain", "lstm", "deep", "norm"), _large_batch),
    ("few examples", ("dropout", "norm", "circle", "gelu"), _few_examples),
    ("two classes fewer", ("relu", "conv", "tanh"), _fewer_classes),
)  # fmt: skip


def healthy(seed: int) -> list[Case]:
    """Return the sound trainings of one seed: every learner at three rates, and the varieties.

    Optimisers take turns, by the seed, so that every learner meets each of them.
    """
    cases = []
    for number, learner in enumerate(PLAIN):
        for place, scale in enumerate(RATES):
            optimizer = OPTIMISERS[(number + place + seed) % len(OPTIMISERS)]
            cases.append(_varied(f"{optimizer} x {scale:.2g}", learner, seed, optimizer, scale))
    for number, (variety, learners, change) in enumerate(_VARIETIES):
        for place, learner in enumerate(learners):
            optimizer = OPTIMISERS[(number + place + seed) % len(OPTIMISERS)]
            cases.append(_varied(f"{variety}, {optimizer}", learner, seed, optimizer, 1.0, change))
    return cases
