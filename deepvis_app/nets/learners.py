"""Small networks that a person trains: a perceptron, a stack of convolutions, a fresh `pocket`.

All are plain sequences of named modules, take (N, C, H, W) and give logits (N, classes). Their
builders take plain arguments, so that a profile may name them without being trusted.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import TYPE_CHECKING

from torch import nn

from deepvis_app.errors import UserError, in_brief
from deepvis_app.nets.pocket import Pocket

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ACTIVATIONS = ("relu", "leaky", "tanh", "sigmoid", "gelu", "none")
MOST_UNITS = 65_536  # in a layer
MOST_LAYERS = 50
LEAST_SIDE = 4  # px of a picture that is convolved
POCKET_LEAST_SIDE = 32

_MAKERS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "leaky": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
}


def fully_connected(
    inputs: Sequence[int] = (1, 28, 28),
    hidden: Sequence[int] = (30,),
    classes: int = 10,
    activation: str = "sigmoid",
    dropout: float = 0.0,
    batch_norm: bool = False,
) -> nn.Sequential:
    """Return linear layers `fc1` …, each but the last with an activation behind it.

    Parameters
    ----------
    inputs : (C, H, W) of one input
    hidden : units of the layers between input and scores; empty: one linear layer
    classes : units of the last layer, whose values are logits
    activation : one of `ACTIVATIONS`; "none" leaves the network linear
    dropout : share 0..1 (less than 1) of a hidden layer's units that training silences
    batch_norm : a batch norm (`norm1` …) before each activation

    The defaults are 784-30-10, the network of Nielsen's "Neural networks and deep learning",
    chapter 1. Raises `UserError` for sizes that no network can have.
    """
    count, height, width = _checked(inputs, hidden, classes, activation, dropout)
    parts: OrderedDict[str, nn.Module] = OrderedDict(flatten=nn.Flatten())
    size = count * height * width
    for number, units in enumerate(hidden, 1):
        parts[f"fc{number}"] = nn.Linear(size, units, bias=not batch_norm)
        if batch_norm:
            parts[f"norm{number}"] = nn.BatchNorm1d(units)
        _activate(parts, activation, number)
        if dropout:
            parts[f"dropout{number}"] = nn.Dropout(dropout)
        size = units
    parts[f"fc{len(hidden) + 1}"] = nn.Linear(size, classes)
    return nn.Sequential(parts)


def convnet(
    inputs: Sequence[int] = (3, 64, 64),
    channels: Sequence[int] = (24, 48, 64, 96),
    classes: int = 10,
    activation: str = "relu",
    dropout: float = 0.0,
    batch_norm: bool = False,
) -> nn.Sequential:
    """Return convolutions `conv1` …, the mean over all places, and a linear layer `fc`.

    The first convolution is 7 × 7 in steps of two where pictures have 48 px or more, 5 × 5 from
    24 px on, else 3 × 3 as are all others; behind each lie an activation and, while at least four
    places a side are left, a max-pool that halves them. Parameters are those of `fully_connected`;
    `channels` are the units of the convolutions, `dropout` acts before `fc`.
    """
    width, *sides = _checked(inputs, channels, classes, activation, dropout)
    side = min(sides)
    if not channels:
        raise UserError(
            "A convolutional network has no convolution", "Give the units of at least one"
        )
    if side < LEAST_SIDE:
        raise UserError(
            f"A convolutional network cannot see inputs of {sides[0]} × {sides[1]}",
            f"Give pictures of {LEAST_SIDE} × {LEAST_SIDE} or more, or use fully-connected",
        )
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    for number, units in enumerate(channels, 1):
        kernel, stride = _kernel(side) if number == 1 else (3, 1)
        parts[f"conv{number}"] = nn.Conv2d(
            width, units, kernel, stride, kernel // 2, bias=not batch_norm
        )
        if batch_norm:
            parts[f"norm{number}"] = nn.BatchNorm2d(units)
        _activate(parts, activation, number)
        side = math.ceil(side / stride)
        if side >= LEAST_SIDE and number < len(channels):
            parts[f"pool{number}"] = nn.MaxPool2d(2)
            side //= 2
        width = units
    parts["pool"] = nn.AdaptiveAvgPool2d(1)
    parts["flatten"] = nn.Flatten()
    if dropout:
        parts["dropout"] = nn.Dropout(dropout)
    parts["fc"] = nn.Linear(width, classes)
    return nn.Sequential(parts)


def pocket(classes: int = 10, batch_norm: bool = True) -> Pocket:
    """Return the bundled network's architecture with fresh weights, in the form that is trained.

    It takes (N, 3, H, W) of 32 px or more a side.
    """
    _whole("classes", classes, 1)
    return Pocket(batch_norm=batch_norm, class_count=classes)


LEARNERS: dict[str, Callable[..., nn.Module]] = {
    "fully_connected": fully_connected,
    "convnet": convnet,
    "pocket": pocket,
}


def _activate(parts: OrderedDict[str, nn.Module], activation: str, number: int) -> None:
    if activation != "none":
        parts[f"{activation}{number}"] = _MAKERS[activation]()


def _kernel(side: int) -> tuple[int, int]:
    """Return the side and the step of a first kernel for pictures of `side` px."""
    if side >= 48:
        return 7, 2
    return (5, 1) if side >= 24 else (3, 1)


def _checked(
    inputs: Sequence[int], layers: Sequence[int], classes: int, activation: str, dropout: float
) -> tuple[int, int, int]:
    if len(inputs) != 3:
        raise UserError(f"inputs = {in_brief(inputs)} is no shape", "Give channels, height, width")
    for side in inputs:
        _whole("inputs", side, 1)
    for units in layers:
        _whole("units", units, 1)
    if len(layers) > MOST_LAYERS:
        raise UserError(f"There are {len(layers)} layers", f"Give at most {MOST_LAYERS}")
    _whole("classes", classes, 1)
    if activation not in ACTIVATIONS:
        raise UserError(
            f"There is no activation {in_brief(activation)}", f"Use {', '.join(ACTIVATIONS)}"
        )
    if isinstance(dropout, bool) or not 0 <= dropout < 1:
        raise UserError(f"dropout = {in_brief(dropout)} is no share", "Give 0 to less than 1")
    return inputs[0], inputs[1], inputs[2]


def _whole(what: str, value: int, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= MOST_UNITS:
        raise UserError(
            f"{what} = {in_brief(value)} cannot be used",
            f"Give a whole number from {least} to {MOST_UNITS}",
        )
