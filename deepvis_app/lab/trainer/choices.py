"""What a plan of a training chooses from."""

from __future__ import annotations

from enum import Enum


class Activation(Enum):
    """What lies behind every hidden layer; the values are those of `nets.learners`."""

    RELU = "relu"
    LEAKY = "leaky"
    TANH = "tanh"
    SIGMOID = "sigmoid"
    GELU = "gelu"
    NONE = "none"


class Cost(Enum):
    """What is made small. See `costs`."""

    CROSS_ENTROPY = "cross-entropy"
    QUADRATIC = "quadratic"


class Optimizer(Enum):
    """Who makes a step of a gradient."""

    SGD = "sgd"
    ADAM = "adam"
    ADAMW = "adamw"
    RMSPROP = "rmsprop"


class Initialisation(Enum):
    """What the first weights are drawn from. See `initial`."""

    DEFAULT = "default"
    HE = "he"
    XAVIER = "xavier"
    LECUN = "lecun"
    LARGE = "large"
    CONSTANT = "constant"
    ZERO = "zero"


class Weights(Enum):
    """Which weights a network begins with."""

    RANDOM = "random"
    OWN = "own"


class Normalise(Enum):
    """What the brightness 0..255 of a picture becomes before the network sees it."""

    STANDARD = "standard"
    UNIT = "0..1"
    NONE = "0..255"
