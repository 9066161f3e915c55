"""What covers a part of a picture: black, its mean colour, or the picture out of focus."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own customary name

from deepvis_app.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

    from deepvis_app.nets import Box, Network

BLUR_SHARE = 0.05  # standard deviation of the blur, of the input's longer side


class Fill(Enum):
    """What a covered part is filled with."""

    BLACK = "black"
    MEAN = "mean"  # the picture's own mean colour
    BLUR = "blur"  # the picture itself, out of focus

    @classmethod
    def parse(cls, value: Fill | str) -> Fill:
        """Read a fill's name; raises `UserError`."""
        try:
            return cls(value)
        except ValueError:
            names = ", ".join(fill.value for fill in cls)
            raise UserError(f"There is no fill {value!r}", f"Choose {names}") from None


def filling(network: Network, x: Tensor, fill: Fill | str) -> Tensor:
    """Return an input of x's shape, (C, H, W) or (N, C, H, W), that is nothing but filling."""
    fill = Fill.parse(fill)
    if fill is Fill.MEAN:
        return x.mean((-2, -1), keepdim=True).expand_as(x)
    if fill is Fill.BLUR:
        return blurred(x, BLUR_SHARE * max(x.shape[-2:]))
    black = network.preprocessing.normalise(np.zeros((1, 1, 3), np.uint8), network.input_shape)
    return black.to(x).expand_as(x)


def occlude(x: Tensor, box: Box, covering: Tensor) -> Tensor:
    """Return a copy of inputs (…, H, W) whose `box` of pixels is taken from `covering`.

    `covering` is what `filling` gives for x. The box may reach over the border.
    """
    top, left, bottom, right = box
    area = (..., slice(max(top, 0), max(bottom, 0)), slice(max(left, 0), max(right, 0)))
    x = x.clone()
    x[area] = covering[area]
    return x


def blurred(x: Tensor, sigma: float) -> Tensor:
    """Return (…, H, W) blurred by a Gaussian of `sigma` px; the border's pixels go on outside it.

    The Gaussian is cut off at three standard deviations.
    """
    radius = max(1, round(3 * sigma))
    places = torch.arange(-radius, radius + 1, device=x.device, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (places / sigma) ** 2)
    kernel = (kernel / kernel.sum()).to(x.dtype)
    planes = x.reshape(-1, 1, *x.shape[-2:])
    down, across = (0, 0, radius, radius), (radius, radius, 0, 0)
    planes = F.conv2d(F.pad(planes, down, "replicate"), kernel.view(1, 1, -1, 1))
    planes = F.conv2d(F.pad(planes, across, "replicate"), kernel.view(1, 1, 1, -1))
    return planes.reshape(x.shape)
