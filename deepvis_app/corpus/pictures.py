"""The pictures of a corpus: which there are, what tells them apart, and how they are read."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from deepvis_app.errors import UserError, in_short
from deepvis_app.frames.decode import read_picture
from deepvis_app.frames.jpeg import jpeg_head
from deepvis_app.frames.listing import PICTURE_SUFFIXES, list_entries, natural_key
from deepvis_app.frames.source import PictureError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

LISTS = frozenset({".txt", ".lst", ".csv", ".tsv"})
_CHUNK = 1 << 20
_SYNSET = re.compile(r"(n\d{8})_(.+)", re.DOTALL)
# A JPEG this many times larger than the input is decoded at half its size or less, and still
# more than `_STILL` times the input: nothing of what the network sees is lost then.
MUCH_LARGER, _STILL = 8, 4


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture: `name` is its path below the corpus' folder, or its number in a data set."""

    name: str
    label: str = ""  # its class; "" for none


@dataclass(frozen=True, slots=True)
class Known:
    """A picture that was looked at: `id` is the first half of a hash of its content."""

    id: int
    name: str
    label: str
    size: int  # bytes; 0 in a data set
    changed_ns: int  # time of its last change


@dataclass(frozen=True, slots=True)
class Fault:
    """A picture that could not be read, and why, in one line."""

    name: str
    reason: str


class Source(Protocol):
    """Where a corpus' pictures come from."""

    title: str  # what a person calls it
    spec: str  # the folder or list, "" for what cannot be found again

    def entries(self) -> Sequence[Entry]:
        """Return what there is. Raises `UserError` where that cannot be told, or is nothing."""
        ...

    def identify(self, entry: Entry, before: Known | None = None) -> Known:
        """Look at a picture's content. Raises `PictureError`.

        `before` is what was known of it: a file of that size and time is not read again.
        """
        ...

    def facts(self, name: str) -> tuple[int, int]:
        """Return a picture's size and time of change, as `Known` has them.

        Raises `PictureError`, or `UserError` where the folder of them all is gone.
        """
        ...

    def read(self, name: str, shortest_px: int) -> NDArray[np.uint8]:
        """Return a picture, uint8 RGB (H, W, 3). Raises `PictureError`.

        One that is much larger may come smaller, its sides still well above `shortest_px`; 0: none.
        """
        ...


def source_of(source: object) -> Source:
    """Return the pictures of a folder (with its subfolders), a list file, paths, or a data set.

    A data set has a length and gives (picture, class) for a number, as torchvision's do. Raises
    `UserError` for anything else.
    """
    if isinstance(source, FileSource | DataSource):
        return source
    if isinstance(source, str | Path):
        text = str(source).removeprefix("list:")
        if not text:  # as a variable that is not set: never the folder one happens to be in
            raise UserError("No folder is named", "Give a folder or a list; . for this one")
        path = Path(text).expanduser().absolute()
        return FileSource(path)
    if isinstance(source, list | tuple) and all(isinstance(one, str | Path) for one in source):
        return FileSource(None, tuple(Path(one).expanduser().absolute() for one in source))
    if hasattr(source, "__len__") and hasattr(source, "__getitem__"):
        return DataSource(source)
    raise UserError(
        f"{type(source).__name__} holds no pictures that can be scanned",
        "Give a folder, a list of paths or a torchvision data set",
    )


class FileSource:
    """Pictures in files: a folder and what is below it, a list file, or paths.

    In a folder of folders the class is the first folder's name; else the one that a file's name
    tells as ImageNet's do. A list file names classes itself.
    """

    def __init__(self, path: Path | None, paths: Sequence[Path] = ()) -> None:
        self._path, self._paths = path, paths
        self._is_list = path is not None and path.suffix.lower() in LISTS and not path.is_dir()
        self.spec = "" if path is None else str(path)
        self.title = f"{len(paths)} pictures" if path is None else path.name or str(path)

    @property
    def folder(self) -> Path:
        """What names are relative to."""
        if self._path is None:
            return Path(self._paths[0].anchor if self._paths else "/")
        return self._path.parent if self._is_list else self._path

    def entries(self) -> Sequence[Entry]:
        if self._path is None:
            found = [self._entry(path) for path in self._paths]
        elif self._is_list:
            found = [self._entry(one.path, one.label) for one in list_entries(self._path)]
        elif self._path.is_file():
            raise UserError(f"{self._path} is a single file", "Give the folder that it lies in")
        else:
            found = list(_below(self._path))
        if not found:
            raise UserError(
                f"There are no pictures in {self.spec or 'the list'}",
                "Choose a folder with JPEG, PNG or other picture files in it or below it",
            )
        return found

    def _entry(self, path: Path, label: str = "") -> Entry:
        return Entry(os.path.relpath(path, self.folder), label or _class_in(path.name))

    def identify(self, entry: Entry, before: Known | None = None) -> Known:
        path, facts = self.folder / entry.name, self.facts(entry.name)
        if before is not None and facts == (before.size, before.changed_ns):
            return before
        try:
            return Known(_content(path), entry.name, entry.label, *facts)
        except OSError as error:
            raise PictureError(f"{path.name} cannot be read: {in_short(error)}") from error

    def facts(self, name: str) -> tuple[int, int]:
        path = self.folder / name
        try:
            found = path.stat()
        except OSError as error:
            if not self.folder.exists():
                raise UserError(
                    f"The folder {self.folder} of the pictures is gone",
                    "Bring it back and scan again: what is scanned stays",
                ) from error
            raise PictureError(f"{path.name} cannot be read: {in_short(error)}") from error
        return found.st_size, found.st_mtime_ns

    def read(self, name: str, shortest_px: int) -> NDArray[np.uint8]:
        path = self.folder / name
        longest = _longest_px(path, shortest_px) if shortest_px else 0
        return (read_picture(path, longest_px=longest) if longest else read_picture(path)).image


