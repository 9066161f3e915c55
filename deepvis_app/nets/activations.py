"""What follows the weighted sum of a direction."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from deepvis_app.errors import UserError

KINDS = ("none", "relu", "topk", "jumprelu")


@dataclass(frozen=True, slots=True)
class Activation:
    """`none`: the sum. `relu`: no less than zero. `topk`, `jumprelu`: that, and fewer of them.

    `topk` leaves at each place the `k` largest of all directions, the others are zero (Gao et al.,
    "Scaling and evaluating sparse autoencoders", 2024). `jumprelu` leaves those above a threshold
    each, `threshold` (D,) or one for all (Rajamanoharan et al., "Jumping Ahead", 2024).
    """

    kind: str = "none"
    k: int = 0
    threshold: tuple[float, ...] = ()

    def __str__(self) -> str:
        return f"top {self.k}" if self.kind == "topk" else self.kind

    @property
    def title(self) -> str:
        """What it is called beside a sum, "" for none."""
        titles = {"none": "", "relu": "ReLU", "topk": f"top {self.k}", "jumprelu": "JumpReLU"}
        return titles[self.kind]

    def check(self, count: int) -> None:
        """Raise `UserError` where it does not fit `count` directions."""
        if self.kind not in KINDS:
            raise UserError(
                f"There is no activation {self.kind!r} of directions", f"Use {', '.join(KINDS)}"
            )
        if self.kind == "topk" and self.k < 1:
            raise UserError(f"TopK with k = {self.k} leaves no direction", "Use k of 1 or more")
        if self.kind == "jumprelu" and len(self.threshold) not in (1, count):
            raise UserError(
                f"There are {len(self.threshold)} thresholds for {count} directions",
                "Give one a direction, or one for all",
            )
        if not torch.isfinite(torch.tensor(self.threshold)).all():
            raise UserError("A threshold is NaN or infinite", "Make them again")

    def thresholds(self, count: int) -> Tensor | None:
        """Return the threshold of each of `count` directions, None where there are none."""
        if self.kind != "jumprelu":
            return None
        return torch.tensor(self.threshold).expand(count).contiguous()

    def __call__(self, sums: Tensor) -> Tensor:
        """Return activations of sums (N, D, h, w)."""
        if self.kind == "none":
            return sums
        found = sums.relu()
        if self.kind == "topk" and self.k < sums.shape[1]:
            kept = found.detach().topk(self.k, 1).indices
            is_kept = torch.zeros_like(found, dtype=torch.bool).scatter_(1, kept, True)
            return found.where(is_kept, 0.0)
        limits = self.thresholds(sums.shape[1])
        if limits is None:
            return found
        limits = limits.to(sums.device, sums.dtype)[:, None, None]
        return found.where(sums > limits, 0.0)

    def before(self, sums: Tensor, value: float, index: int) -> Tensor:
        """Return the sums nearest to one direction's `sums` that give `value`, where that can be.

        A rectified direction gives nothing below zero: it is held at zero then. Under `topk` the
        others decide as well whether a value is among the largest.
        """
        if self.kind == "none":
            return torch.full_like(sums, value)
        least = 0.0
        if self.kind == "jumprelu":
            least = max(self.threshold[index if len(self.threshold) > 1 else 0], 0.0)
        if value > 0:
            return torch.full_like(sums, value)
        return sums.clamp_max(least)  # where nothing is given, nothing is to be changed
