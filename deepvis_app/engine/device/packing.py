"""Convolutions as a CPU likes them: weights in its own order, and a quick way back to the input.

PyTorch's eager convolutions on a CPU reorder their weights for oneDNN each time they run; its
compiler packs them beforehand (`torch/_inductor/fx_passes/mkldnn_fusion.py`), with the same
operators as here. That is a tenth of ResNet-18's time, and the result is the same.

The way back is made of forward convolutions, too: they are oneDNN's best. It matters most for a
network's first layer, wide steps over three colours, where oneDNN's own takes longer than all
other layers together: a quarter of a step of synthesis.
"""

from __future__ import annotations

import copy
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from deepvis_app.nets.calls import is_every_call_met
from deepvis_app.nets.relu_rules import without_rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.nets.network import Network

    Run = Callable[[Tensor], Tensor]
    WayBack = Callable[[Tensor, torch.Size], Tensor]  # from a gradient and the input's size

MANY_WEIGHTS = 50_000  # from here on, reordering costs more than a Python function
FEW_CHANNELS = 4  # of a picture


def pack_convolutions(network: Network) -> int:
    """Speed up a replica's convolutions on a CPU; return how many were packed.

    Only plain convolutions are packed, and none where that is not to be had or changes what the
    network gives. Passes in which weights need gradients still take PyTorch's way.
    """
    x = torch.rand(1, *network.input_shape, generator=torch.Generator().manual_seed(0))
    last = [network.own_layers[-1].name]
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
    packed = _Packed(conv, shape)
    try:
        packed.take_weights()
        packed.way_back()
    except (AttributeError, RuntimeError, NotImplementedError):
        return False
    conv.forward = packed  # type: ignore[method-assign, assignment]
    return True


def pack_again(network: Network) -> None:
    """Let a replica's packed convolutions have the weights that it has now."""
    for module in network.module.modules():
        packed = vars(module).get("forward")
        if isinstance(packed, _Packed):
            packed.take_weights()


class _Packed:
    """A convolution's `forward` with packed weights, for inputs like `shape`."""

    def __init__(self, conv: nn.Conv2d, shape: tuple[int, ...]) -> None:
        self._conv, self._shape = conv, shape
        self._run: Run | None = None  # None: not packed yet
        self._back: tuple[WayBack | None] | None = None  # None: not looked for yet

    def __deepcopy__(self, memo: dict[int, Any]) -> _Packed:
        """Belong to a copy of the convolution, whose weights are not there yet."""
        return _Packed(copy.deepcopy(self._conv, memo), self._shape)

    def take_weights(self) -> Run:
        """Pack the weights that the convolution has now; those of the way back when it is taken."""
        conv = self._conv
        ways = conv.padding, conv.stride, conv.dilation, conv.groups
        self._run, self._back = _packed(conv.weight.detach(), conv.bias, ways, self._shape), None
        return self._run

    def way_back(self) -> WayBack | None:
        """Return how gradients go back; None: PyTorch's way is as good."""
        if self._back is None:
            self._back = (_way_back(self._conv, self._shape),)
        return self._back[0]

    def __call__(self, x: Tensor) -> Tensor:
        conv, with_gradient = self._conv, torch.is_grad_enabled()
        back = self.way_back() if with_gradient and not conv.weight.requires_grad else None
        if (with_gradient and back is None) or is_every_call_met():
            return nn.Conv2d.forward(conv, x)
        with without_rule():
            if type(x) is not Tensor or x.dtype is not torch.float32 or x.ndim != 4:
                return nn.Conv2d.forward(conv, x)
            run = self._run or self.take_weights()
            if not with_gradient:
                return run(x)
            if back is None or not x.requires_grad:
                return nn.Conv2d.forward(conv, x)
            result: Tensor = _Both.apply(x, run, back)
            return result


