"""Look into a saved program with zipfile alone, and copy what of it is plain data.

torch.export.load runs code in several ways: compiled libraries, pickled objects and weights,
expressions, names that become source code. It is given the copy only, so that what it reads is
what was looked at, however else the file can be read, and whatever becomes of it meanwhile.
"""

from __future__ import annotations

import json
import math
import re
import shutil
import zipfile
from typing import IO, TYPE_CHECKING, Any

from deepvis_app.nets.not_plain import NotPlainError
from deepvis_app.nets.pickle_names import foreign_names, names_in_words
from deepvis_app.nets.program_check import checked_program

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_PROGRAM = "models/model.json"
_TENSORS = {  # the list of tensors, what their records are called, and what holds one
    "data/weights/model_weights_config.json": re.compile(r"data/weights/weight_\d{1,6}"),
    "data/constants/model_constants_config.json": re.compile(r"data/constants/tensor_\d{1,6}"),
}
_SAMPLES = "data/sample_inputs/model.pt"  # pickled, and of no use here: not copied
_MARKS = ("archive_format", "archive_version", "version", ".data/version", "byteorder")
_UNREAD = re.compile(r"\.data/serialization_id|\.format_version|\.storage_alignment|extra/.*")
_FOREIGN = {
    "data/aotinductor/": "a compiled library",
    "data/constants/custom_obj_": "an object of a C++ class",
    "data/constants/opaque_obj_": "a pickled object",
    "data/constants/model.pt": "a pickle of constants in an older form",
    "data/weights/model.pt": "a pickle of weights in an older form",
    "executorch/": "a program for ExecuTorch",
    "serialized_": "a pickled part of a program of torch 2.7 or before",
}
_RUNS = "runs code when it is opened"
_LONGEST_TEXT = 32 << 20  # bytes of a program's text; the largest of torchvision has 3 MB
_SPREAD = 64 << 20  # bytes that a tensor may have beyond those in the file, by repeating them
# Bytes, by torch._export.serde.schema.ScalarType.
_ITEM_SIZES = {
    1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 2, 7: 4, 8: 8, 9: 4, 10: 8, 11: 16, 12: 1, 13: 2, 28: 2,
    29: 1, 30: 1, 31: 1, 32: 1, 33: 1, 34: 4, 35: 8,
}  # fmt: skip


class NoProgramError(Exception):
    """The file is whole, but is no saved program."""


def copy_plain(source: IO[bytes], target: IO[bytes]) -> None:
    """Copy a saved program, of which all is plain data, from one file into another.

    Raises `NotPlainError` with what is not, `NoProgramError` for another archive, and any of what
    zipfile and json raise for a damaged file.
    """
    source.seek(0, 2)
    size = source.tell()
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, "w") as copy:
        records = _records(archive, size)
        _Copier(archive, copy, records).run()


def _records(archive: zipfile.ZipFile, size: int) -> dict[str, zipfile.ZipInfo]:
    """Return the records by their names without the folder that all lie in."""
    infos = archive.infolist()
    if min((info.header_offset for info in infos), default=0) > 0:  # the end is of a part's own
        raise zipfile.BadZipFile("the archive does not begin where the file does")
    folders = {info.filename.partition("/")[0] for info in infos}
    records = {info.filename.partition("/")[2] or info.filename: info for info in infos}
    _require_known(records)
    if len(records) < len(infos) or len(folders) > 1:
        raise NotPlainError("two parts of one name", "could be read either way")
    if any(info.compress_type != zipfile.ZIP_STORED for info in infos):
        raise NotPlainError("parts that were packed again", "can be of any size")
    if sum(info.file_size for info in infos) > size:
        raise zipfile.BadZipFile("parts larger than the file")
    return records


def _require_known(names: Collection[str]) -> None:
    for name in names:
        if kind := next((_FOREIGN[start] for start in _FOREIGN if name.startswith(start)), ""):
            raise NotPlainError(f"{kind} ({name})", _RUNS)
    if not {_PROGRAM, *_TENSORS} <= set(names):
        raise NoProgramError
    for name in names:
        if not _is_plain(name):
            raise NotPlainError(f"a part that is called {name!r}", "is none of a plain program's")


def _is_plain(name: str) -> bool:
    known = name in (_PROGRAM, _SAMPLES, *_TENSORS, *_MARKS)
    return known or any(p.fullmatch(name) for p in (_UNREAD, *_TENSORS.values()))


class _Copier:
    def __init__(
        self, archive: zipfile.ZipFile, copy: zipfile.ZipFile, records: dict[str, zipfile.ZipInfo]
    ) -> None:
        self._archive, self._copy, self._records = archive, copy, records

    def run(self) -> None:
        for name in _MARKS:
            if name in self._records:
                self._write(name, self._text(name))
        self._write(_PROGRAM, checked_program(self._text(_PROGRAM)))
        for name, tensors in _TENSORS.items():
            config = checked_program(self._text(name))
            for each, tensor in json.loads(config)["config"].items():
                self._check_tensor(each, tensor, name.rpartition("/")[0])
            self._write(name, config)
            for record in filter(tensors.fullmatch, self._records):
                self._copy_record(record)
        self._write(_SAMPLES, b"")  # which torch takes for none
        self._check_samples()

    def _check_samples(self) -> None:
        if _SAMPLES in self._records:
            with self._archive.open(self._records[_SAMPLES]) as samples:
                names = foreign_names(samples)
            if names:
                found = f"a sample input of Python objects ({names_in_words(names)})"
                raise NotPlainError(found, _RUNS)

    def _check_tensor(self, name: str, tensor: Mapping[str, Any], folder: str) -> None:
        if tensor["use_pickle"] is not False:
            raise NotPlainError(f"a pickled object ({name})", _RUNS)
        record = self._records[f"{folder}/{tensor['path_name']}"]
        held, needed = record.file_size, _bytes_of(tensor["tensor_meta"])
        if needed > (held + _SPREAD if held else 0):
            raise ValueError(f"{name} is larger than what is there of it")

    def _text(self, name: str) -> bytes:
        if self._records[name].file_size > _LONGEST_TEXT:
            raise ValueError(f"{name} is too long")
        return self._archive.read(self._records[name])

    def _write(self, name: str, content: bytes) -> None:
        self._copy.writestr(f"program/{name}", content)

    def _copy_record(self, name: str) -> None:
        with (
            self._archive.open(self._records[name]) as source,
            self._copy.open(f"program/{name}", "w", force_zip64=True) as target,
        ):
            shutil.copyfileobj(source, target, 1 << 20)


def _bytes_of(meta: Mapping[str, Any]) -> int:
    """Return how many bytes the values of a tensor take, each for itself."""
    sizes = [size["as_int"] for size in meta["sizes"]]
    if any(size < 0 for size in sizes):
        raise ValueError("a negative size")
    return int(math.prod(sizes)) * _ITEM_SIZES[meta["dtype"]]
