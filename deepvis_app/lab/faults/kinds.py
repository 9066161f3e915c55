"""The kinds of injected faults, each with the networks it is put into and the names it may get."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import nn

from deepvis_app.lab.faults import changes as to
from deepvis_app.lab.faults import mistakes
from deepvis_app.lab.faults.healthy import Case
from deepvis_app.lab.faults.networks import LEARNERS
from deepvis_app.lab.faults.parts import parts_of

if TYPE_CHECKING:
    from deepvis_app.lab.faults.parts import Change, Parts


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault. `names` are rules that name it; the first is its own."""

    name: str
    what: str  # what was done, for people
    names: tuple[str, ...]
    varieties: tuple[tuple[str, Change], ...]  # learner, what is done to its parts
    optimizers: tuple[str, ...] = ("sgd", "momentum", "adam")


def faulty(seed: int) -> list[Case]:
    """Return the faulty trainings of one seed: each fault in each of its networks."""
    cases = []
    for fault in FAULTS:
        for number, (learner, change) in enumerate(fault.varieties):
            optimizer = fault.optimizers[(number + seed) % len(fault.optimizers)]
            cases.append(_case(fault, learner, optimizer, seed, change))
    return cases


def _case(fault: Fault, learner: str, optimizer: str, seed: int, change: Change) -> Case:
    def make() -> Parts:
        parts = parts_of(learner, seed, optimizer=optimizer)
        change(parts)
        return parts

    return Case(fault.name, optimizer, learner, seed, make)


