"""One record of the lab's own log: a kind, a little JSON, and arrays as they lie in memory."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from deepvis_app.reading import Unreadable, parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Arrays = Mapping[str, NDArray[Any]]

VERSION = 1
MOST_HEAD = 16_000_000  # bytes of JSON: the names of very many parameters
_LENGTH = struct.Struct("<I")
_KINDS = frozenset({"<f2", "<f4", "<f8", "|u1", "<i2", "<i4", "<i8", "<u2", "<u4"})


class Damaged(ValueError):  # noqa: N818 - says what a record is
    """Why the bytes of a record are none, in a few words."""


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """What is written at one stroke. Arrays that were read are read-only."""

    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)
    arrays: Arrays = field(default_factory=dict)

    def encoded(self) -> bytes:
        """Return the record as bytes: length of the head, head, arrays one after the other."""
        plain = {name: _plain(array) for name, array in self.arrays.items()}
        about = [[name, a.dtype.str, list(a.shape)] for name, a in plain.items()]
        head = json.dumps([self.kind, dict(self.data), about], separators=(",", ":")).encode()
        return b"".join((_LENGTH.pack(len(head)), head, *(a.tobytes() for a in plain.values())))

    @classmethod
    def decoded(cls, payload: bytes) -> Record:
        """Read what `encoded` wrote; raises `Damaged`. Nothing is copied."""
        kind, data, about, start = _head(payload)
        arrays: dict[str, NDArray[Any]] = {}
        for name, dtype, shape in about:
            count = math.prod(shape)
            end = start + count * np.dtype(dtype).itemsize
            if end > len(payload):
                raise Damaged("its arrays are cut off")
            arrays[name] = np.frombuffer(payload, dtype, count, start).reshape(shape)
            start = end
        if start != len(payload):
            raise Damaged("there is more than its arrays")
        return cls(kind, data, arrays)


def _plain(array: NDArray[Any]) -> NDArray[Any]:
    little = array.dtype.newbyteorder("<")
    if little.str not in _KINDS:
        raise TypeError(f"a log holds no arrays of {array.dtype}")
    return np.ascontiguousarray(array, little).reshape(array.shape)


def _head(payload: bytes) -> tuple[str, dict[str, Any], list[tuple[str, str, list[int]]], int]:
    if len(payload) < _LENGTH.size:
        raise Damaged("it is too short")
    (length,) = _LENGTH.unpack_from(payload)
    start = _LENGTH.size + length
    if length > MOST_HEAD or start > len(payload):
        raise Damaged("its head is cut off")
    try:
        head = parse_json(payload[_LENGTH.size : start].decode())
    except (Unreadable, UnicodeDecodeError) as error:
        raise Damaged("its head is not JSON") from error
    match head:
        case [str(kind), dict(data), list(about)] if all(map(_is_array, about)):
            return kind, data, about, start
    raise Damaged("its head is another")


def _is_array(about: object) -> bool:
    match about:
        case [str(), str(dtype), list(shape)]:
            sizes = (isinstance(n, int) and 0 <= n < 2**40 for n in shape)
            return dtype in _KINDS and len(shape) <= 8 and all(sizes)
    return False
