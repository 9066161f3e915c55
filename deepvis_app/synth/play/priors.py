"""What pictures cost by themselves: roughness, extremes, distance from another, length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from torch.nn import functional

from deepvis_app.synth.reads import PICTURE, Held, Reads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

_HALF = 128.0  # levels: values about the mean colour are then about -1..1
_LEVEL = 1 / _HALF


@dataclass(frozen=True, slots=True)
class Roughness(Reads):
    """The total variation: the mean of |slope|^beta over pixels and colours, values in -1..1 about.

    Slopes are to the pixel below and to the right, none at the border (Mahendran and Vedaldi 2015).
    With another `beta` than 2 they are smoothed at one level of brightness.
    """

    kind: ClassVar[str] = "roughness"

    beta: float = 2.0

    def read(self, seen: Mapping[str, Tensor]) -> Tensor:
        x = seen[PICTURE] / _HALF
        down, across = x.diff(dim=2).square(), x.diff(dim=3).square()
        squares = functional.pad(down, (0, 0, 0, 1)) + functional.pad(across, (0, 1))
        if self.beta == 2:
            return squares.mean()
        return (squares + _LEVEL**2).pow(self.beta / 2).mean()


@dataclass(frozen=True, slots=True)
class Extremes(Reads):
    """The mean sixth power of the picture's values, in -1..1 about (the paper's alpha norm)."""

    kind: ClassVar[str] = "extremes"

    def read(self, seen: Mapping[str, Tensor]) -> Tensor:
        return (seen[PICTURE] / _HALF).pow(6).mean()


@dataclass(frozen=True, slots=True)
class Departure(Reads):
    """The mean squared difference from a picture x (1, C, H, W), values in -1..1 about."""

    kind: ClassVar[str] = "departure"

    centre: Held

    def read(self, seen: Mapping[str, Tensor]) -> Tensor:
        return ((seen[PICTURE] - self.centre.values) / _HALF).square().mean()


@dataclass(frozen=True, slots=True)
class Energy(Reads):
    """The squared length |I|^2 of the picture I = x / unit, the network's mean colour as zero."""

    kind: ClassVar[str] = "energy"

    unit: float = 1.0  # levels

    def read(self, seen: Mapping[str, Tensor]) -> Tensor:
        return (seen[PICTURE] / self.unit).square().sum()
