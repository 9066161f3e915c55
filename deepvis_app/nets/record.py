"""What a module computes, written down call by call: values change it not, code and settings do."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.utils._pytree import tree_iter  # no public name

from deepvis_app.errors import UserError
from deepvis_app.nets.calls import Calls
from deepvis_app.nets.memory import memory

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor, nn

    Run = Callable[[Tensor], object]
    Line = tuple[str, ...]  # a call's name, then its arguments

_WRITES = {"__setitem__", "__set__"}  # they return nothing
_OF_THE_DEVICE = (torch.device, torch.Generator)
_UNKNOWN = "~"
_FAILURES = (
    RuntimeError, TypeError, ValueError, AttributeError, AssertionError, LookupError, UserError,
)  # fmt: skip


def record(module: nn.Module, run: Run, inputs: Callable[[int], Tensor]) -> list[Line]:
    """Return every call to torch in `run`, a pass of `module`, on `inputs(0)`.

    Plain arguments appear as they are, tensors by where they came from, those from elsewhere
    (constants that are no buffers) by content. So the record is the same on every device, in every
    memory format and with any number of threads. Where numbers come out of tensors and back, a
    second pass on `inputs(1)` tells which of them are constants; the others are left out. The
    caller sets modes and random state.
    """
    first = _Recorder(module, inputs(0))
    first.follow(run)
    if not first.is_open:
        return first.lines
    second = _Recorder(module, inputs(1))
    second.follow(run)
    if [line[0] for line in first.lines] != [line[0] for line in second.lines]:
        return [line[:1] for line in first.lines]  # the way depends on the picture
    return [_common(a, b) for a, b in zip(first.lines, second.lines, strict=True)]


def _common(a: Line, b: Line) -> Line:
    if len(a) != len(b):
        return a[:1]
    return tuple(x if x == y else _UNKNOWN for x, y in zip(a, b, strict=True))


class _Recorder(Calls):
    """Writes down calls while it is entered. `is_open`: values may have got into the lines."""

    def __init__(self, module: nn.Module, x: Tensor) -> None:
        super().__init__()
        self.lines: list[Line] = []
        self.is_open = False
        self._x = x
        self._kept: list[Tensor] = []  # no other tensor takes their memory meanwhile
        self._names: dict[int, str] = {}
        self._memories: dict[int, str] = {}
        for name, tensor in (*module.named_parameters(), *module.named_buffers()):
            self._name(tensor, name)
        self._name(x, "input")

    def follow(self, run: Run) -> None:
        """Pass the input through; a network that cannot be followed ends the record there."""
        try:
            with self:
                output = run(self._x)
        except torch.OutOfMemoryError:
            raise
        except _FAILURES as error:
            self.lines.append(("stopped", type(error).__name__))
            return
        self.lines.append(("output", self._written(output)))

    def called(
        self, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Any:
        name = getattr(func, "__name__", type(func).__name__)
        given = tuple(map(self._written, args))
        named = tuple(f"{key}={self._written(kwargs[key])}" for key in sorted(kwargs))
        result = func(*args, **kwargs)
        found = [leaf for leaf in tree_iter(result) if isinstance(leaf, torch.Tensor)]
        if found or name in _WRITES:
            self.lines.append((_full_name(func, name), *given, *named))
            for number, tensor in enumerate(found):
                self._name(tensor, f"{len(self.lines)}.{number}")
        elif any(isinstance(leaf, float | complex | np.ndarray) for leaf in tree_iter(result)):
            self.is_open = True
        return result

    def _name(self, tensor: Tensor, name: str) -> None:
        self._kept.append(tensor)
        self._names.setdefault(id(tensor), name)
        self._memories.setdefault(memory(tensor), name)

    def _written(self, value: object) -> str:
        if isinstance(value, torch.Tensor):
            return self._tensor(value)
        if isinstance(value, np.ndarray):
            self.is_open = True
            return _content(np.ascontiguousarray(value))
        if isinstance(value, tuple | list):
            return f"[{', '.join(map(self._written, value))}]"
        if isinstance(value, dict):
            return f"{{{', '.join(f'{k}: {self._written(v)}' for k, v in value.items())}}}"
        if isinstance(value, slice):
            return f"slice{self._written([value.start, value.stop, value.step])}"
        if isinstance(value, _OF_THE_DEVICE):
            return ""
        if value is None or isinstance(
            value, bool | int | float | complex | str | torch.dtype | type(...)
        ):
            return repr(value)
        return getattr(value, "__qualname__", type(value).__qualname__)

    def _tensor(self, tensor: Tensor) -> str:
        name = self._names.get(id(tensor)) or self._memories.get(memory(tensor))
        if name is None:
            self.is_open = self.is_open or tensor.is_floating_point() or tensor.is_complex()
            with torch._C.DisableTorchFunction():  # noqa: SLF001 - as PyTorch's notes say
                name = _content(
                    tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy()
                )
            self._name(tensor, name)
        return f"{name} {tuple(tensor.shape)} {tensor.dtype}"


def _full_name(func: object, name: str) -> str:
    """Return a call's name; of an attribute, whose."""
    if name in ("__get__", "__set__"):
        return f"{getattr(getattr(func, '__self__', None), '__name__', '')}.{name}"
    return name


def _content(array: np.ndarray[tuple[int, ...], np.dtype[Any]]) -> str:
    return hashlib.sha256(array.tobytes()).hexdigest()
