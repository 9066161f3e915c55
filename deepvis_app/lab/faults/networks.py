"""The networks of the table, and how each learns well."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "gelu": nn.GELU,
}  # fmt: skip


def perceptron(
    sizes: tuple[int, ...], activation: str = "relu", *, norm: bool = False, dropout: float = 0.0
) -> nn.Sequential:
    """Return a fully connected network: what is given is flattened first."""
    layers: list[nn.Module] = [nn.Flatten()]
    for given, units in pairwise(sizes[:-1]):
        layers.append(nn.Linear(given, units))
        layers += [nn.BatchNorm1d(units)] if norm else []
        layers.append(ACTIVATIONS[activation]())
        layers += [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))


def convolutions(activation: str = "relu", *, norm: bool = True, dropout: float = 0) -> nn.Module:
    """Return two convolutions and a layer of scores, for 8 x 8 pictures."""
    layers: list[nn.Module] = []
    for given, units, stride in ((1, 8, 1), (8, 16, 2)):
        layers.append(nn.Conv2d(given, units, 3, stride, 1, bias=not norm))
        layers += [nn.BatchNorm2d(units)] if norm else []
        layers.append(ACTIVATIONS[activation]())
    layers += [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(256, 10))


class Block(nn.Module):
    """A residual block: x + f(x)."""

    def __init__(self, units: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(units, units, 3, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(units)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(units, units, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(units)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.relu(self.norm1(self.conv1(x)))
        result: Tensor = self.relu(x + self.norm2(self.conv2(inner)))
        return result


def residual() -> nn.Module:
    """Return a residual network of two blocks, for 8 x 8 pictures."""
    stem = nn.Conv2d(1, 8, 3, 2, 1)
    return nn.Sequential(
        stem, nn.BatchNorm2d(8), nn.ReLU(), Block(8), Block(8),
        nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(32, 10),
    )  # fmt: skip


class Recurrent(nn.Module):
    """A letter's vector, a recurrent layer, scores from its last state."""

    def __init__(self, kind: type[nn.LSTM | nn.GRU] = nn.LSTM, units: int = 24) -> None:
        super().__init__()
        self.embed = nn.Embedding(8, 8)
        self.recurrent = kind(8, units, batch_first=True)
        self.head = nn.Linear(units, 4)

    def forward(self, x: Tensor) -> Tensor:
        states = self.recurrent(self.embed(x))[0]
        scores: Tensor = self.head(states[:, -1])
        return scores


@dataclass(frozen=True, slots=True)
class Learner:
    """A network with its examples and the rates at which it learns best."""

    examples: str
    make: Callable[[], nn.Module]
    sgd: float  # best rate of plain descent; with momentum 0.9 a fifth of it
    adam: float  # of Adam, AdamW and RMSprop
    steps: int = 300
    batch: int = 32


LEARNERS: dict[str, Learner] = {
    "relu": Learner("digits", lambda: perceptron((64, 32, 10)), 0.2, 0.005),
    "tanh": Learner("digits-flat", lambda: perceptron((64, 30, 10), "tanh"), 0.2, 0.005),
    "sigmoid": Learner("digits", lambda: perceptron((64, 30, 10), "sigmoid"), 1.0, 0.02),
    "deep": Learner("digits", lambda: perceptron((64, 32, 32, 32, 10)), 0.15, 0.003),
    "gelu": Learner("cancer", lambda: perceptron((30, 24, 24, 2), "gelu"), 0.1, 0.004),
    "wine": Learner("wine", lambda: perceptron((13, 16, 3), "tanh"), 0.1, 0.01, 200),
    "circle": Learner("circle", lambda: perceptron((2, 24, 24, 2)), 0.3, 0.01),
    "spiral": Learner("spiral", lambda: perceptron((2, 32, 32, 3), "tanh"), 0.4, 0.01, 400),
    "conv": Learner("digits", convolutions, 0.1, 0.005, 200),
    "conv-plain": Learner("digits", lambda: convolutions(norm=False), 0.1, 0.004, 200),
    "residual": Learner("digits", residual, 0.1, 0.005, 160),
    "norm": Learner("digits", lambda: perceptron((64, 32, 32, 10), norm=True), 0.2, 0.005),
    "lstm": Learner("text", Recurrent, 1.0, 0.01, 250),
    "gru": Learner("text", lambda: Recurrent(nn.GRU), 0.7, 0.01, 250),
    "dropout": Learner("digits", lambda: perceptron((64, 64, 64, 10), dropout=0.3), 0.2, 0.004),
}
