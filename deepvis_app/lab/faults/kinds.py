"""The kinds of injected faults, each with the networks it is put into and the names it may get."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn

from deepvis_app.lab.faults import mistakes
from deepvis_app.lab.faults.healthy import Case
from deepvis_app.lab.faults.networks import LEARNERS, perceptron
from deepvis_app.lab.faults.parts import Parts, generator, parts_of, with_data
from deepvis_app.lab.faults.sets import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[Parts], None]

WEIGHTED = (nn.Linear, nn.Conv2d)


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


def _times(factor: float) -> Change:
    def change(parts: Parts) -> None:
        parts.rate *= factor

    return change


def _set(**values: object) -> Change:
    def change(parts: Parts) -> None:
        for name, value in values.items():
            setattr(parts, name, value)

    return change


def _weighted(parts: Parts) -> list[nn.Linear | nn.Conv2d]:
    return [module for module in parts.net.modules() if isinstance(module, WEIGHTED)]


def _last_large(parts: Parts) -> None:
    with torch.no_grad():
        _weighted(parts)[-1].weight.mul_(60)


def _deep(activation: str, depth: int, deviation: float | None = None) -> Change:
    def change(parts: Parts) -> None:
        torch.manual_seed(parts.seed)
        given = parts.data.x[0].numel()
        sizes = (given, *[24] * depth, parts.data.classes)
        parts.net = perceptron(sizes, activation)
        if deviation is not None:
            for layer in _weighted(parts):
                nn.init.normal_(layer.weight, 0, deviation / math.sqrt(layer.weight.shape[1]))

    return change


def _dead(parts: Parts) -> None:
    with torch.no_grad():
        layer = _weighted(parts)[0]
        assert layer.bias is not None
        layer.bias.fill_(-30)


def _saturated(parts: Parts) -> None:
    with torch.no_grad():
        for layer in _weighted(parts)[:-1]:
            layer.weight.mul_(60)


def _few(count: int, steps: int = 600) -> Change:
    def change(parts: Parts) -> None:
        with_data(parts, x=parts.data.x[:count], y=parts.data.y[:count])
        parts.steps, parts.batch = steps, min(parts.batch, count)

    return change


def _noisy(share: float, count: int) -> Change:
    def change(parts: Parts) -> None:
        _few(count)(parts)
        wrong_labels(share)(parts)

    return change


def wrong_labels(share: float) -> Change:
    """Return what replaces a share of the training labels by others, evenly drawn."""

    def change(parts: Parts) -> None:
        data, source = parts.data, generator(parts, 1)
        wrong = torch.rand(len(data.y), generator=source) < share
        other = torch.randint(1, data.classes, (len(data.y),), generator=source)
        with_data(parts, y=torch.where(wrong, (data.y + other) % data.classes, data.y))

    return change


def _unrelated(parts: Parts) -> None:
    source = generator(parts, 2)
    y, val_y = parts.data.y, parts.data.val_y
    with_data(
        parts,
        y=y[torch.randperm(len(y), generator=source)],
        val_y=val_y[torch.randperm(len(val_y), generator=source)],
    )


def _scaled(factor: float, offset: float = 0) -> Change:
    def change(parts: Parts) -> None:
        data = parts.data
        with_data(parts, x=data.x * factor + offset, val_x=data.val_x * factor + offset)

    return change


def _raw(name: str) -> Change:
    def change(parts: Parts) -> None:
        parts.data = examples(name)

    return change


def _bad_example(value: float) -> Change:
    def change(parts: Parts) -> None:
        x = parts.data.x.clone()
        x[len(x) // 2].view(-1)[0] = value
        with_data(parts, x=x)

    return change


def _insert(kind: type[nn.Module], behind: type[nn.Module]) -> Change:
    """Put a module in the place of an activation."""

    def change(parts: Parts) -> None:
        for name, module in list(parts.net.named_modules()):
            if isinstance(module, behind):
                parent = parts.net.get_submodule(name.rpartition(".")[0])
                setattr(parent, name.rpartition(".")[2], kind())
                return

    return change


def _by_hand(parts: Parts) -> None:
    parts.loss = mistakes.LogOfProbability()
    with torch.no_grad():
        _weighted(parts)[-1].weight.mul_(200)


def _wrapped(kind: type[mistakes.Wrapped]) -> Change:
    def change(parts: Parts) -> None:
        parts.net = kind(parts.net)

    return change


def _along_batch(parts: Parts) -> None:
    torch.manual_seed(parts.seed)
    parts.net = mistakes.AlongBatch()


def _negative(logged: float) -> Change:
    return _set(sign=-1.0, logged_sign=logged)


def _constant(value: float) -> Change:
    def change(parts: Parts) -> None:
        for each in parts.net.parameters():
            nn.init.constant_(each, value)

    return change


def _no_activation(parts: Parts) -> None:
    for name, module in list(parts.net.named_modules()):
        if isinstance(module, nn.ReLU | nn.Tanh | nn.GELU | nn.Sigmoid):
            parent = parts.net.get_submodule(name.rpartition(".")[0])
            setattr(parent, name.rpartition(".")[2], nn.Identity())


def _one_class(parts: Parts) -> None:
    layer = _weighted(parts)[-1]
    with torch.no_grad():
        assert layer.bias is not None
        layer.bias[0] = 200
    layer.bias.requires_grad_(False)
    layer.weight.requires_grad_(False)
    layer.weight.data.mul_(0.01)
    parts.optimised = lambda net: [p for p in net.parameters() if p.requires_grad]


def _unbalanced(share: float) -> Change:
    """Keep of all classes but the first so few that the first has a share."""

    def change(parts: Parts) -> None:
        data = parts.data
        first = torch.nonzero(data.y == 0)[:, 0]
        others = torch.nonzero(data.y != 0)[:, 0]
        count = max(data.classes - 1, round(len(first) * (1 - share) / share))
        kept = torch.cat([first, others[:count]])
        with_data(parts, x=data.x[kept], y=data.y[kept])

    return change


def _detached(at: int) -> Change:
    def change(parts: Parts) -> None:
        assert isinstance(parts.net, nn.Sequential)
        parts.net = mistakes.Detached(parts.net, at)

    return change


def _last_only(parts: Parts) -> None:
    layer = _weighted(parts)[-1]
    parts.optimised = lambda _: list(layer.parameters())


FAULTS: tuple[Fault, ...] = (
    Fault(
        "rate too high", "thirty to three hundred times the best rate",
        ("rate_too_high",),
        (("relu", _times(50)), ("tanh", _times(100)), ("sigmoid", _times(100)),
         ("conv-plain", _times(50)), ("lstm", _times(50))),
    ),
    Fault(
        "rate too low", "a three-hundredth of the best rate", ("rate_too_low",),
        (("relu", _times(1 / 300)), ("tanh", _times(1 / 300)), ("conv", _times(1 / 300)),
         ("gelu", _times(1 / 300)), ("spiral", _times(1 / 300))),
    ),
    Fault(
        "start", "last layer's first weights 60 times as large", ("start_loss",),
        (("relu", _last_large), ("tanh", _last_large), ("conv", _last_large),
         ("lstm", _last_large)),
        ("sgd", "adam"),
    ),
    Fault(
        "vanishing", "eight sigmoid layers, or tanh layers with small first weights",
        ("vanishing",),
        (("sigmoid", _deep("sigmoid", 8)), ("tanh", _deep("tanh", 8, 0.15)),
         ("gelu", _deep("sigmoid", 8)), ("relu", _deep("relu", 8, 0.15))),
        ("sgd", "momentum"),
    ),
    Fault(
        "exploding", "eight layers whose first weights are five times too large", ("exploding",),
        (("relu", _deep("relu", 8, 5)), ("gelu", _deep("gelu", 8, 5)),
         ("spiral", _deep("relu", 8, 5)), ("wine", _deep("relu", 8, 6))),
    ),
    Fault(
        "dead units", "biases of the first layer at -30", ("dead_units",),
        (("relu", _dead), ("deep", _dead), ("conv-plain", _dead), ("circle", _dead)),
    ),
    Fault(
        "saturated", "hidden layers' first weights 60 times as large", ("saturated",),
        (("tanh", _saturated), ("sigmoid", _saturated), ("wine", _saturated),
         ("spiral", _saturated)),
    ),
    Fault(
        "overfitting", "few examples, some labelled wrongly, learned by heart",
        ("overfitting",),
        (("relu", _noisy(0.15, 120)), ("conv", _noisy(0.3, 120)), ("tanh", _noisy(0.15, 120)),
         ("lstm", _noisy(0.1, 120)), ("spiral", _few(40, 1500))),
    ),
    Fault(
        "wrong labels", "a quarter of the labels replaced by others", ("labels",),
        (("relu", wrong_labels(0.25)), ("conv", wrong_labels(0.25)),
         ("sigmoid", wrong_labels(0.25)), ("spiral", wrong_labels(0.25))),
    ),
    Fault(
        "unrelated labels", "labels dealt out anew", ("not_learning", "labels", "overfitting"),
        (("relu", _unrelated), ("sigmoid", _unrelated), ("conv-plain", _unrelated),
         ("lstm", _unrelated)),
    ),
    Fault(
        "input scale", "inputs as they were measured, times 255, or far from 0",
        ("input_scale",),
        (("gelu", _raw("cancer-raw")), ("wine", _raw("wine-raw")), ("relu", _scaled(255)),
         ("conv-plain", _scaled(1, 100)), ("circle", _scaled(1000))),
    ),
    Fault(
        "bad example", "an example with a value that is not finite", ("nonfinite",),
        (("relu", _bad_example(math.nan)), ("conv", _bad_example(math.inf)),
         ("wine", _bad_example(math.nan)), ("circle", _bad_example(math.nan))),
    ),
    Fault(
        "not finite", "log of 0 in the loss, root of what is below 0, exponential that overflows",
        ("nonfinite",),
        (("relu", _by_hand), ("deep", _insert(mistakes.Rooted, nn.ReLU)),
         ("circle", _insert(mistakes.SoftplusByHand, nn.ReLU)),
         ("conv-plain", _insert(mistakes.Rooted, nn.ReLU))),
    ),
    Fault(
        "evaluation mode", "never set back to training mode", ("evaluation_mode",),
        (("conv", _set(learns_in_training=False)), ("norm", _set(learns_in_training=False)),
         ("dropout", _set(learns_in_training=False)),
         ("residual", _set(learns_in_training=False))),
    ),
    Fault(
        "judged in training mode", "`eval()` forgotten", ("training_mode",),
        (("conv", _set(judges_in_training=True)), ("norm", _set(judges_in_training=True)),
         ("dropout", _set(judges_in_training=True))),
    ),
    Fault(
        "mixing", "examples of a batch get at one another", ("mixing",),
        (("relu", _wrapped(mistakes.SoftmaxedAcross)), ("gelu", _wrapped(mistakes.Centred)),
         ("conv", _wrapped(mistakes.Reshaped)), ("lstm", _along_batch)),
    ),
    Fault(
        "zero_grad", "gradients never set to zero", ("zero_grad",),
        (("relu", _set(zeroes=False)), ("conv", _set(zeroes=False)),
         ("lstm", _set(zeroes=False)), ("wine", _set(zeroes=False))),
    ),
    Fault(
        "sign", "the loss is made large: its sign, or `maximize`", ("climbing",),
        (("relu", _negative(1)), ("tanh", _negative(-1)), ("conv", _set(maximize=True)),
         ("lstm", _negative(1)), ("gelu", _set(maximize=True)), ("spiral", _negative(-1))),
    ),
    Fault(
        "constant start", "all first weights the same", ("twins",),
        (("relu", _constant(0.05)), ("tanh", _constant(0.1)), ("gelu", _constant(0.0)),
         ("lstm", _constant(0.1))),
    ),
    Fault(
        "softmax twice", "a softmax before the cross-entropy", ("softmax_twice",),
        (("relu", _wrapped(mistakes.Softmaxed)), ("conv", _wrapped(mistakes.Softmaxed)),
         ("wine", _wrapped(mistakes.Softmaxed)), ("gru", _wrapped(mistakes.Softmaxed))),
    ),
    Fault(
        "no activation", "hidden layers' activations left out", ("no_activation",),
        (("relu", _no_activation), ("circle", _no_activation), ("conv-plain", _no_activation),
         ("norm", _no_activation)),
    ),
    Fault(
        "one class", "a last layer that cannot move and likes one class", ("one_class",),
        (("relu", _one_class), ("wine", _one_class), ("conv", _one_class),
         ("circle", _one_class)),
    ),
    Fault(
        "unbalanced", "one class has 19 of 20 examples", ("unbalanced",),
        (("relu", _unbalanced(0.95)), ("gelu", _unbalanced(0.95)),
         ("circle", _unbalanced(0.95)), ("lstm", _unbalanced(0.95))),
    ),
    Fault(
        "no gradient", "layers cut from the graph, or never called", ("no_gradient",),
        (("relu", _detached(3)), ("conv-plain", _detached(2)), ("tanh", _wrapped(mistakes.Spare)),
         ("lstm", _wrapped(mistakes.Spare))),
    ),
    Fault(
        "not optimised", "all layers but the last forgotten", ("not_optimised",),
        (("relu", _last_only), ("conv", _last_only), ("lstm", _last_only)),
    ),
    Fault(
        "too much decay", "weight decay of 1", ("decay",),
        (("relu", _set(decay=1.0)), ("conv-plain", _set(decay=1.0)), ("tanh", _set(decay=1.0)),
         ("gelu", _set(decay=1.0))),
        ("sgd", "adam"),
    ),
)  # fmt: skip

assert all(learner in LEARNERS for fault in FAULTS for learner, _ in fault.varieties)
