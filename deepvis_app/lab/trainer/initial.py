"""What first weights are drawn from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import nn

from deepvis_app.lab.trainer.choices import Initialisation

if TYPE_CHECKING:
    from torch import Tensor

CONSTANT = 0.1
_LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


@torch.no_grad()
def initialise(module: nn.Module, how: Initialisation) -> None:
    """Draw the weights of all linear layers and convolutions anew, their biases 0.

    With n inputs and m outputs of a unit: He √(2/n), Xavier √(2/(n + m)), LeCun √(1/n), which is
    Nielsen's N(0, 1/√n); large N(0, 1), as in his first chapter, which saturates; constant 0.1;
    zero. The default is whatever the layers' own is.
    """
    if how is Initialisation.DEFAULT:
        return
    for part in module.modules():
        if not isinstance(part, _LAYERS):
            continue
        _draw(part.weight, how)
        if part.bias is not None:
            part.bias.zero_()


def _draw(weight: Tensor, how: Initialisation) -> None:
    places = math.prod(weight.shape[2:])
    fan_in, fan_out = weight.shape[1] * places, weight.shape[0] * places
    if how is Initialisation.CONSTANT:
        weight.fill_(CONSTANT)
    elif how is Initialisation.ZERO:
        weight.zero_()
    else:
        variance = {
            Initialisation.HE: 2 / fan_in,
            Initialisation.XAVIER: 2 / (fan_in + fan_out),
            Initialisation.LECUN: 1 / fan_in,
            Initialisation.LARGE: 1.0,
        }[how]
        weight.normal_(0, math.sqrt(variance))
