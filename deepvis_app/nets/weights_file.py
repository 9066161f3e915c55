"""What a weights file holds, by name, wherever in it the tensors lie; and `FILE#NAME`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from deepvis_app.errors import UserError
from deepvis_app.nets.weights import SAVE_HINT, SUFFIXES, StateDict, damaged, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deepvis_app.nets.trust import Trust

_MOST = 100_000  # containers and tensors; one may be in a file again and again
_SPREAD = 256 << 20  # bytes that numbers may take beyond the file's own, where they were packed
_BROKEN = (
    RuntimeError, ValueError, TypeError, AttributeError, OverflowError, MemoryError, RecursionError,
)  # fmt: skip
_DEEPEST = 50  # containers in one another; what goes on further was not saved for its tensors
WHOLE = "."  # the NAME of what lies at the top of a file


@dataclass(frozen=True, slots=True, eq=False)
class WeightsFile:
    """All tensors of a file that have a name: the way to them and their own, joined by dots.

    So a state dict under a key of the file and one behind a prefix are the same: the names of
    `{"state_dict_ema": {"module.conv.weight": …}}` begin with "state_dict_ema.module.".
    """

    path: Path
    tensors: StateDict
    wanted: str = ""  # the NAME of FILE#NAME
    mappings: frozenset[str] = frozenset({""})  # the ways to all mappings in the file

    @property
    def name(self) -> str:
        """What messages call it: "w.pth", or "w.pth#state_dict_ema"."""
        return f"{self.path.name}#{self.wanted}" if self.wanted else self.path.name

    def without_name(self) -> WeightsFile:
        """Return the whole file, whatever part of it is wanted."""
        return replace(self, wanted="")

    def renamed(self, change: Callable[[str], str]) -> WeightsFile:
        """Return the same with every tensor's name changed, as from an older form of it."""
        tensors = StateDict(
            ((change(key), value) for key, value in self.tensors.items()), self.tensors.versions
        )
        return replace(self, tensors=tensors)


def read_weights(weights: str | os.PathLike[str], trust: Trust = False) -> WeightsFile:
    """Return the named tensors of FILE or FILE#NAME, on the CPU.

    With `trust` for them also of files that hold Python objects, which runs whatever code these
    name; modules found there count as their state dicts. Raises `UserError`; `ForeignObjectsError`
    where such trust would help.
    """
    path, wanted = split_name(weights)
    content = read(path, trust)
    if not isinstance(content, Mapping | nn.Module):
        raise UserError(
            f"{path.name} holds a {type(content).__name__}, not a state dict", SAVE_HINT
        )
    found = _Found(path.stat().st_size + _SPREAD)
    try:
        found.walk(content)
    except _BROKEN as error:
        raise damaged(path) from error
    if not found.tensors:
        keys = list(content) if isinstance(content, Mapping) else []
        held = ", ".join(" ".join(str(key).split())[:60] for key in keys[:5]) or "nothing"
        raise UserError(f"{path.name} holds no weights (found: {held})", SAVE_HINT)
    tensors = StateDict(found.tensors, found.versions)
    return WeightsFile(path, tensors, wanted, frozenset(found.mappings))


def split_name(weights: str | os.PathLike[str]) -> tuple[Path, str]:
    """Return the file and the NAME of FILE#NAME; a file whose own name has a # is found as well."""
    text = os.fspath(weights)
    marks = [place for place, letter in enumerate(text) if letter == "#"]
    splits = [(text, ""), *((text[:mark], text[mark + 1 :]) for mark in reversed(marks))]
    for file, name in splits:
        if Path(file).exists():
            return Path(file), name
    for file, name in splits[1:]:  # nothing is there: what looks like a file is said to be missing
        if Path(file).suffix.lower() in SUFFIXES:
            return Path(file), name
    return Path(text), ""


class _Found:
    """Walks through a file's content and gathers its named tensors."""

    def __init__(self, room: int) -> None:
        self.tensors: dict[str, Tensor] = {}
        self.versions: dict[str, dict[str, object]] = {}
        self.mappings: dict[str, None] = {}
        self._inside: set[int] = set()  # of containers that may hold themselves
        self._room, self._count = room, 0  # bytes left for numbers that are unpacked

    def walk(self, content: object, way: str = "") -> None:
        if isinstance(content, nn.Module):
            content = content.state_dict()
        self._count += 1
        self._room -= _unpacked_bytes(content)
        if self._count > _MOST or self._room < 0:
            raise ValueError("far more than is in the file")
        tensor = _tensor(content)
        if tensor is not None:
            self.tensors.setdefault(way, tensor)
        elif isinstance(content, Mapping | list | tuple) and self._is_new(content):
            self._inside.add(id(content))
            if isinstance(content, Mapping):
                self._note(content, way)
            for key, value in _entries(content):
                self.walk(value, f"{way}.{key}" if way else key)
            self._inside.remove(id(content))

    def _is_new(self, content: object) -> bool:
        return id(content) not in self._inside and len(self._inside) < _DEEPEST

    def _note(self, content: Mapping[object, object], way: str) -> None:
        self.mappings[way] = None
        notes = getattr(content, "_metadata", {})
        for key, value in notes.items() if isinstance(notes, Mapping) else ():
            if isinstance(key, str) and isinstance(value, Mapping):
                numbers: dict[str, object] = {
                    name: number for name, number in value.items() if isinstance(number, int)
                }
                self.versions[".".join(filter(None, (way, key)))] = numbers


def _unpacked_bytes(content: object) -> int:
    """Return how many bytes more a copy takes of what is not kept number by number."""
    if isinstance(content, np.ndarray):
        return content.nbytes
    if not isinstance(content, Tensor) or content.is_meta:
        return 0
    if content.is_quantized or content.layout is not torch.strided:
        return content.numel() * max(content.element_size(), 4)
    whole = content.numel() * content.element_size()  # of one that repeats numbers it has fewer
    return max(0, whole - content.untyped_storage().nbytes())


def _tensor(content: object) -> Tensor | None:
    """Return plain numbers as a tensor: a tensor's of any kind that holds some, an array's."""
    if isinstance(content, np.ndarray) and content.dtype.kind in "fiub":
        native = content.astype(content.dtype.newbyteorder("="))
        return torch.from_numpy(native) if content.dtype.itemsize <= 8 else None
    if not isinstance(content, Tensor) or content.is_meta:
        return None
    content = content.dequantize() if content.is_quantized else content
    return (content if content.layout is torch.strided else content.to_dense()).detach()


def _entries(
    content: Mapping[object, object] | list[object] | tuple[object, ...],
) -> Iterator[tuple[str, object]]:
    """Yield what may hold a state dict: named things, and mappings in a list.

    Tensors in a list and things under bare numbers (an optimizer's) have no names of a network.
    """
    if isinstance(content, Mapping):
        yield from ((key, value) for key, value in content.items() if isinstance(key, str))
    else:
        pairs = enumerate(content)
        yield from ((str(i), part) for i, part in pairs if isinstance(part, Mapping | nn.Module))
