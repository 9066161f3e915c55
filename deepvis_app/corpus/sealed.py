"""Files of arrays by layer, each with a checksum: what comes back is what was written."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors import SafetensorError, safe_open

from deepvis_app.files import whole
from deepvis_app.reading import parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_KINDS = {
    "float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64", "int32": "I32",
    "int16": "I16", "uint64": "U64", "uint16": "U16", "uint8": "U8",
}  # fmt: skip

ERRORS = (OSError, SafetensorError, ValueError, KeyError, TypeError, AttributeError)


def write(path: Path, arrays: Mapping[str, NDArray[Any]], about: Mapping[str, Any]) -> None:
    """Write arrays, named "layer/name" or "name", at one stroke. Raises `OSError`.

    As safetensors, whose own writer copies all arrays into one piece of memory first.
    """
    solid = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    # The largest elements first, as the format's own writer has it: so all are aligned.
    names = sorted(solid, key=lambda name: (-solid[name].itemsize, name))
    header = json.dumps(_header(names, solid, {**about, "sums": _sums(solid)})).encode()
    header += b" " * (-len(header) % 8)
    with whole(path) as draft, draft.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        for name in names:
            file.write(solid[name].reshape(-1).view(np.uint8).data)


def _header(
    names: Sequence[str], arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what stands before the arrays, which follow each other by these names."""
    header: dict[str, Any] = {"__metadata__": {"about": json.dumps(facts)}}
    at = 0
    for name in names:
        array = arrays[name]
        end = at + array.nbytes
        kind = _KINDS[array.dtype.name]
        header[name] = {"dtype": kind, "shape": array.shape, "data_offsets": (at, end)}
        at = end
    return header


def read(path: Path, layer: str) -> dict[str, NDArray[Any]]:
    """Return the arrays of a layer, "" for those of none, by their names within it.

    Raises one of `ERRORS`, also where they are not what was written.
    """
    with safe_open(path, framework="numpy") as file:
        names = [name for name in file.keys() if _layer_of(name) == layer]  # noqa: SIM118
        arrays = {name: file.get_tensor(name) for name in names}
        if _sums(arrays) != {layer: _about(file)["sums"].get(layer)}:
            raise ValueError("its checksum is wrong")
    return {name.rpartition("/")[2]: array for name, array in arrays.items()}


def is_sound(path: Path) -> bool:
    """Tell whether a file is there, and all of it as it was written."""
    try:
        with safe_open(path, framework="numpy") as file:
            layers = list(_about(file)["sums"])
        for layer in layers:
            read(path, layer)
    except ERRORS:
        return False
    return True


def about(path: Path) -> dict[str, Any]:
    """Return what was written beside the arrays. Raises one of `ERRORS`."""
    with safe_open(path, framework="numpy") as file:
        return _about(file)


def _about(file: Any) -> dict[str, Any]:
    found: dict[str, Any] = parse_json((file.metadata() or {})["about"])
    return found


def _layer_of(name: str) -> str:
    return name.rpartition("/")[0]


def _sums(arrays: Mapping[str, NDArray[Any]]) -> dict[str, int]:
    """Return a checksum of the arrays of each layer."""
    found: dict[str, int] = {}
    for name in sorted(arrays):
        array, layer = arrays[name], _layer_of(name)
        kind = f"{name} {array.dtype} {array.shape}".encode()
        found[layer] = zlib.crc32(kind, found.get(layer, 0))
        found[layer] = zlib.crc32(array.reshape(-1).view(np.uint8).data, found[layer])
    return found
