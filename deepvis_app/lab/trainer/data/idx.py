"""Sets in files of numbers: MNIST's IDX, and CIFAR-10's two formats.

Python's own pickles are read by an unpickler that makes arrays of bytes and nothing else.
"""

from __future__ import annotations

import gzip
import math
import pickle
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from numpy.typing import NDArray

    Examples = tuple[NDArray[np.uint8], NDArray[np.int64]]

MOST_BYTES = 2_000_000_000
_UBYTE = 8  # IDX's code of the only type that MNIST uses
_RECORD = 1 + 3 * 32 * 32  # of CIFAR-10's binary version: a class and three planes


class Damaged(ValueError):  # noqa: N818 - says what a file is
    """Why a file is none of the set's, in a few words."""


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Return an IDX file's bytes in their shape, gzip or not. Raises `OSError`, `Damaged`."""
    if path.suffix == ".gz":
        try:
            with gzip.open(path) as file:
                return _idx(file.read(MOST_BYTES))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise Damaged("it breaks off") from error
    with path.open("rb") as file:
        return _idx(file.read(MOST_BYTES))


def _idx(data: bytes) -> NDArray[np.uint8]:
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] != _UBYTE or not 1 <= data[3] <= 3:
        raise Damaged("it is no IDX file of bytes")
    start = 4 + 4 * data[3]
    shape = tuple(int(n) for n in np.frombuffer(data[4:start], ">u4"))
    if len(shape) != data[3] or len(data) != start + math.prod(shape):
        raise Damaged("it breaks off")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def read_cifar_binary(path: Path) -> Examples:
    """Return pictures (N, 32, 32, 3) and classes of the binary version. As `read_idx` raises."""
    data = np.fromfile(path, np.uint8)
    if not len(data) or len(data) % _RECORD:
        raise Damaged("it breaks off")
    rows = data.reshape(-1, _RECORD)
    return _cifar(rows[:, 1:], rows[:, 0])


def read_cifar_python(path: Path) -> Examples:
    """Return the same of a file of the version for Python, which torchvision downloads."""
    try:
        with path.open("rb") as file:
            found = _ArraysOnly(file).load()
        return _cifar(found[b"data"].pixels(), np.array(found[b"labels"], np.uint8))
    except (OSError, Damaged):
        raise
    except Exception as error:  # an unpickler raises anything
        raise Damaged("it is no file of CIFAR-10") from error


def _cifar(planes: NDArray[np.uint8], classes: NDArray[np.uint8]) -> Examples:
    if planes.ndim != 2 or planes.shape != (len(classes), 3 * 32 * 32) or classes.max() > 9:
        raise Damaged("it is no file of CIFAR-10")
    pictures = planes.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(pictures), classes.astype(np.int64)


class _Held:
    """Stands for an array or a type in a pickle: its state is kept, nothing is made of it."""

    def __init__(self, *_: object) -> None:
        self.state: Any = ()

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def pixels(self) -> NDArray[np.uint8]:
        """Return the bytes of an array's state (version, shape, type, is Fortran's, bytes)."""
        _, (count, size), _, fortran, data = self.state
        if fortran or not isinstance(data, bytes):
            raise ValueError("no plain array")
        return np.frombuffer(data, np.uint8).reshape(int(count), int(size))


class _ArraysOnly(pickle.Unpickler):
    """Makes lists, bytes and what stands for arrays; refuses whatever else a pickle names."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, encoding="bytes")

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _ARRAYS:
            return _Held
        raise pickle.UnpicklingError(f"{module}.{name} is no array")


_ARRAYS = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
}
