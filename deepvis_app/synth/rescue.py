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
    passed: Tensor = torch.ops.aten.threshold_backward(gradient, y, 0)
    gets_some = passed.flatten(1).any(1)
    if gradient.device.type == "cpu" and bool(gets_some.all()):  # elsewhere a look would cost more
        return passed
    lifting = torch.where(y > 0, gradient, gradient.clamp(min=0))
    return torch.where(gets_some.view(-1, *[1] * (y.ndim - 1)), passed, lifting)
