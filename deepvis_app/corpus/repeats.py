"""Layers that give what others gave already: a ReLU its input's upper half, a concatenation both.

What is known of those need not be measured again; in networks of small convolutions these are more
than half of all values. Which these are is seen anew in every pass, by the memory that a ReLU or a
concatenation is given: equal numbers alone prove nothing for the next picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn import functional
from torch.overrides import TorchFunctionMode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Key = tuple[object, ...]

_CUTS = frozenset(
    {
        functional.relu, functional.relu_, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_,
    }
)  # fmt: skip
_JOINS = frozenset({torch.cat, torch.concat, torch.concatenate})


@dataclass(frozen=True, slots=True)
class Repeat:
    """A layer whose maps are those of `sources`, one behind the other, cut at zero if `is_cut`."""

    sources: tuple[str, ...]
    is_cut: bool


class Flow(TorchFunctionMode):
    """Follows maps through one pass, while it is entered."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[Key, str] = {}
        self._made: dict[Key, Repeat] = {}

    def met(self, layer: str, maps: Tensor) -> Repeat | None:
        """Take note of a layer's maps (N, C, h, w); return what they repeat, None for nothing."""
        key = _key(maps)
        if key is None:
            return None
        found = self._made.get(key)
        if found is None and key in self._seen:
            found = Repeat((self._seen[key],), is_cut=False)
        self._seen.setdefault(key, layer)
        return found

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        is_cut = function in _CUTS
        if not is_cut and function not in _JOINS:
            return function(*args, **kwargs)
        sources = self._sources(args, kwargs, is_cut=is_cut)
        result = function(*args, **kwargs)
        key = None if sources is None else _key(result)
        if sources is not None and key is not None:
            self._made[key] = Repeat(sources, is_cut)
        return result

    def _sources(
        self, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, is_cut: bool
    ) -> tuple[str, ...] | None:
        """Return the layers whose maps a ReLU or a concatenation is given, None for others."""
        given = args[0] if args else kwargs.get("input" if is_cut else "tensors")
        values = [given] if is_cut else given
        if not is_cut and (args[1] if len(args) > 1 else kwargs.get("dim", 0)) not in (1, -3):
            return None
        if not isinstance(values, list | tuple):
            return None
        keys = [_key(value) if isinstance(value, Tensor) else None for value in values]
        names = [None if key is None else self._seen.get(key) for key in keys]
        return tuple(n for n in names if n) if names and all(names) else None


def _key(value: Tensor) -> Key | None:
    """Return what tells maps: the memory they lie in, how, and how often it was written.

    The reference keeps the memory's number from being given to another, not the memory itself.
    """
    if value.ndim != 4 or value.is_inference() or value.layout is not torch.strided:
        return None
    memory = StorageWeakRef(value.untyped_storage())
    return memory, value.storage_offset(), value.shape, value.stride(), value._version  # noqa: SLF001
