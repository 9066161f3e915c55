"""Convolution weights in the processor's own order: once, instead of anew in every pass.

PyTorch's eager convolutions on a CPU reorder their weights for oneDNN each time they run; its
compiler packs them beforehand (`torch/_inductor/fx_passes/mkldnn_fusion.py`), with the same
operators as here. That is a tenth of ResNet-18's time, and the result is the same.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.nets.network import Network


def pack_convolutions(network: Network) -> int:
    """Speed up a replica's convolutions on a CPU; return how many were packed.

    Passes with gradients still take PyTorch's way. Only plain convolutions are packed, and none
    where that is not to be had or changes what the network gives.
    """
    x = torch.rand(1, *network.input_shape, generator=torch.Generator().manual_seed(0))
    last = [network.layers[-1].name]
    shapes: dict[nn.Conv2d, tuple[int, ...]] = {}
    with torch.no_grad(), ExitStack() as hooks:
        for module in network.module.modules():
            if _is_plain(module):
                hooks.callback(module.register_forward_hook(_noting(shapes)).remove)
        before = network.forward(x, last).activations
    packed = [conv for conv, shape in shapes.items() if _pack(conv, shape)]
    with torch.no_grad():
        after = network.forward(x, last).activations
    if all(torch.allclose(before[name], after[name], rtol=1e-4, atol=1e-5) for name in last):
        return len(packed)
    for conv in packed:
        del conv.forward
    return 0


def _is_plain(module: nn.Module) -> bool:
    """Tell whether it is a convolution whose weight is what it says, float32 on a CPU."""
    return (
        type(module) is nn.Conv2d  # a subclass or a parametrised one may compute anything
        and module.padding_mode == "zeros"
        and isinstance(module.padding, tuple)
        and isinstance(module._parameters.get("weight"), nn.Parameter)  # noqa: SLF001
        and module.weight.dtype is torch.float32
        and module.weight.device.type == "cpu"
    )


def _noting(shapes: dict[nn.Conv2d, tuple[int, ...]]) -> Callable[..., None]:
    def note(module: nn.Conv2d, args: tuple[Tensor, ...], _output: Tensor) -> None:
        shapes[module] = tuple(args[0].shape)

    return note


def _pack(conv: nn.Conv2d, shape: tuple[int, ...]) -> bool:
    plain = conv.forward
    ways = conv.padding, conv.stride, conv.dilation, conv.groups
    try:
        run = torch.ops.mkldnn._convolution_pointwise  # noqa: SLF001
        reorder = torch.ops.mkldnn._reorder_convolution_weight  # noqa: SLF001
        weight = reorder(conv.weight.detach(), *ways, list(shape))
    except (AttributeError, RuntimeError, NotImplementedError):
        return False

    def forward(x: Tensor) -> Tensor:
        if torch.is_grad_enabled() or x.dtype is not torch.float32 or x.ndim != 4:
            return plain(x)
        result: Tensor = run(x, weight, conv.bias, *ways, "none", [], "")
        return result

    conv.forward = forward  # type: ignore[method-assign, assignment]
    return True
