"""Sets that are known by name: what scikit-learn brings, and what torchvision downloads."""

from __future__ import annotations

import gzip
import tarfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app import paths
from deepvis_app.errors import UserError, in_short
from deepvis_app.lab.trainer.data.dataset import Raw
from deepvis_app.lab.trainer.data.idx import (
    Damaged,
    read_cifar_binary,
    read_cifar_python,
    read_idx,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

DIGITS_VAL = 297  # the last of 1,797, as they lie in the file; the others are learned from
_CLOTHES = (
    "T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag",
    "ankle boot",
)  # fmt: skip
_CIFAR = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
_NUMERALS = tuple("0123456789")


def digits() -> Raw:
    """Return scikit-learn's handwritten digits, 8 × 8, their 16 levels as 0..255."""
    table = _digits_table()
    levels = (table[:, :-1].reshape(-1, 8, 8) * (255 / 16)).round().astype(np.uint8)
    classes = table[:, -1].astype(np.int64)
    return Raw(_rgb(levels), classes, _NUMERALS, DIGITS_VAL, grey=True, test=DIGITS_VAL)


def _digits_table() -> NDArray[np.float64]:
    """Return the digits' rows (1797, 65), the class last: from their file, where it is as usual.

    scikit-learn itself takes a second to be imported, which a training has better use for.
    """
    package = find_spec("sklearn")  # which imports nothing
    for place in (package.submodule_search_locations or ()) if package is not None else ():
        file = Path(place, "datasets", "data", "digits.csv.gz")
        if file.is_file():
            with gzip.open(file, "rt") as text:
                return np.loadtxt(text, delimiter=",")
    from sklearn.datasets import load_digits

    found = load_digits()
    return np.column_stack([found.data, found.target])


@dataclass(frozen=True, slots=True)
class _Set:
    """A set that is downloaded: its folder's names, how it is read, what its classes are called."""

    title: str
    folders: tuple[str, ...]  # below a root, where its files may lie
    read: Callable[[Path], tuple[NDArray[np.uint8], NDArray[np.int64], int]]
    labels: tuple[str, ...]
    grey: bool
    fetch: str  # torchvision's class


def downloaded(name: str, folder: str | None) -> Raw:
    """Return a set that lies on this machine. Raises `UserError` where it does not."""
    one = _SETS[name]
    places = [root / sub for root in _roots(folder) for sub in one.folders]
    for place in places:
        try:
            pictures, classes, test = one.read(place)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, Damaged) as error:
            raise UserError(
                f"{one.title} in {place} cannot be read: {in_short(error)}",
                f"Remove {place} and download it again: deepvis train download {name}",
            ) from error
        grey = one.grey
        return Raw(pictures, classes, one.labels, val_size=test, grey=grey, test=test)
    where = folder or _roots(None)[0]
    raise UserError(
        f"{one.title} is not on this machine: it is not in {where}",
        f"Download it: deepvis train download {name}; digits need no download",
        in_window="Choose Download, or digits, which need none",
    )


def download(name: str, folder: str | None = None) -> Path:
    """Download a set into a folder, the cache's unless told; what is there is kept.

    Returns the folder. Raises `UserError` where there is no such set, or no connection.
    """
    if name not in _SETS:
        raise UserError(f"{name} is no set that is downloaded", f"Give {', '.join(_SETS)}")
    from torchvision import datasets

    one, root = _SETS[name], _roots(folder)[0]
    try:
        root.mkdir(parents=True, exist_ok=True)
        getattr(datasets, one.fetch)(str(root), download=True)
    except (OSError, RuntimeError, ValueError, tarfile.TarError) as error:
        raise UserError(
            f"{one.title} cannot be downloaded: {in_short(error)}",
            f"Check the connection, or copy its files into {root}",
        ) from error
    return root


def _roots(folder: str | None) -> Sequence[Path]:
    """Return the folders in which sets are looked for, the cache's first."""
    if folder is not None:
        return [paths.expanded(folder)]
    usual = ("~/data", "~/datasets", "~/.cache/torch/datasets", "~/.torch/datasets", "data")
    system = Path("/usr/share")  # Debian's dataset-fashion-mnist
    return [paths.cache_dir() / "datasets", *map(paths.expanded, usual), system]


def _mnist(place: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64], int]:
    parts = []
    for part in ("train", "t10k"):
        pictures, classes = _idx(place, f"{part}-images-idx3"), _idx(place, f"{part}-labels-idx1")
        if pictures.ndim != 3 or classes.ndim != 1 or len(pictures) != len(classes):
            raise Damaged("pictures and classes do not belong together")
        if not len(classes) or classes.max() > 9:
            raise Damaged("it is no file of ten classes")
        parts.append((pictures, classes))
    (train, train_y), (test, test_y) = parts
    if train.shape[1:] != test.shape[1:]:
        raise Damaged("its pictures have two sizes")
    together = np.concatenate([train_y, test_y]).astype(np.int64)
    return _rgb(np.concatenate([train, test])), together, len(test)


def _idx(place: Path, stem: str) -> NDArray[np.uint8]:
    for name in (f"{stem}-ubyte", f"{stem}-ubyte.gz"):
        if (place / name).is_file():
            return read_idx(place / name)
    raise FileNotFoundError(place / stem)


def _cifar10(place: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64], int]:
    names = [*(f"data_batch_{k}" for k in range(1, 6)), "test_batch"]
    binary = (place / "data_batch_1.bin").is_file()
    read = read_cifar_binary if binary else read_cifar_python
    parts = [read(place / (f"{name}.bin" if binary else name)) for name in names]
    pictures, classes = (np.concatenate(column) for column in zip(*parts, strict=True))
    return pictures, classes, len(parts[-1][1])


def _rgb(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return grey pictures (N, H, W) with three channels that are one in memory."""
    return np.broadcast_to(levels[..., None], (*levels.shape, 3))


_SETS = {
    "mnist": _Set("MNIST", ("MNIST/raw", "mnist"), _mnist, _NUMERALS, True, "MNIST"),
    "fashion-mnist": _Set(
        "Fashion-MNIST",
        ("FashionMNIST/raw", "fashion-mnist", "datasets/fashion-mnist", "dataset-fashion-mnist"),
        _mnist,
        _CLOTHES,
        True,
        "FashionMNIST",
    ),
    "cifar10": _Set(
        "CIFAR-10",
        ("cifar-10-batches-py", "cifar-10-batches-bin"),
        _cifar10,
        _CIFAR,
        False,
        "CIFAR10",
    ),
}
