"""CRC-32C (Castagnoli), as the records of TensorFlow and TensorBoard have it.

Short texts go byte by byte through the usual table. For long ones the sum is taken as what it is,
linear: every byte of a block gives a word that depends on its place alone, all of them looked up at
once, and a block's sum is moved past the blocks that follow by tables again.
"""

from __future__ import annotations

from functools import cache

import numpy as np

_POLYNOMIAL = 0x82F63B78  # Castagnoli's, bits reversed
_BLOCK = 256  # bytes that are looked up together
_SHORT = 120  # bytes from which on looking up together is quicker (measured)
_PART = 1 << 18  # bytes at a time, which bounds the memory
_MASK = 0xA282EAD8  # added by `masked`, after a rotation, see TensorFlow's lib/hash/crc32c.h


def _bytes_table() -> list[int]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (_POLYNOMIAL if crc & 1 else 0)
        table.append(crc)
    return table


_TABLE = _bytes_table()


def crc32c(data: bytes) -> int:
    """Return the CRC-32C of `data`, 0 … 2³² − 1."""
    state = 0xFFFFFFFF
    if len(data) < _SHORT:
        table = _TABLE
        for byte in data:
            state = table[(state ^ byte) & 255] ^ (state >> 8)
    else:
        for start in range(0, len(data), _PART):
            state = _moved_on(state, data[start : start + _PART])
    return state ^ 0xFFFFFFFF


def masked(crc: int) -> int:
    """Return a sum as records keep it, so that the sum of a text with sums in it says something."""
    return (((crc >> 15) | (crc << 17)) + _MASK) & 0xFFFFFFFF


def _moved_on(state: int, data: bytes) -> int:
    """Return the register after `data`, which stood at `state` before."""
    blocks = -(-len(data) // _BLOCK)
    blocks = 1 << (blocks - 1).bit_length()  # zeros in front change nothing
    filled = np.zeros(blocks * _BLOCK, np.uint8)
    filled[filled.size - len(data) :] = np.frombuffer(data, np.uint8)
    # The register stands for what came before: it meets the first four bytes, or is moved out.
    first = filled[filled.size - len(data) :][:4]
    first ^= np.frombuffer(state.to_bytes(4, "little"), np.uint8)[: first.size]
    sums = _of_blocks(filled)
    step = 0
    while sums.size > 1:
        sums = _past(sums[0::2], step) ^ sums[1::2]
        step += 1
    return int(sums[0]) ^ (state >> 8 * first.size)


def _of_blocks(filled: np.ndarray) -> np.ndarray:
    places = filled.reshape(-1, _BLOCK).astype(np.intp)
    places += np.arange(_BLOCK) * 256
    words: np.ndarray = np.bitwise_xor.reduce(_place_table().take(places), axis=1)
    return words


@cache
def _place_table() -> np.ndarray:
    """Return what a byte at a place of a block gives to its sum, uint32 (places · 256,)."""
    table = np.empty((_BLOCK, 256), np.uint32)
    table[-1] = each = np.array(_TABLE, np.uint32)
    for place in range(_BLOCK - 2, -1, -1):
        table[place] = each[table[place + 1] & 255] ^ (table[place + 1] >> 8)
    return table.ravel()


def _past(sums: np.ndarray, step: int) -> np.ndarray:
    """Return sums as they are after 2^step blocks of zeros."""
    table = _past_table(step)
    moved: np.ndarray = table[0][sums & 255]
    for byte in range(1, 4):
        moved = moved ^ table[byte][(sums >> 8 * byte) & 255]
    return moved


@cache
def _past_table(step: int) -> np.ndarray:
    """Return what each byte of a sum becomes after 2^step blocks of zeros, uint32 (4, 256)."""
    if step:
        return _past(_past(_bytes_of_a_sum(), step - 1), step - 1)
    moved = _bytes_of_a_sum()
    each = np.array(_TABLE, np.uint32)
    for _ in range(_BLOCK):
        moved = each[moved & 255] ^ (moved >> 8)
    return moved


def _bytes_of_a_sum() -> np.ndarray:
    shifts = np.arange(0, 32, 8, dtype=np.uint32)[:, None]
    return np.arange(256, dtype=np.uint32) << shifts
