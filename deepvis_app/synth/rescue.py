"""A way out for units whose ReLUs are all shut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor


def redirected(y: Tensor, gradient: Tensor) -> Tensor:
    """Give a ReLU's gradient; where all of a sample's would be blocked, let through what lifts.

    For ascent: of a sample that gets nothing, shut ReLUs pass gradients above zero, which open
    them (the "redirected" gradient of the library lucid, there for descent).
    """
    is_open = y > 0
    passed = torch.where(is_open, gradient, 0)
    lifting = torch.where(is_open, gradient, gradient.clamp(min=0))
    gets_some = (passed != 0).flatten(1).any(1)
    return torch.where(gets_some.view(-1, *[1] * (y.ndim - 1)), passed, lifting)