class _Both(torch.autograd.Function):
    """A convolution with its own way back; its weights get no gradients."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, run: Run, back: WayBack) -> Tensor:
        ctx.back, ctx.shape = back, x.shape
        return run(x)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return ctx.back(gradient, ctx.shape), None, None


def _packed(
    weight: Tensor, bias: Tensor | None, ways: tuple[Any, ...], shape: tuple[int, ...]
) -> Run:
    """Return a convolution of inputs like `shape`; `ways`: padding, stride, dilation, groups."""
    run = torch.ops.mkldnn._convolution_pointwise  # noqa: SLF001
    reorder = torch.ops.mkldnn._reorder_convolution_weight  # noqa: SLF001
    packed = reorder(weight, *ways, list(shape))
    return lambda x: run(x, packed, bias, *ways, "none", [], "")


def _way_back(conv: nn.Conv2d, shape: tuple[int, ...]) -> WayBack | None:
    """Return how a gradient goes back to inputs like `shape`; None: PyTorch's way is as good."""
    if conv.groups != 1 or conv.dilation != (1, 1):
        return None
    if conv.in_channels <= FEW_CHANNELS and max(conv.stride) > 1:
        return _phases(conv, shape)
    if conv.stride == (1, 1) and conv.weight.numel() >= MANY_WEIGHTS:
        return _mirrored(conv, shape)
    return None


def _mirrored(conv: nn.Conv2d, shape: tuple[int, ...]) -> WayBack | None:
    """Of a convolution with stride 1: the gradient convolved with the mirrored kernel."""
    padding = [size - 1 - pad for size, pad in zip(conv.kernel_size, _padding(conv), strict=True)]
    if min(padding) < 0:
        return None
    weight = conv.weight.detach().flip(2, 3).transpose(0, 1)
    weight = weight.contiguous(memory_format=torch.channels_last)
    run = _packed(weight, None, (padding, (1, 1), (1, 1), 1), _output_shape(conv, shape))
    return lambda gradient, _size: run(gradient)


def _phases(conv: nn.Conv2d, shape: tuple[int, ...]) -> WayBack:
    """Of wide steps: inputs that lie alike to the steps, a phase, are convolved on their own.

    Input s q + r - p (stride s, padding p) is met by the kernel's places r, r + s, … alone. So the
    s x s phases are as many channels of one convolution, interleaved at the end.
    """
    (down, right), (top, left) = conv.stride, _padding(conv)
    weight = conv.weight.detach()
    outputs, channels, height, width = weight.shape
    tall, wide = -(-height // down), -(-width // right)
    weight = functional.pad(weight, (0, wide * right - width, 0, tall * down - height))
    weight = weight.view(outputs, channels, tall, down, wide, right).flip(2, 4)
    weight = weight.permute(3, 5, 1, 0, 2, 4).reshape(-1, outputs, tall, wide)
    weight = weight.contiguous(memory_format=torch.channels_last)
    ways = (tall - 1, wide - 1), (1, 1), (1, 1), 1
    run = _packed(weight, None, ways, _output_shape(conv, shape))

    def back(gradient: Tensor, size: torch.Size) -> Tensor:
        phases = run(gradient).permute(0, 2, 3, 1).unflatten(3, (down, right * channels))
        rows = phases.transpose(2, 3).reshape(len(phases), -1, phases.shape[2] * right, channels)
        met = rows.permute(0, 3, 1, 2)[:, :, top : top + size[2], left : left + size[3]]
        beyond = size[2] - met.shape[2], size[3] - met.shape[3]  # what no step reaches
        return functional.pad(met, (0, beyond[1], 0, beyond[0])) if max(beyond) else met

    return back


def _output_shape(conv: nn.Conv2d, shape: tuple[int, ...]) -> tuple[int, ...]:
    sizes = zip(shape[2:], conv.kernel_size, conv.stride, _padding(conv), strict=True)
    return shape[0], conv.out_channels, *((n + 2 * p - k) // s + 1 for n, k, s, p in sizes)


def _padding(conv: nn.Conv2d) -> tuple[int, ...]:
    """Return the padding of a plain convolution: (height, width), no word such as "same"."""
    return tuple(map(int, conv.padding))
