"""What kind of call a step is, as far as weights can be followed through it."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Any

import torch

from deepvis_app.corpus.weights.passage import INPUT, WRITE, Came

if TYPE_CHECKING:
    from deepvis_app.corpus.weights.passage import Step


class Kind(Enum):
    """What a step does to the values that come to it."""

    CONVOLUTION = auto()
    PRODUCT = auto()  # with a constant matrix
    SAME = auto()  # nothing, or the same elements in another shape
    MOVED = auto()  # elements are put elsewhere
    JOINED = auto()  # put side by side
    POINTWISE = auto()  # each element by itself
    AFFINE = auto()  # each element times a constant, plus a constant
    SUM = auto()  # of two values that both depend on the input
    POOLED = auto()  # over places, each unit by itself
    PADDED = auto()
    OTHER = auto()


_SAME = {
    *("flatten", "view", "reshape", "squeeze", "unsqueeze", "unflatten", "contiguous", "clone"),
    *("detach", "to", "float", "type_as", "alias", "view_as", "reshape_as", "ravel", "copy"),
    *("identity", "unsafe_view", "lift_fresh"),
}
_AS_ANOTHER = {"view_as", "reshape_as", "type_as"}
_DROPOUTS = {
    *("dropout", "dropout1d", "dropout2d", "dropout3d", "feature_dropout", "alpha_dropout"),
    "feature_alpha_dropout",
}
_MOVED = {
    *("permute", "transpose", "t", "swapaxes", "movedim", "chunk", "split", "unbind", "getitem"),
    *("narrow", "select", "slice", "index_select", "flip", "roll", "pixel_shuffle", "tensor_split"),
    *("pixel_unshuffle", "channel_shuffle", "native_channel_shuffle", "expand", "moveaxis"),
    *("split_with_sizes", "numpy_T", "swapdims", "repeat_interleave"),
}
_POINTWISE = {
    "relu": "ReLU", "relu6": "ReLU6", "hardtanh": "Hardtanh", "leaky_relu": "LeakyReLU",
    "elu": "ELU", "selu": "SELU", "celu": "CELU", "gelu": "GELU", "silu": "SiLU", "mish": "Mish",
    "hardswish": "Hardswish", "hardsigmoid": "Hardsigmoid", "sigmoid": "Sigmoid", "tanh": "Tanh",
    "softplus": "Softplus", "softsign": "Softsign", "prelu": "PReLU", "threshold": "Threshold",
    "clamp": "Clamp", "clamp_min": "Clamp", "clip": "Clamp", "logsigmoid": "LogSigmoid",
    "hardshrink": "Hardshrink", "softshrink": "Softshrink", "tanhshrink": "Tanhshrink",
    "abs": "Absolute value", "square": "Square", "sqrt": "Square root", "exp": "Exponential",
}  # fmt: skip
_POOLED = {
    *("max_pool1d", "max_pool2d", "avg_pool1d", "avg_pool2d", "adaptive_avg_pool1d"),
    *("adaptive_avg_pool2d", "adaptive_max_pool1d", "adaptive_max_pool2d", "lp_pool2d"),
    *("max_pool1d_with_indices", "max_pool2d_with_indices", "mean", "amax", "upsample"),
    *("interpolate", "adaptive_max_pool2d_with_indices", "upsample_nearest2d"),
    *("upsample_bilinear2d",),
}
_AFFINE = {"add", "sub", "mul", "div", "true_divide", "neg", "batch_norm"}
_WORDS = {
    INPUT: "the picture itself",
    WRITE: "a write in place",
    "cat": "a join with constants",
    "softmax": "a softmax",
    "log_softmax": "a softmax",
    "mul": "a product of two values of the network",
    "layer_norm": "a layer norm",
    "group_norm": "a group norm",
    "instance_norm": "an instance norm",
    "local_response_norm": "a response norm",
    "multi_head_attention_forward": "attention",
    "scaled_dot_product_attention": "attention",
    "conv_transpose2d": "a transposed convolution",
    "bmm": "a product of two values of the network",
    "matmul": "a product of two values of the network",
    "lstm": "a recurrence",
    "gru": "a recurrence",
    "batch_norm": "a batch norm over the batch itself",
}


def kind_of(step: Step) -> Kind:
    """Tell what kind of call a step is; OTHER for what is not followed."""
    name, sources = step.name, step.sources()
    if len(sources) != 1:
        return _of_several(step, len(sources))
    if name in ("conv1d", "conv2d"):
        return Kind.CONVOLUTION
    if matrix(step) is not None:
        return Kind.PRODUCT
    if name in _DROPOUTS:
        return Kind.OTHER if step.get(2, "training", step.kwargs.get("train", True)) else Kind.SAME
    kinds = {Kind.SAME: _SAME, Kind.MOVED: _MOVED, Kind.POINTWISE: _POINTWISE, Kind.POOLED: _POOLED}
    for kind, names in kinds.items():
        if name in names:
            return kind
    if name in ("cat", "concat", "concatenate"):
        return Kind.SAME
    if name in ("pad", "constant_pad_nd"):
        return Kind.PADDED
    return Kind.AFFINE if name in _AFFINE and _is_affine(step) else Kind.OTHER


def _of_several(step: Step, count: int) -> Kind:
    if count and step.name in ("cat", "concat", "concatenate"):
        only = all(isinstance(part, Came) for part in step.get(0, "tensors"))
        return Kind.JOINED if only else Kind.OTHER
    if step.name in _AS_ANOTHER:
        return Kind.SAME
    if count == 2 and step.name == "add" and step.kwargs.get("alpha", 1) == 1:
        return Kind.SUM
    return Kind.OTHER


def _is_affine(step: Step) -> bool:
    if step.name == "batch_norm":
        return step.get(1, "running_mean") is not None and not step.get(5, "training", False)
    if step.name in ("div", "true_divide"):
        return isinstance(step.get(0, "input"), Came) and step.kwargs.get("rounding_mode") is None
    return True


def matrix(step: Step) -> tuple[torch.Tensor, torch.Tensor | None] | None:
    """Return the weights (outputs, inputs) and the bias of a product with a constant matrix."""
    weight: Any = None
    bias: Any = None
    if step.name == "linear":
        weight, bias = step.get(1, "weight"), step.get(2, "bias")
    elif step.name == "addmm" and not step.kwargs:
        bias, weight = step.args[0], step.args[2]
    elif step.name in ("matmul", "mm") and len(step.args) == 2:
        weight = step.args[1]
    if not isinstance(weight, torch.Tensor) or weight.ndim != 2:
        return None
    if bias is not None and (not isinstance(bias, torch.Tensor) or bias.ndim != 1):
        return None
    return (weight if step.name == "linear" else weight.T), bias


def activation_title(step: Step) -> str:
    """Return what an activation function is called."""
    return _POINTWISE[step.name]


def words(step: Step) -> str:
    """Return what makes a value that has no weights of its own, such as "a pooling layer"."""
    if kind_of(step) is Kind.POOLED:
        return "a pooling layer"
    if kind_of(step) is Kind.SUM:
        return "a sum of activated values"
    return _WORDS.get(step.name, f"“{step.name}”")
