"""How each operation of torch passes dependence on the input on to its result.

Rules are named as torch's operations are (`aten::` left out, without the `_` of those in place).
What has no rule makes every element of its result depend on all that its arguments depend on:
more than is true, never less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from deepvis_app.nets.dependence import BOUND, EXACT, HULL, REAL, Dependence, joined, union
from deepvis_app.nets.dependence_call import NoRule
from deepvis_app.nets.dependence_windows import (
    adaptive_pooling,
    convolution,
    copying_padding,
    pooling,
    resizing,
    zero_padding,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from deepvis_app.nets.dependence_call import Call, Result, Rule


_HIDING = -50.0  # below it, an added or filled-in value takes all weight from a place in a softmax


def everywhere(call: Call) -> Result:
    """The general rule: all depends on all."""
    return union([d.everywhere(call.shape) for d in call.all()], call.shape)


def constant(_call: Call) -> Result:
    """Tensors made after the shape of another."""
    return None


def pointwise(call: Call) -> Result:
    return union(call.all(), call.shape)


def reshape(call: Call) -> Result:
    return call.of().reshaped(call.shape)


def restride(call: Call) -> Result:
    if call.of().shape != call.shape:
        raise NoRule
    return call.of()


def turn(call: Call) -> Result:
    """Permutations: tables of any size can go the same way as the data."""
    return call.of().moved(_again(call), call.shape, ())


def turn_over(call: Call) -> Result:
    """Rolling and flipping: what lies apart on the input may now lie side by side."""
    found = call.of()
    dims = call.get(2 if "roll" in str(call.operation) else 1, "dims") or range(len(call.shape))
    moves = any(found.tables[k].shape[d] > 1 for k in REAL for d in dims)
    return found.moved(_again(call), call.shape, ()).loosened(HULL if moves else EXACT)


def masked(call: Call) -> Result:
    """Masking by a very low value: what it hides from a softmax is not seen behind it."""
    value = call.args[2]
    hides = isinstance(value, int | float) and value < _HIDING
    return union(call.all(), call.shape).loosened(BOUND if hides else EXACT)


def expand(call: Call) -> Result:
    return call.of().resized(call.shape)


def cut_second(call: Call) -> Result:
    return _cut(call, call.get(1, "dim", 0))


def cut_third(call: Call) -> Result:
    return _cut(call, call.get(2, "dim", 0))


def _cut(call: Call, dim: int) -> Result:
    """Slices and splits along one dimension, into one result or more."""
    found = call.of()
    if len(call.results) == 1:
        return found.moved(_again(call), call.shape, (dim,))
    return [
        found.moved(_again(call, number), result.shape, (dim,))
        for number, result in enumerate(call.results)
    ]


def rearrange(call: Call) -> Result:
    """Any other operation that only moves values."""
    return call.only_first().moved(_again(call), call.shape)


def _again(call: Call, number: int = 0) -> Callable[[Tensor], Tensor]:
    """Return the same operation for another tensor; of its results, the one of that number."""
    rest = [a.cpu() if isinstance(a, Tensor) else a for a in call.args[1:]]

    def move(table: Tensor) -> Tensor:
        own = table.clone() if str(call.operation).split(".")[-2].endswith("_") else table
        result = call.operation(own, *rest, **call.kwargs)
        moved: Tensor = result[number] if isinstance(result, tuple | list) else result
        return moved

    return move


def index(call: Call) -> Result:
    indices = [i if i is None else i.cpu() for i in call.args[1]]
    return call.only_first().moved(lambda table: call.operation(table, indices), call.shape)


def cat(call: Call) -> Result:
    shown = [t for t in call.args[0] if t.numel()]
    dim = call.get(1, "dim", 0) % len(call.shape)
    return joined([call.known(t) for t in shown], [t.shape[dim] for t in shown], dim, call.shape)


def stack(call: Call) -> Result:
    dim = call.get(1, "dim", 0) % len(call.shape)
    one = torch.Size([*call.shape[:dim], 1, *call.shape[dim + 1 :]])
    found = [call.known(t) for t in call.args[0]]
    parts = [d if d is None else d.moved(lambda t: t.unsqueeze(dim), one, ()) for d in found]
    return joined(parts, [1] * len(parts), dim, call.shape)


def glu(call: Call) -> Result:
    dim = call.get(1, "dim", -1)
    values = call.of().moved(lambda table: table.chunk(2, dim)[0], call.shape, (dim,))
    gates = call.of().moved(lambda table: table.chunk(2, dim)[1], call.shape, (dim,))
    return union([values, gates], call.shape)


# Sums over dimensions


def reduction(call: Call) -> Result:
    """Sums, means, extremes: (input, dims, keepdim); without dims over everything."""
    dims = call.get(1, "dim")
    if isinstance(dims, Tensor):
        return pointwise(call)  # the extremes of two tensors
    found = call.only_first()
    dims = [dims] if isinstance(dims, int) else list(dims or range(len(found.shape)))
    return _shrunk(found, dims, call.shape)


def norm(call: Call) -> Result:
    found = call.only_first()
    return _shrunk(found, list(call.get(2, "dim") or range(len(found.shape))), call.shape)


def _shrunk(found: Dependence, dims: list[int], shape: torch.Size) -> Dependence:
    reduced = found.reduced(dims)
    return reduced if len(shape) == len(found.shape) else reduced.reshaped(shape)


def along_dimension(call: Call) -> Result:
    """Softmax, sorting, cumulation: everything along one dimension is mixed."""
    return call.only_first().reduced([call.get(1, "dim", -1)], places=True)


def layer_norm(call: Call) -> Result:
    count = len(call.args[1])
    return call.only_first().reduced(range(-count, 0), places=True)


def group_norm(call: Call) -> Result:
    return call.only_first().reduced(range(1, len(call.shape)), places=True)


def batch_norm(call: Call) -> Result:
    """Per position where the running statistics are used, else over the whole batch."""
    no_statistics = call.args[3] is None or call.args[3] is True
    uses_batch = no_statistics or call.get(5, "training") is True
    dims = [0, *range(2, len(call.shape))] if uses_batch else []
    return call.only_first().reduced(dims, places=True)


# Matrix products


def product(call: Call) -> Result:
    return _product(call, 0, 1)


def product_and_sum(call: Call) -> Result:
    added = call.known(call.args[0])
    result = _product(call, 1, 2)
    return result if added is None else union([result, added], call.shape)


def _product(call: Call, left: int, right: int) -> Dependence:
    """Rows of the left times columns of the right; what they are summed over is mixed."""
    rows, columns = call.known(call.args[left]), call.known(call.args[right])
    parts = []
    if rows is not None:
        parts.append(rows.reduced([-1]))
    if columns is not None:
        parts.append(columns.reduced([-2]))
    return _placed(parts, call.shape)


def linear(call: Call) -> Result:
    reduced = call.only_first().reduced([-1])
    return reduced.resized(call.shape)


def attention(call: Call) -> Result:
    """Scaled dot-product attention: every query sees all keys and values."""
    parts = [call.of(0).reduced([-1]), call.of(1).reduced([-2, -1]), call.of(2).reduced([-2, -1])]
    mask = call.get(3, "attn_mask")
    hides = isinstance(mask, Tensor) and (
        not bool(mask.all()) if mask.dtype is torch.bool else bool((mask < _HIDING).any())
    )
    return _placed(parts, call.shape).loosened(BOUND if hides else EXACT)


def recurrence(call: Call) -> Result:
    """One layer of an LSTM over time (T, N, C): every step sees those before it, or behind it."""
    found = call.only_first().reduced([-1])
    steps = found.shape[0]
    is_reversed = bool(call.args[7])

    def so_far(table: Tensor) -> Tensor:
        if is_reversed:
            return table.flip(0).cummin(0).values.flip(0)
        return table.cummin(0).values

    shape = torch.Size([*found.shape[:-1], call.results[0].shape[-1]])
    seen = found.moved(so_far, found.shape, (0,)).placed_as(found).resized(shape)
    state = found.reduced([0]).everywhere(call.results[1].shape)
    return [seen] + [state] * (len(call.results) - 1) if steps else seen


def _placed(parts: list[Dependence], shape: torch.Size) -> Dependence:
    """Unite; the places are those of the first that has any."""
    parts = [p.resized(shape) for p in parts]
    source = next((p for p in parts if p.has_place()), parts[0])
    return union(parts, shape).placed_as(source)


RULES: dict[str, Rule] = {
    **dict.fromkeys(["view", "_unsafe_view", "reshape", "_reshape_alias", "squeeze"], reshape),
    **dict.fromkeys(["unsqueeze", "flatten", "unflatten", "view_copy"], reshape),
    **dict.fromkeys(["permute", "transpose", "t"], turn),
    **dict.fromkeys(["roll", "flip"], turn_over),
    **dict.fromkeys(["slice", "select", "unbind", "narrow", "index_select"], cut_second),
    **dict.fromkeys(["split", "split_with_sizes", "chunk", "tensor_split"], cut_third),
    **dict.fromkeys(["unsafe_split", "unsafe_split_with_sizes", "unsafe_chunk"], cut_third),
    **dict.fromkeys(["pixel_shuffle", "pixel_unshuffle", "channel_shuffle"], rearrange),
    **dict.fromkeys(["native_channel_shuffle", "repeat", "diagonal", "unfold"], rearrange),
    **dict.fromkeys(["repeat_interleave"], rearrange),
    **dict.fromkeys(["mean", "sum", "amax", "amin", "var", "std", "var_mean"], reduction),
    **dict.fromkeys(["std_mean", "max", "min", "prod", "logsumexp", "any", "all"], reduction),
    **dict.fromkeys(["_softmax", "_log_softmax", "softmax", "cumsum", "sort"], along_dimension),
    **dict.fromkeys(["native_batch_norm", "cudnn_batch_norm", "miopen_batch_norm"], batch_norm),
    **dict.fromkeys(["_native_batch_norm_legit"], batch_norm),
    **dict.fromkeys(["mm", "bmm", "matmul"], product),
    **dict.fromkeys(["addmm", "baddbmm"], product_and_sum),
    **dict.fromkeys(["convolution", "_convolution"], convolution),
    **dict.fromkeys(["max_pool1d", "max_pool2d", "max_pool3d"], pooling),
    **dict.fromkeys(["max_pool2d_with_indices", "max_pool3d_with_indices"], pooling),
    **dict.fromkeys(["avg_pool1d", "avg_pool2d", "avg_pool3d"], pooling),
    **dict.fromkeys(["_adaptive_avg_pool2d", "_adaptive_avg_pool3d"], adaptive_pooling),
    **dict.fromkeys(["adaptive_max_pool2d", "adaptive_max_pool3d"], adaptive_pooling),
    **dict.fromkeys(["reflection_pad1d", "reflection_pad2d"], copying_padding),
    **dict.fromkeys(["replication_pad1d", "replication_pad2d"], copying_padding),
    **dict.fromkeys(["upsample_nearest2d", "_upsample_nearest_exact2d"], resizing),
    **dict.fromkeys(["upsample_bilinear2d", "upsample_bicubic2d"], resizing),
    **dict.fromkeys(["_upsample_bilinear2d_aa", "_upsample_bicubic2d_aa"], resizing),
    **dict.fromkeys(["hardswish", "detach", "alias", "_to_copy", "lift_fresh", "copy"], pointwise),
    **dict.fromkeys(["new_zeros", "new_ones", "new_full", "new_empty"], constant),
    **dict.fromkeys(["zeros_like", "ones_like", "full_like", "empty_like"], constant),
    **dict.fromkeys(["rand_like", "randn_like", "new_empty_strided"], constant),
    **dict.fromkeys(["fill", "zero"], pointwise),
    # Not all releases of PyTorch say of these that they are pointwise.
    **dict.fromkeys(["hardtanh", "relu6", "leaky_relu", "elu", "hardsigmoid"], pointwise),
    **dict.fromkeys(["gelu", "silu", "mish", "softplus", "threshold"], pointwise),
    **dict.fromkeys(["clone", "contiguous", "prelu", "_prelu_kernel", "native_dropout"], pointwise),
    "_native_batch_norm_legit_no_training": pointwise,
    "as_strided": restride,
    "expand": expand,
    "index": index,
    "cat": cat,
    "stack": stack,
    "glu": glu,
    "linalg_vector_norm": norm,
    "native_layer_norm": layer_norm,
    "native_group_norm": group_norm,
    "linear": linear,
    "masked_fill": masked,
    "mkldnn_rnn_layer": recurrence,
    "constant_pad_nd": zero_padding,
}


def writes(operation: torch._ops.OpOverload) -> bool:
    """Tell whether an operation writes to its arguments."""
    return bool(operation._schema.is_mutable)  # noqa: SLF001 - no public name


def rule_of(operation: torch._ops.OpOverload) -> Rule:
    """Return the rule for an operation."""
    space, name = operation.name().split(".")[0].split("::")
    if writes(operation):
        name = name.removesuffix("_")
    if space != "aten":
        return everywhere
    if name.startswith(("_scaled_dot_product", "_native_multi_head_attention")):
        return attention
    if name in RULES:
        return RULES[name]
    return pointwise if torch.Tag.pointwise in operation.tags else everywhere