class DataSource:
    """A data set that gives (picture, class) for a number: a PIL image, an array or a tensor."""

    spec = ""

    def __init__(self, data: Any) -> None:
        self._data = data
        self.title = type(data).__name__
        self._classes: Sequence[str] = tuple(map(str, getattr(data, "classes", ())))

    def entries(self) -> Sequence[Entry]:
        count = len(self._data)
        if not count:
            raise UserError(f"The data set {self.title} is empty", "Choose another split")
        return [Entry(str(number)) for number in range(count)]

    def facts(self, name: str) -> tuple[int, int]:  # noqa: ARG002
        return 0, 0

    def identify(self, entry: Entry, before: Known | None = None) -> Known:  # noqa: ARG002
        image, label = self._item(int(entry.name))
        digest = hashlib.blake2b(image.tobytes(), digest_size=8)
        digest.update(repr(image.shape).encode())
        return Known(int.from_bytes(digest.digest(), "big"), entry.name, label, 0, 0)

    def read(self, name: str, shortest_px: int) -> NDArray[np.uint8]:  # noqa: ARG002
        return self._item(int(name))[0]

    def _item(self, number: int) -> tuple[NDArray[np.uint8], str]:
        try:
            item = self._data[number]
            value, label = item if isinstance(item, tuple) else (item, None)
            return _image(value), self._label(label)
        except PictureError:
            raise
        except Exception as error:  # a data set's code is anybody's
            raise PictureError(f"Picture {number} cannot be read: {in_short(error)}") from error

    def _label(self, label: object) -> str:
        if label is None:
            return ""
        try:
            number = int(label)  # type: ignore[call-overload]
        except (TypeError, ValueError):
            return str(label)
        return self._classes[number] if 0 <= number < len(self._classes) else str(number)


def _image(value: Any) -> NDArray[np.uint8]:
    """Return a data set's picture as uint8 (H, W, 3); floats are taken as 0..1."""
    if hasattr(value, "convert"):
        return np.asarray(value.convert("RGB"))
    array = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
    if array.ndim == 2:
        array = array[None]
    if array.ndim != 3 or not {array.shape[0], array.shape[2]} & {1, 3}:
        raise PictureError(f"An array of shape {array.shape} is no picture")
    if array.shape[2] not in (1, 3):
        array = array.transpose(1, 2, 0)
    if array.dtype != np.uint8:
        if not np.issubdtype(array.dtype, np.floating) or array.min() < 0 or array.max() > 1:
            raise PictureError(f"Numbers of type {array.dtype} beyond 0 to 1 are no picture")
        array = np.rint(array * 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(array, (*array.shape[:2], 3)))


def _below(folder: Path) -> Iterator[Entry]:
    """Yield the pictures of a folder and all below it, in natural order, hidden ones left out."""
    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}", "Check the path")
    faults: list[OSError] = []
    for place, folders, files in os.walk(folder, onerror=faults.append):
        folders[:] = sorted((f for f in folders if not f.startswith(".")), key=natural_key)
        parts = Path(place).relative_to(folder).parts
        for name in sorted(files, key=natural_key):
            if not name.startswith(".") and Path(name).suffix.lower() in PICTURE_SUFFIXES:
                yield Entry(str(Path(*parts, name)), parts[0] if parts else _class_in(name))
    if faults and faults[0].filename == str(folder):
        raise UserError(
            f"The folder {folder} cannot be read: {in_short(faults[0])}", "Check its permissions"
        )


def _class_in(name: str) -> str:
    """Return the class that a file's name tells as ImageNet's do: n01440764_tench.JPEG."""
    match = _SYNSET.fullmatch(Path(name).stem)
    if match is None:
        return ""
    words = match[2].replace("_", " ").strip()
    return words if re.search("[A-Za-z]", words) else match[1]


def _content(path: Path) -> int:
    digest = hashlib.blake2b(digest_size=8)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return int.from_bytes(digest.digest(), "big")


def _longest_px(path: Path, shortest_px: int) -> int:
    """Return the longest side a JPEG is to be read at; 0: as it is."""
    try:
        with path.open("rb") as file:
            head = jpeg_head(file)
    except OSError:
        return 0  # reading it says what is wrong
    if head is None or min(head.size) < MUCH_LARGER * shortest_px:
        return 0
    return -(-max(head.size) * _STILL * shortest_px // min(head.size))
