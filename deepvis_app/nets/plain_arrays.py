"""NumPy's numbers and arrays in a weights file: a best accuracy, a random state.

They are plain values as tensors are; making one runs no code of the file. Each is made from the
bytes that the file has of it: NumPy itself would first make room for whatever size is named.
"""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np


class _Array(np.ndarray[Any, Any]):
    """An array that is empty until its state, with its shape and bytes, is set."""

    def __new__(cls, *_shape: object) -> _Array:
        return super().__new__(cls, (0,))


def _empty_array(*_kind_and_shape: object) -> _Array:
    return _Array()


def _number(dtype: np.dtype[Any], content: object = b"") -> Any:
    if not isinstance(content, bytes) or len(content) != dtype.itemsize:
        raise pickle.UnpicklingError("a number without its bytes")
    return np.frombuffer(content, dtype)[0]


def plain_values() -> list[Any]:
    """Return what makes them, with the names that files have for it, for torch's unpickler."""
    makers = {"_reconstruct": _empty_array, "scalar": _number}
    cores = ("core", "_core")  # before and since NumPy 2
    return [
        *((make, f"numpy.{c}.multiarray.{name}") for name, make in makers.items() for c in cores),
        (_Array, "numpy.ndarray"),
        np.dtype,
        *(type(np.dtype(code)) for code in "?bhilqBHILQefdFDSUO"),
    ]
