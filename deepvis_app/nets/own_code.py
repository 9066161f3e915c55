"""The code of a module's own classes, as Python runs it, and the numbers that it reads."""

from __future__ import annotations

import hashlib
import sys
from types import CellType, CodeType, FunctionType, MethodType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import nn

# What these compute is in the record of a pass; their code changes with their version.
LIBRARIES = frozenset(sys.stdlib_module_names) | {
    "deepvis_app", "numpy", "timm", "torch", "torchvision", "transformers",
}  # fmt: skip
_PLAIN = int | float | complex | str | bytes | bool | None


class OwnCode:
    """The functions of all classes in a module that are no library's.

    `text` is what they do: byte code, constants, defaults, what they close over, and so for every
    function of their own that they name. It is that of one version of Python.
    """

    def __init__(self, module: nn.Module) -> None:
        self._seen: set[int] = set()
        self._parts: list[str] = []
        self.read: set[str] = set()  # names that are read anywhere but in __init__
        self._modules = [
            (path, part) for path, part in module.named_modules() if _is_own(type(part))
        ]
        for kind in dict.fromkeys(type(part) for _, part in self._modules):
            self._add_class(kind)
        for path, part in self._modules:
            for name, value in sorted(vars(part).items()):
                if isinstance(value, FunctionType | MethodType):  # put in place of the class's
                    self._parts.append(f"{path}.{name}")
                    self._add(getattr(value, "__func__", value))

    @property
    def text(self) -> str:
        return "\n".join(self._parts)

    def numbers(self) -> dict[str, str]:
        """Return the numbers that are plain attributes and that the code reads, as they are now."""
        return {
            f"{path}.{name}": repr(value)
            for path, part in self._modules
            for name, value in vars(part).items()
            if name in self.read and name != "training" and _is_number(value)
        }

    def _add_class(self, kind: type) -> None:
        for base in kind.__mro__:
            if not _is_own(base):
                continue
            for name, value in sorted(vars(base).items()):
                for function in _functions(value):
                    self._parts.append(f"{base.__qualname__}.{name}")
                    self._add(function)

    def _add(self, function: object) -> None:
        if not isinstance(function, FunctionType) or id(function) in self._seen:
            return
        self._seen.add(id(function))
        self._parts.append(_text(function.__code__))
        defaults = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
        cells = [_content(cell) for cell in function.__closure__ or ()]
        for value in (*defaults, *cells):
            self._add_value(value)
        names = set(_names(function.__code__))
        if function.__name__ != "__init__":
            self.read |= names
        for name in sorted(names & set(function.__globals__)):
            if not name.startswith("__"):  # such as __file__
                self._add_value(function.__globals__[name], name)

    def _add_value(self, value: object, name: str = "") -> None:
        if isinstance(value, _PLAIN):
            self._parts.append(f"{name}={value!r}")
        elif isinstance(value, FunctionType) and _is_own(value):
            self._add(value)


def _is_own(thing: type | FunctionType) -> bool:
    return (thing.__module__ or "").partition(".")[0] not in LIBRARIES


def _is_number(value: object) -> bool:
    if isinstance(value, tuple | list):
        return all(map(_is_number, value))
    return isinstance(value, int | float | complex)


def _functions(value: object) -> Iterator[object]:
    """Return the functions in a member of a class."""
    if isinstance(value, staticmethod | classmethod):
        yield value.__func__
    elif isinstance(value, property):
        yield from (value.fget, value.fset)
    else:
        yield value


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # not bound yet
        return None


def _inner(code: CodeType) -> list[CodeType]:
    return [constant for constant in code.co_consts if isinstance(constant, CodeType)]


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in _inner(code):
        yield from _names(inner)


def _text(code: CodeType) -> str:
    """Return what a function does, without where it stands."""
    constants = [_constant(c) for c in code.co_consts if not isinstance(c, CodeType)]
    digest = hashlib.sha256(code.co_code).hexdigest()
    facts = [code.co_name, digest, repr(constants), repr(code.co_names)]
    return "\n".join([*facts, *map(_text, _inner(code))])


def _constant(value: object) -> str:
    if isinstance(value, frozenset):  # its order changes from process to process
        return repr(sorted(map(repr, value)))
    return repr(value)