FAULTS: tuple[Fault, ...] = (
    Fault(
        "rate too high", "thirty to three hundred times the best rate",
        ("rate_too_high",),
        (("relu", to.times(50)), ("tanh", to.times(100)), ("sigmoid", to.times(100)),
         ("conv-plain", to.times(50)), ("lstm", to.times(50))),
    ),
    Fault(
        "rate too low", "a three-hundredth of the best rate", ("rate_too_low",),
        (("relu", to.times(1 / 300)), ("tanh", to.times(1 / 300)), ("conv", to.times(1 / 300)),
         ("gelu", to.times(1 / 300)), ("spiral", to.times(1 / 300))),
    ),
    Fault(
        "start", "last layer's first weights 60 times as large", ("start_loss",),
        (("relu", to.last_large), ("tanh", to.last_large), ("conv", to.last_large),
         ("lstm", to.last_large)),
        ("sgd", "adam"),
    ),
    Fault(
        "vanishing", "eight sigmoid layers, or tanh layers with small first weights",
        ("vanishing",),
        (("sigmoid", to.deep("sigmoid", 8)), ("tanh", to.deep("tanh", 8, 0.15)),
         ("gelu", to.deep("sigmoid", 8)), ("relu", to.deep("relu", 8, 0.15))),
        ("sgd", "momentum"),
    ),
    Fault(
        "exploding", "eight layers whose first weights are five times too large", ("exploding",),
        (("relu", to.deep("relu", 8, 5)), ("gelu", to.deep("gelu", 8, 5)),
         ("spiral", to.deep("relu", 8, 5)), ("wine", to.deep("relu", 8, 6))),
    ),
    Fault(
        "dead units", "biases of the first layer at -30", ("dead_units",),
        (("relu", to.dead), ("deep", to.dead), ("conv-plain", to.dead), ("circle", to.dead)),
    ),
    Fault(
        "saturated", "hidden layers' first weights 60 times as large", ("saturated",),
        (("tanh", to.saturated), ("sigmoid", to.saturated), ("wine", to.saturated),
         ("spiral", to.saturated)),
    ),
    Fault(
        "overfitting", "few examples, some labelled wrongly, learned by heart",
        ("overfitting",),
        (("relu", to.noisy(0.15, 120)), ("conv", to.noisy(0.3, 120)), ("tanh", to.noisy(0.15, 120)),
         ("lstm", to.noisy(0.1, 120)), ("spiral", to.few(40, 1500))),
    ),
    Fault(
        "wrong labels", "a quarter of the labels replaced by others", ("labels",),
        (("relu", to.wrong_labels(0.25)), ("conv", to.wrong_labels(0.25)),
         ("sigmoid", to.wrong_labels(0.25)), ("spiral", to.wrong_labels(0.25))),
    ),
    Fault(
        "unrelated labels", "labels dealt out anew", ("not_learning", "labels", "overfitting"),
        (("relu", to.unrelated), ("sigmoid", to.unrelated), ("conv-plain", to.unrelated),
         ("lstm", to.unrelated)),
    ),
    Fault(
        "input scale", "inputs as they were measured, times 255, or far from 0",
        ("input_scale",),
        (("gelu", to.raw("cancer-raw")), ("wine", to.raw("wine-raw")), ("relu", to.scaled(255)),
         ("conv-plain", to.scaled(1, 100)), ("circle", to.scaled(1000))),
    ),
    Fault(
        "bad example", "an example with a value that is not finite", ("nonfinite",),
        (("relu", to.bad_example(math.nan)), ("conv", to.bad_example(math.inf)),
         ("wine", to.bad_example(math.nan)), ("circle", to.bad_example(math.nan))),
    ),
    Fault(
        "not finite", "log of 0 in the loss, root of what is below 0, exponential that overflows",
        ("nonfinite",),
        (("relu", to.by_hand), ("deep", to.insert(mistakes.Rooted, nn.ReLU)),
         ("circle", to.insert(mistakes.SoftplusByHand, nn.ReLU)),
         ("conv-plain", to.insert(mistakes.Rooted, nn.ReLU))),
    ),
    Fault(
        "evaluation mode", "never set back to training mode", ("evaluation_mode",),
        (("conv", to.setting(learns_in_training=False)),
         ("norm", to.setting(learns_in_training=False)),
         ("dropout", to.setting(learns_in_training=False)),
         ("residual", to.setting(learns_in_training=False))),
    ),
    Fault(
        "judged in training mode", "`eval()` forgotten", ("training_mode",),
        (("conv", to.setting(judges_in_training=True)),
         ("norm", to.setting(judges_in_training=True)),
         ("dropout", to.setting(judges_in_training=True))),
    ),
    Fault(
        "mixing", "examples of a batch get at one another", ("mixing",),
        (("relu", to.wrapped(mistakes.SoftmaxedAcross)), ("gelu", to.wrapped(mistakes.Centred)),
         ("conv", to.wrapped(mistakes.Reshaped)), ("lstm", to.along_batch)),
    ),
    Fault(
        "zero_grad", "gradients never set to zero", ("zero_grad",),
        (("relu", to.setting(zeroes=False)), ("conv", to.setting(zeroes=False)),
         ("lstm", to.setting(zeroes=False)), ("wine", to.setting(zeroes=False))),
    ),
    Fault(
        "sign", "the loss is made large: its sign, or `maximize`", ("climbing",),
        (("relu", to.negative(1)), ("tanh", to.negative(-1)), ("conv", to.setting(maximize=True)),
         ("lstm", to.negative(1)), ("gelu", to.setting(maximize=True)),
         ("spiral", to.negative(-1))),
    ),
    Fault(
        "constant start", "all first weights the same", ("twins",),
        (("relu", to.constant(0.05)), ("tanh", to.constant(0.1)), ("gelu", to.constant(0.0)),
         ("lstm", to.constant(0.1))),
    ),
    Fault(
        "softmax twice", "a softmax before the cross-entropy", ("softmax_twice",),
        (("relu", to.wrapped(mistakes.Softmaxed)), ("conv", to.wrapped(mistakes.Softmaxed)),
         ("wine", to.wrapped(mistakes.Softmaxed)), ("gru", to.wrapped(mistakes.Softmaxed))),
    ),
    Fault(
        "no activation", "hidden layers' activations left out", ("no_activation",),
        (("relu", to.no_activation), ("circle", to.no_activation), ("conv-plain", to.no_activation),
         ("norm", to.no_activation)),
    ),
    Fault(
        "one class", "a last layer that cannot move and likes one class", ("one_class",),
        (("relu", to.one_class), ("wine", to.one_class), ("conv", to.one_class),
         ("circle", to.one_class)),
    ),
    Fault(
        "unbalanced", "one class has 19 of 20 examples", ("unbalanced",),
        (("relu", to.unbalanced(0.95)), ("gelu", to.unbalanced(0.95)),
         ("circle", to.unbalanced(0.95)), ("lstm", to.unbalanced(0.95))),
    ),
    Fault(
        "no gradient", "layers cut from the graph, or never called", ("no_gradient",),
        (("relu", to.detached(3)), ("conv-plain", to.detached(2)),
         ("tanh", to.wrapped(mistakes.Spare)),
         ("lstm", to.wrapped(mistakes.Spare))),
    ),
    Fault(
        "not optimised", "all layers but the last forgotten", ("not_optimised",),
        (("relu", to.last_only), ("conv", to.last_only), ("lstm", to.last_only)),
    ),
    Fault(
        "too much decay", "weight decay of 1", ("decay",),
        (("relu", to.setting(decay=1.0)), ("conv-plain", to.setting(decay=1.0)),
         ("tanh", to.setting(decay=1.0)),
         ("gelu", to.setting(decay=1.0))),
        ("sgd", "adam"),
    ),
)  # fmt: skip

assert all(learner in LEARNERS for fault in FAULTS for learner, _ in fault.varieties)
