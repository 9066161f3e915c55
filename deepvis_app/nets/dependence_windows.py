"""How operations that slide over their input pass on its dependence on the network's input.

Convolution, pooling, padding and resizing; rules as in `dependence_rules`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from deepvis_app.nets import windows
from deepvis_app.nets.windows import Window

if TYPE_CHECKING:
    from deepvis_app.nets.dependence import Dependence
    from deepvis_app.nets.dependence_call import Call, Result


def convolution(call: Call) -> Result:
    found = call.only_first()
    _, weight, _, stride, padding, dilation, is_transposed, _, groups = call.args[:9]
    found = _channels(found, call.shape, groups)
    read: dict[int, Window] = {}
    for axis, dim in enumerate(range(2, len(call.shape))):
        make = windows.transposed if is_transposed else windows.sliding
        window = make(
            call.shape[dim],
            weight.shape[dim],
            *(option[axis % len(option)] for option in (stride, padding, dilation)),
        )
        if window is not None:
            read[dim] = window
    return found.read(read, call.shape)


def _channels(found: Dependence, shape: torch.Size, groups: int) -> Dependence:
    """Mix the channels of every group."""
    if groups == 1:
        return found.reduced([1])

    def mix(table: Tensor) -> Tensor:
        if table.shape[1] == 1:
            return table
        least = table.reshape(len(table), groups, -1, *table.shape[2:]).amin(2)
        return least.repeat_interleave(shape[1] // groups, 1)

    return found.moved(mix, torch.Size([shape[0], shape[1], *found.shape[2:]]), ())


def pooling(call: Call) -> Result:
    """Maximum and average pooling: (input, kernel, stride, padding, dilation or ceil_mode, …)."""
    found = call.only_first()
    count = 1 if "1d" in _name(call) else 3 if "3d" in _name(call) else 2
    kernel = _per_axis(call.get(1, "kernel_size"), count)
    stride = _per_axis(call.get(2, "stride") or kernel, count)
    padding = _per_axis(call.get(3, "padding", 0), count)
    dilated = call.get(4, "dilation", 1) if "max" in _name(call) else 1
    dilation = _per_axis(dilated, count)
    read: dict[int, Window] = {}
    for axis in range(count):
        dim = len(call.shape) - count + axis
        options = kernel[axis], stride[axis], padding[axis], dilation[axis]
        window = windows.sliding(call.shape[dim], *options)
        if window is not None:
            read[dim] = window
    return found.read(read, call.shape)


def _name(call: Call) -> str:
    return str(call.operation)


def _per_axis(value: Any, count: int) -> list[int]:
    values = [value] if isinstance(value, int) else list(value)
    return values * count if len(values) == 1 else values


def adaptive_pooling(call: Call) -> Result:
    found = call.only_first()
    count = len(call.args[1])
    dims = range(len(call.shape) - count, len(call.shape))
    sizes = {d: (found.shape[d], call.shape[d]) for d in dims}
    one = [d for d, (_, after) in sizes.items() if after == 1]
    read = {d: windows.adaptive(*s) for d, s in sizes.items() if s[0] != s[1] and d not in one}
    return found.reduced(one).read(read, call.shape)


def zero_padding(call: Call) -> Result:
    amounts = list(call.args[1])
    last = len(call.shape) - 1
    read = {
        last - k // 2: windows.padded(call.shape[last - k // 2], amounts[k])
        for k in range(0, len(amounts), 2)
        if amounts[k] or amounts[k + 1]
    }
    return call.of().read(read, call.shape)


def copying_padding(call: Call) -> Result:
    """Reflection and replication: padding repeats positions of the input."""
    found = call.of()
    mode = "reflect" if "reflection" in _name(call) else "replicate"
    amounts = list(call.args[1])
    read: dict[int, Window] = {}
    for k in range(0, len(amounts), 2):
        dim = len(call.shape) - 1 - k // 2
        places = torch.arange(found.shape[dim], dtype=torch.float64)[None, None]
        read[dim] = Window(pad(places, amounts[k : k + 2], mode)[0, 0].long()[:, None])
    return found.read(read, call.shape)


def resizing(call: Call) -> Result:
    """Interpolation of two spatial dimensions."""
    found, name = call.only_first(), _name(call)
    corners = "nearest" not in name and bool(call.args[2])
    read: dict[int, Window] = {}
    for dim, scale in zip((2, 3), _scales(call), strict=True):
        before, after = found.shape[dim], call.shape[dim]
        step = 1 / scale if scale else before / after
        reach = 2 if "bicubic" in name else 1
        if "nearest" in name:
            read[dim] = windows.nearest(after, step, exact="exact" in name)
        elif "_aa" in name:
            read[dim] = windows.antialiased(before, after, step, reach)
        else:
            read[dim] = windows.linear(before, after, step, corners=corners, reach=reach)
    return found.read(read, call.shape)


def _scales(call: Call) -> list[float | None]:
    """Return the scale factors that torch was told to use, None where it takes the sizes'."""
    given = [a for a in call.args[2:] if isinstance(a, float)]
    for value in (*call.args[2:], *call.kwargs.values()):
        if isinstance(value, list | tuple) and all(isinstance(v, float) for v in value):
            given = list(value)
    return [*given] if len(given) == 2 else [None, None]
