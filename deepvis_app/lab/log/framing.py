"""The records of TensorFlow's and TensorBoard's files: each says how long it is, with checksums.

A record is its payload's length (8 bytes, little-endian), the length's checksum (4), the payload
and the payload's checksum (4), both of them `masked` CRC-32C. Made here with one piece of bytes a
record, so that it can go into a file in one write.
"""

from __future__ import annotations

import struct
from functools import lru_cache

from deepvis_app.lab.log.checksum import crc32c, masked

LARGEST = 1 << 28  # bytes of a payload; a length beyond is taken for a broken one

_HEAD = struct.Struct("<QI")
_SUM = struct.Struct("<I")


def framed(payload: bytes) -> bytes:
    """Return a payload as a record. Raises `ValueError` for one longer than `LARGEST`."""
    if len(payload) > LARGEST:
        raise ValueError(f"a record holds {LARGEST} bytes at most")
    head = _HEAD.pack(len(payload), _length_sum(len(payload)))
    return b"".join((head, payload, _SUM.pack(masked(crc32c(payload)))))


class Frames:
    """Takes a file's bytes in pieces as they come and gives the payloads of whole records.

    A length is trusted only with its checksum: where that is wrong nothing after it can be found,
    `broken` says so, and nothing more is given. A payload's checksum is looked at when it is asked
    for, `is_whole`, since one that can be read needs none. (The rules of TensorBoard's own server.)

    `offset` counts the bytes of the records that were given, `left` those that came after them.
    """

    def __init__(self) -> None:
        self.broken = ""
        self.offset = 0
        self.left = 0
        self._pieces: list[bytes] = []
        self._wanted = _HEAD.size  # bytes without which there is nothing to give
        self._payloads: list[bytes] = []
        self._sums: list[bytes] = []

    def feed(self, data: bytes) -> list[bytes]:
        """Return the payloads of the records that end in `data`, in their order."""
        self._payloads, self._sums = [], []
        if data and not self.broken:
            self._pieces.append(data)
            self.left += len(data)
            if self.left >= self._wanted:  # joined once it is enough: a long record takes no longer
                self._split(b"".join(self._pieces))
        return self._payloads

    def is_whole(self, place: int) -> bool:
        """Return whether the payload at this place of the last answer has its right checksum."""
        payload, checksum = self._payloads[place], self._sums[place]
        return checksum == _SUM.pack(masked(crc32c(payload)))

    def _split(self, data: bytes) -> None:
        at, size, self._wanted = 0, len(data), _HEAD.size
        while size - at >= _HEAD.size:
            length, checksum = _HEAD.unpack_from(data, at)
            if length > LARGEST or checksum != _length_sum(length):
                self.broken = f"the length of a record is wrong at byte {self.offset + at}"
                break
            end = at + _HEAD.size + length
            if size - end < _SUM.size:
                self._wanted = end - at + _SUM.size
                break
            self._payloads.append(data[at + _HEAD.size : end])
            self._sums.append(data[end : end + _SUM.size])
            at = end + _SUM.size
        self.offset += at
        self.left = size - at
        self._pieces = [data[at:]] if self.left and not self.broken else []


@lru_cache(maxsize=4096)  # the records of a log have few lengths
def _length_sum(length: int) -> int:
    return masked(crc32c(length.to_bytes(8, "little")))
