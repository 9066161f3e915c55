"""The wire format of protocol buffers, as far as event files need it.

A message is fields one after the other: a key, which is the field's number and how it is written,
then the value. What a reader does not know it passes. Nothing here goes deeper by itself: who
reads a message inside another one asks for it.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

VARINT, EIGHT, TEXT, FOUR = 0, 1, 2, 5  # how a value is written: 3 and 4 nobody writes any more
MOST_FIELDS = 1_000_000  # of a message; no log comes near

_DOUBLE = struct.Struct("<d")
_FLOAT = struct.Struct("<f")


class Malformed(ValueError):  # noqa: N818 - says what bytes are
    """Bytes that are no message, and why in a few words."""


class Message:
    """The fields of a message; those asked for in another way than they are written are absent."""

    def __init__(self, data: bytes) -> None:
        """Raises `Malformed`."""
        self._fields = _fields(data)

    def texts(self, number: int) -> list[bytes]:
        """Return all values of a field of bytes, text or messages."""
        return self._fields.get(number << 3 | TEXT, [])  # type: ignore[return-value]

    def merged(self, number: int) -> Message | None:
        """Return a message inside; several of them add up, as the format has it."""
        parts = self.texts(number)
        return Message(b"".join(parts)) if parts else None

    def text(self, number: int) -> str:
        """Return the last text of a field, "" for none. Raises `Malformed` for none in UTF-8."""
        found = self.texts(number)
        try:
            return found[-1].decode() if found else ""
        except UnicodeDecodeError as error:
            raise Malformed("a text is not UTF-8") from error

    def integer(self, number: int) -> int:
        """Return the last whole number of a field, signed, 0 for none."""
        found = self._fields.get(number << 3 | VARINT)
        return signed(found[-1]) if found else 0  # type: ignore[arg-type]

    def double(self, number: int) -> float | None:
        """Return the last number of 8 bytes of a field."""
        found = self._fields.get(number << 3 | EIGHT)
        return _DOUBLE.unpack(found[-1])[0] if found else None  # type: ignore[arg-type]

    def float(self, number: int) -> float | None:
        """Return the last number of 4 bytes of a field."""
        found = self._fields.get(number << 3 | FOUR)
        return _FLOAT.unpack(found[-1])[0] if found else None  # type: ignore[arg-type]

    def array(self, number: int, dtype: np.dtype) -> NDArray[np.generic]:
        """Return all numbers of a field of 4 or 8 bytes each, packed or one by one."""
        way = {4: FOUR, 8: EIGHT}[dtype.itemsize]
        single: list[bytes] = self._fields.get(number << 3 | way, [])  # type: ignore[assignment]
        data = b"".join((*self.texts(number), *single))
        if len(data) % dtype.itemsize:
            raise Malformed("a list of numbers is cut off")
        return np.frombuffer(data, dtype)

    def integers(self, number: int) -> list[int]:
        """Return all whole numbers of a field, signed, packed or one by one."""
        found: list[int] = list(self._fields.get(number << 3 | VARINT, []))  # type: ignore[arg-type]
        for packed in self.texts(number):
            at = 0
            while at < len(packed):
                value, at = varint(packed, at)
                found.append(value)
        return [signed(value) for value in found]


def _fields(data: bytes) -> dict[int, list[int | bytes]]:
    fields: dict[int, list[int | bytes]] = {}
    at, end, count = 0, len(data), 0
    value: int | bytes
    while at < end:
        key, at = varint(data, at)
        way = key & 7
        if way == TEXT:
            length, at = varint(data, at)
            at, value = _piece(data, at, length)
        elif way == VARINT:
            value, at = varint(data, at)
        elif way in (EIGHT, FOUR):
            at, value = _piece(data, at, 8 if way == EIGHT else 4)
        else:
            raise Malformed("a field is written in no known way")
        count += 1
        if key < 8 or count > MOST_FIELDS:
            raise Malformed("it has too many fields" if key >= 8 else "a field has no number")
        fields.setdefault(key, []).append(value)
    return fields


def _piece(data: bytes, at: int, length: int) -> tuple[int, bytes]:
    end = at + length
    if end > len(data):
        raise Malformed("it is cut off")
    return end, data[at:end]


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the whole number that begins at a place, 0 … 2⁶⁴ − 1, and where it ends."""
    value = shift = 0
    try:
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value & (2**64 - 1), at
            shift += 7
            if shift > 63:
                raise Malformed("a whole number does not end")
    except IndexError:
        raise Malformed("it is cut off") from None


def signed(value: int) -> int:
    """Return a number of 64 bits as what it means where it may be negative."""
    return value - 2**64 if value >= 2**63 else value


# Writing: each returns a whole field


def _of(value: int) -> bytes:
    value &= 2**64 - 1
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    found.append(value)
    return bytes(found)


def whole(number: int, value: int) -> bytes:
    """Write a whole number of 64 bits, negative ones too."""
    return _of(number << 3 | VARINT) + _of(value)


def text(number: int, value: bytes | str | Iterable[bytes]) -> bytes:
    """Write bytes, a text, or a message of the given fields."""
    if isinstance(value, str):
        value = value.encode(errors="replace")
    data = value if isinstance(value, bytes) else b"".join(value)
    return _of(number << 3 | TEXT) + _of(len(data)) + data


def double(number: int, value: float) -> bytes:
    """Write a number as float64."""
    return _of(number << 3 | EIGHT) + _DOUBLE.pack(value)


def single(number: int, value: float) -> bytes:
    """Write a number as float32; beyond its range as infinity."""
    with np.errstate(over="ignore"):
        return _of(number << 3 | FOUR) + np.float32(value).tobytes()


def doubles(number: int, values: Sequence[float] | NDArray[np.float64]) -> bytes:
    """Write a list of float64, packed."""
    return text(number, np.asarray(values, "<f8").tobytes())
