"""What is done to a training's parts to break it: each function makes or is such a change."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import nn

from deepvis_app.lab.faults import mistakes
from deepvis_app.lab.faults.networks import perceptron
from deepvis_app.lab.faults.parts import generator, with_data
from deepvis_app.lab.faults.sets import examples

if TYPE_CHECKING:
    from deepvis_app.lab.faults.parts import Change, Parts

WEIGHTED = (nn.Linear, nn.Conv2d)
EPOCHS = 6  # at least, for margins to tell something


def times(factor: float) -> Change:
    def change(parts: Parts) -> None:
        parts.rate *= factor

    return change


def setting(**values: object) -> Change:
    def change(parts: Parts) -> None:
        for name, value in values.items():
            setattr(parts, name, value)

    return change


def weighted(parts: Parts) -> list[nn.Linear | nn.Conv2d]:
    return [module for module in parts.net.modules() if isinstance(module, WEIGHTED)]


def last_large(parts: Parts) -> None:
    with torch.no_grad():
        weighted(parts)[-1].weight.mul_(60)


def deep(activation: str, depth: int, deviation: float | None = None) -> Change:
    def change(parts: Parts) -> None:
        torch.manual_seed(parts.seed)
        given = parts.data.x[0].numel()
        sizes = (given, *[24] * depth, parts.data.classes)
        parts.net = perceptron(sizes, activation)
        if deviation is not None:
            for layer in weighted(parts):
                nn.init.normal_(layer.weight, 0, deviation / math.sqrt(layer.weight.shape[1]))

    return change


def dead(parts: Parts) -> None:
    with torch.no_grad():
        layer = weighted(parts)[0]
        assert layer.bias is not None
        layer.bias.fill_(-30)


def saturated(parts: Parts) -> None:
    with torch.no_grad():
        for layer in weighted(parts)[:-1]:
            layer.weight.mul_(60)


def few(count: int, steps: int = 600) -> Change:
    def change(parts: Parts) -> None:
        with_data(parts, x=parts.data.x[:count], y=parts.data.y[:count])
        parts.steps, parts.batch = steps, min(parts.batch, count)

    return change


def noisy(share: float, count: int) -> Change:
    def change(parts: Parts) -> None:
        few(count)(parts)
        wrong_labels(share)(parts)

    return change


def wrong_labels(share: float) -> Change:
    """Return what replaces a share of the training labels by others, evenly drawn."""

    def change(parts: Parts) -> None:
        data, source = parts.data, generator(parts, 1)
        wrong = torch.rand(len(data.y), generator=source) < share
        other = torch.randint(1, data.classes, (len(data.y),), generator=source)
        with_data(parts, y=torch.where(wrong, (data.y + other) % data.classes, data.y))
        parts.steps = max(parts.steps, EPOCHS * (len(data.y) // parts.batch))

    return change


def unrelated(parts: Parts) -> None:
    source = generator(parts, 2)
    y, val_y = parts.data.y, parts.data.val_y
    with_data(
        parts,
        y=y[torch.randperm(len(y), generator=source)],
        val_y=val_y[torch.randperm(len(val_y), generator=source)],
    )


def scaled(factor: float, offset: float = 0) -> Change:
    def change(parts: Parts) -> None:
        data = parts.data
        with_data(parts, x=data.x * factor + offset, val_x=data.val_x * factor + offset)

    return change


def raw(name: str) -> Change:
    def change(parts: Parts) -> None:
        parts.data = examples(name)

    return change


def bad_example(value: float) -> Change:
    def change(parts: Parts) -> None:
        x = parts.data.x.clone()
        x[len(x) // 2].view(-1)[0] = value
        with_data(parts, x=x)

    return change


def insert(kind: type[nn.Module], behind: type[nn.Module]) -> Change:
    """Put a module in the place of the first activation of a kind."""

    def change(parts: Parts) -> None:
        first = next(n for n, each in parts.net.named_modules() if isinstance(each, behind))
        parts.net.set_submodule(first, kind())

    return change


def by_hand(parts: Parts) -> None:
    parts.loss = mistakes.LogOfProbability()
    with torch.no_grad():
        weighted(parts)[-1].weight.mul_(200)


def wrapped(kind: type[mistakes.Wrapped]) -> Change:
    def change(parts: Parts) -> None:
        parts.net = kind(parts.net)

    return change


def along_batch(parts: Parts) -> None:
    torch.manual_seed(parts.seed)
    parts.net = mistakes.AlongBatch()


def negative(logged: float) -> Change:
    return setting(sign=-1.0, logged_sign=logged)


def constant(value: float) -> Change:
    def change(parts: Parts) -> None:
        for each in parts.net.parameters():
            nn.init.constant_(each, value)

    return change


def no_activation(parts: Parts) -> None:
    for name, module in list(parts.net.named_modules()):
        if isinstance(module, nn.ReLU | nn.Tanh | nn.GELU | nn.Sigmoid):
            parts.net.set_submodule(name, nn.Identity())


def one_class(parts: Parts) -> None:
    layer = weighted(parts)[-1]
    with torch.no_grad():
        assert layer.bias is not None
        layer.bias[0] = 200
    layer.bias.requires_grad_(False)
    layer.weight.requires_grad_(False)
    layer.weight.data.mul_(0.01)
    parts.optimised = lambda net: [p for p in net.parameters() if p.requires_grad]


def unbalanced(share: float) -> Change:
    """Keep of all classes but the first so few that the first has a share."""

    def change(parts: Parts) -> None:
        data = parts.data
        first = torch.nonzero(data.y == 0)[:, 0]
        others = torch.nonzero(data.y != 0)[:, 0]
        count = max(data.classes - 1, round(len(first) * (1 - share) / share))
        kept = torch.cat([first, others[:count]])
        with_data(parts, x=data.x[kept], y=data.y[kept])

    return change


def detached(at: int) -> Change:
    def change(parts: Parts) -> None:
        assert isinstance(parts.net, nn.Sequential)
        parts.net = mistakes.Detached(parts.net, at)

    return change


def last_only(parts: Parts) -> None:
    layer = weighted(parts)[-1]
    parts.optimised = lambda _: list(layer.parameters())
