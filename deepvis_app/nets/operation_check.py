"""Which operations a saved program may name: those that make tensors and numbers of such.

torch finds an operation by walking along the dots of its name, from `torch` on, and would find
any function there, `torch.hub.load` as well as `torch.os.system`.
"""

from __future__ import annotations

import re
from functools import lru_cache

import torch
from torch._ops import OpOverload

from deepvis_app.nets.not_plain import NotPlainError

_NAME = re.compile(r"torch\.ops\.(aten|prims|torchvision)\.([a-z_]\w*)\.([A-Za-z_]\w*)")
_OF_NUMBERS = {
    *(f"_operator.{name}" for name in (
        "abs", "add", "and_", "eq", "floordiv", "ge", "getitem", "gt", "le", "lshift", "lt", "mod",
        "mul", "ne", "neg", "not_", "or_", "pos", "pow", "rshift", "sub", "truediv", "xor",
    )),
    *(f"torch.sym_{name}" for name in (
        "float", "fresh_size", "int", "ite", "max", "min", "not", "sqrt", "sum",
    )),
    *(f"math.{name}" for name in ("ceil", "floor", "sqrt", "trunc")),
    "torch._sym_sqrt",
}  # fmt: skip
_WITH_PARTS = {  # each runs a part of the program, whose operations are looked at as well
    "torch.ops.higher_order.wrap_with_autocast",
    "torch.ops.higher_order.wrap_with_set_grad_enabled",
}
_PLAIN = {"Tensor", "bool", "complex", "float", "int", "number", "Device"}
_TEXTS = {  # the names of arguments that are words, none of which is a file's
    "activation", "approximate", "assert_msg", "device_type", "driver", "equation", "indexing",
    "interpolation", "mode", "norm", "ord", "p", "pad_mode", "padding", "padding_side", "reduce",
    "rounding_mode", "side", "UPLO",
}  # fmt: skip


def checked_operation(name: str) -> str:
    """Return the name of an operation. Raises `NotPlainError` for one that is not known."""
    if name in _OF_NUMBERS or name in _WITH_PARTS or _is_plain(name):
        return name
    raise NotPlainError(f"the operation {name}", "is none of a plain network's")


@lru_cache(maxsize=4096)
def _is_plain(name: str) -> bool:
    match = _NAME.fullmatch(name)
    if match is None:
        return False
    if match[1] == "torchvision":
        import torchvision  # noqa: F401 - registers them
    packet = getattr(getattr(torch.ops, match[1]), match[2], None)
    overload = getattr(packet, match[3], None)
    if not isinstance(overload, OpOverload):
        return False
    schema = overload._schema  # noqa: SLF001 - as torch.library.infer_schema, the only way to it
    return all(_is_plain_kind(str(each.type), each.name) for each in schema.arguments) and all(
        _is_plain_kind(str(each.type), "") for each in schema.returns
    )


def _is_plain_kind(kind: str, name: str) -> bool:
    while inner := re.fullmatch(r"(?:Optional|List)\[(.*)\]", kind):
        if inner[1] == "Generator":  # of random numbers; a program can give none
            return True
        kind = inner[1]
    return kind in _PLAIN or (kind == "str" and name in _TEXTS)
