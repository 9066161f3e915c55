"""What can be chosen in a recipe."""

from __future__ import annotations

from enum import Enum


class Form(Enum):
    """What the numbers are that are optimised."""

    PIXEL = "pixel"
    FOURIER = "fourier"
    LAPLACIAN = "laplacian"
    PHASE = "phase"


class Start(Enum):
    """The first picture."""

    MEAN_PLUS_RAND = "mean_plus_rand"
    RANDU = "randu"
    MEAN = "mean"


class Place(Enum):
    """Which part of a unit's map counts where the unit has no position of its own."""

    CENTRE = "centre"
    CHANNEL = "channel"


class Quantity(Enum):
    """What of a unit is optimised."""

    ACTIVATION = "activation"
    PROBABILITY = "probability"


class Direction(Enum):
    MAXIMISE = "maximise"
    MINIMISE = "minimise"


class Normalise(Enum):
    """What a gradient is divided by."""

    NONE = "none"
    RMS = "rms"
    L2 = "l2"
    MEAN_ABS = "mean_abs"
    SIGN = "sign"


class Policy(Enum):
    """How far a step goes."""

    CONSTANT = "constant"
    PROGRESS = "progress"
    PROGRESS01 = "progress01"
    ADAM = "adam"
    NADAM = "nadam"
    LBFGS = "lbfgs"


class Statistics(Enum):
    """What of a unit's map is compared with photographs."""

    MOMENTS = "moments"
    SORTED = "sorted"
