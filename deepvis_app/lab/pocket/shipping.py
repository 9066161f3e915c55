"""From a training state to the file that ships."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from safetensors.torch import save_file
from torch import nn

from deepvis_app.files import whole
from deepvis_app.nets.pocket import digest

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from deepvis_app.nets.pocket import Pocket


def fold(trained: Pocket) -> dict[str, Tensor]:
    """Return the state of the shipped form: each batch norm folded into the convolution before it.

    In evaluation `norm(conv(x)) = g (w x - m) / s + b` with `s = sqrt(var + eps)`, so the folded
    weight is `w g / s` and the folded bias `b - m g / s`.
    """
    state: dict[str, Tensor] = {}
    for name, convolution in trained.convolutions():
        norm = trained.get_submodule("norm" + name.removeprefix("conv"))
        if not isinstance(norm, nn.BatchNorm2d):
            raise TypeError(f"{name} has no batch norm to fold")
        mean, variance = norm.get_buffer("running_mean"), norm.get_buffer("running_var")
        gain = norm.weight / (variance + norm.eps).sqrt()
        state[f"{name}.weight"] = (convolution.weight * gain[:, None, None, None]).detach()
        state[f"{name}.bias"] = (norm.bias - mean * gain).detach()
    logits = trained.get_submodule("logits")
    return state | {f"logits.{name}": value for name, value in logits.state_dict().items()}


def ship(trained: Pocket, target: Path) -> None:
    """Write the folded network as float16 safetensors with a checksum, whole or not at all."""
    tensors = {name: value.to(torch.float16).contiguous() for name, value in fold(trained).items()}
    with whole(target) as draft:
        save_file(tensors, draft, {"sha256": digest(tensors)})
