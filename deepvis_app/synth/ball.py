"""How far a picture may go from the one it started as."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

import torch

from deepvis_app.errors import UserError
from deepvis_app.synth.parameterisation import chance

if TYPE_CHECKING:
    from torch import Tensor


class Norm(Enum):
    """What the size of a change is."""

    LINF = "linf"
    L2 = "l2"


@dataclass(frozen=True, slots=True)
class Ball:
    """All pictures whose change is at most `radius`, in levels of 0..255: of any value, or in all.

    `scatter`: a run starts at a random place in it (Madry et al. 2018), not at its centre.
    """

    norm: Norm
    radius: float
    scatter: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.radius < float("inf"):
            raise UserError(f"A change of {self.radius:g} is none", "Allow 0 or more")

    def nearest(self, x: Tensor, centre: Tensor) -> Tensor:
        """Return the places in the ball that are nearest to pictures x (B, C, H, W)."""
        change = x - centre
        if self.norm is Norm.LINF:
            clamped: Tensor = change.clamp(-self.radius, self.radius)
            return centre + clamped
        length = torch.linalg.vector_norm(change, dim=(1, 2, 3), keepdim=True)
        share: Tensor = (self.radius / length.clamp(min=1e-30)).clamp(max=1)
        return centre + change * share

    def scattered(self, centre: Tensor, seed: int) -> Tensor:
        """Return a random place in the ball about one picture (1, C, H, W).

        Uniform in L-infinity; in L2 of a uniform direction and length.
        """
        generator = chance("cpu", seed, "ball")
        if self.norm is Norm.LINF:
            drawn = torch.rand(centre.shape, generator=generator) * 2 - 1
            return centre + drawn.to(centre) * self.radius
        drawn = torch.randn(centre.shape, generator=generator)
        share = torch.rand((), generator=generator)
        way: Tensor = drawn * (share / torch.linalg.vector_norm(drawn))
        return centre + way.to(centre) * self.radius
