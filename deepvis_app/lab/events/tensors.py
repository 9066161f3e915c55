"""TensorFlow's TensorProto: how the second version writes scalars, histograms and images."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis_app.lab.events.wire import Malformed, Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_NUMBERS = 1 << 20  # of a tensor that is read: histograms have some hundred

_STRING, _HALF, _BFLOAT16 = 7, 19, 14
_DTYPES = {
    1: "<f4", 2: "<f8", 3: "<i4", 4: "u1", 5: "<i2", 6: "i1", 9: "<i8", 10: "?", _BFLOAT16: "<u2",
    17: "<u2", _HALF: "<f2", 22: "<u4", 23: "<u8",
}  # fmt: skip
_FLOATS = {1: 5, 2: 6}  # dtype -> the field of its numbers where they stand one by one
_INTEGERS = {3: 7, 4: 7, 5: 7, 6: 7, 9: 10, 10: 11, 17: 7, 22: 16, 23: 17, _HALF: 13, _BFLOAT16: 13}


def strings(tensor: Message) -> list[bytes] | None:
    """Return what a tensor of strings holds; None for another one."""
    return tensor.texts(8) if tensor.integer(1) == _STRING else None


def numbers(tensor: Message) -> NDArray[np.float64] | None:
    """Return a tensor as float64 of its shape; None where it holds no real numbers.

    Raises `Malformed` where it is not as large as it says, or larger than `MOST_NUMBERS`.
    """
    kind = tensor.integer(1)
    if kind not in _DTYPES:
        return None
    shape = _shape(tensor)
    raw = b"".join(tensor.texts(4)[-1:])
    dtype = np.dtype(_DTYPES[kind])
    size = math.prod(shape)
    if raw:
        if len(raw) != size * dtype.itemsize:
            raise Malformed("a tensor is not as large as it says")
        values: NDArray[Any] = np.frombuffer(raw, dtype)
    else:
        values = _one_by_one(tensor, kind, dtype, size)
    return _as_float(values, kind).reshape(shape)


def _shape(tensor: Message) -> tuple[int, ...]:
    shape = tensor.merged(2)
    sizes = [Message(dim).integer(1) for dim in shape.texts(2)] if shape else []
    if len(sizes) > 32 or any(size < 0 for size in sizes) or math.prod(sizes) > MOST_NUMBERS:
        raise Malformed("a tensor has a shape that cannot be")
    return tuple(sizes)


def _one_by_one(tensor: Message, kind: int, dtype: np.dtype, size: int) -> NDArray[Any]:
    """Return numbers that stand in fields; the last one stands for all that are missing."""
    found: NDArray[Any]
    if kind in _FLOATS:
        found = tensor.array(_FLOATS[kind], dtype)
    else:
        wide = np.array([n & (2**64 - 1) for n in tensor.integers(_INTEGERS[kind])], np.uint64)
        unsigned = f"<u{dtype.itemsize}"
        found = wide.astype(unsigned).view(dtype) if kind != 10 else wide != 0
    if len(found) > size or (size and not len(found)):
        raise Malformed("a tensor is not as large as it says")
    return np.pad(found, (0, size - len(found)), "edge") if size else found


def _as_float(values: NDArray[Any], kind: int) -> NDArray[np.float64]:
    if kind == _BFLOAT16:
        values = (values.astype("<u4") << 16).view("<f4")
    return values.astype(np.float64)
