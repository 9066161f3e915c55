"""The settings of an attack."""

from __future__ import annotations

from enum import Enum

from pydantic import Field

from deepvis_app.fields import shown
from deepvis_app.synth.ball import Norm
from deepvis_app.synth.play.technique import Spec

#: Sizes at which one looks how an attack takes hold; of pixels in 0..1.
EPSILONS = tuple(levels / 255 for levels in (0, 0.25, 0.5, 1, 2, 4, 8))

MOST_EPSILON = 30
ROUNDS = 12  # of the search for the least change, at most
NEAR = 0.01  # share of it to which it is sought
CHUNK = 10  # steps between two looks at whether a picture from noise is there


class Method(Enum):
    """How a changed picture is sought."""

    FGSM = "fgsm"
    PGD = "pgd"
    LEAST = "least"
    NOISE = "noise"


class AttackSpec(Spec):
    """What is to be said in place of what, and by how large a change."""

    method: Method = Field(
        default=Method.PGD, title="Method",
        json_schema_extra=shown(words={
            "fgsm": "FGSM, one step", "pgd": "PGD", "least": "Least change", "noise": "From noise",
        }),
    )  # fmt: skip
    """One step (FGSM), many (PGD), the least change that does it, or a picture out of noise."""

    norm: Norm = Field(
        default=Norm.LINF, title="Norm",
        json_schema_extra=shown(words={"linf": "L∞", "l2": "L2"}, side_by_side=True),
    )  # fmt: skip
    """Bound the largest change of any value (L-infinity), or the length of the whole change."""

    epsilon: float = Field(
        default=2 / 255, ge=0, le=MOST_EPSILON, title="ε",
        json_schema_extra=shown("of 255", logarithmic=True, factor=255, decimals=2),
    )  # fmt: skip
    """Largest size of the change, of pixels in 0..1."""

    target: int = Field(default=-1, ge=-1, title="Towards")
    """The class that the network is to say; -1: anything but what it says now."""

    label: int = Field(default=-1, ge=-1, title="Away from")
    """The class that it is to say no more; -1: what it says now."""

    steps: int = Field(default=10, ge=1, le=1000, title="Steps")
    """Number of steps; FGSM takes one, from noise it is up to ten times as many."""

    step_size: float = Field(
        default=0.0, ge=0, le=MOST_EPSILON, title="Step size",
        json_schema_extra=shown("of 255", logarithmic=True, factor=255, decimals=2, zero="by ε"),
    )  # fmt: skip
    """Size of a step, of pixels in 0..1; 0: a share of ε."""

    step_share: float = Field(
        default=0.25, gt=0, le=1, title="Step share", json_schema_extra=shown("of ε")
    )
    """A step as a share of ε, where it has no size of its own: .25 of 8/255 is 2/255."""

    scatter: bool = Field(default=True, title="Random start")
    """Start PGD somewhere within ε, not at the picture itself."""

    def step(self, epsilon: float) -> float:
        """Return the size of a step in 0..1, of a search within `epsilon`."""
        if self.method is Method.FGSM:
            return epsilon
        return self.step_size or self.step_share * epsilon

    @property
    def moves(self) -> int:
        """How often a search moves the picture."""
        return 1 if self.method is Method.FGSM else self.steps

    @property
    def passes(self) -> int:
        """Steps that are told: one more than a search moves the picture, as the last is read."""
        if self.method is Method.LEAST:
            return (self.moves + 1) * (ROUNDS + 1)
        if self.method is Method.NOISE:
            return self.steps * (CHUNK + 1)
        return self.moves + 1
