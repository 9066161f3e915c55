"""Read the weights of a file beside which Python objects lie, without making those objects.

Training scripts save what they had at hand: `argparse.Namespace`, `pathlib.Path`, a configuration.
PyTorch's unpickler for weights refuses every name that it does not know; here each such name
stands for an empty dictionary. Nothing that the file names is imported, called or made, and all
that the unpickler guards against stays guarded: modules that it blocks, calls of anything else.
"""

from __future__ import annotations

import pickle
import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

_UNKNOWN = re.compile(r"Unsupported global: GLOBAL (\S+)")
_MOST = 200  # names that a file may hold
_DATA = ("list", "dict", "tuple", "frozenset", "object", "int", "float", "str", "bool", "slice")
# What no training script saves by accident: a file that names these was made to harm, and is to be
# refused as such, although nothing of it would run.
_RUNS = re.compile(
    r"(io|_io|os|posix|nt|sys|subprocess|shutil|socket|importlib|runpy|ctypes|pty|code|codeop|pip"
    r"|timeit|pickle|_pickle|marshal|webbrowser|multiprocessing|asyncio|urllib|http|ftplib|operator"
    r"|builtins(?!\.(" + "|".join(_DATA) + r")$)|_operator|torch\.(load|hub|jit|package|ops))[._]"
)
_MODULE = {"_parameters", "_modules"}  # what every pickled `nn.Module` has


class _StandIn:
    """Made or called with anything, gives a dictionary that takes what the object would hold."""

    def __new__(cls, *_args: object, **_named: object) -> Any:
        return OrderedDict()


def read_beside(load: Callable[[], object]) -> object | None:
    """Return what `load` reads, with a dictionary for every object of a class unknown to torch.

    None where that cannot be had: the file names what runs code, asks for more, holds a whole
    `nn.Module`, whose weights should not be passed over in silence, or has no tensor apart from
    its objects.
    """
    names: dict[str, None] = {}
    while len(names) < _MOST:
        try:
            with torch.serialization.safe_globals([(_StandIn, name) for name in names]):
                content = load()
        except pickle.UnpicklingError as error:
            unknown = _UNKNOWN.search(str(error))
            name = _full(unknown[1]) if unknown else ""
            if not name or name in names or _RUNS.match(name):
                return None
            names[name] = None
        except Exception:  # noqa: BLE001 - what an object's state may do to a dictionary
            return None
        else:
            return _checked(content)
    return None


def _full(name: str) -> str:
    """Return a name as the file has it; torch's message leaves "builtins." out."""
    return name if "." in name else f"builtins.{name}"


def _checked(content: object) -> object | None:
    parts = _parts(content)
    objects = (vars(part).keys() for part in parts if isinstance(part, OrderedDict))
    has_weights = any(isinstance(part, Tensor | np.ndarray) for part in parts)
    return content if has_weights and not any(keys >= _MODULE for keys in objects) else None


def _parts(content: object) -> list[object]:
    """Return a content and all in it, once each."""
    found: dict[int, object] = {}
    waiting = [content]
    while waiting:
        part = waiting.pop()
        if id(part) not in found:
            found[id(part)] = part
            if isinstance(part, Mapping):
                waiting.extend(part.values())
            elif isinstance(part, list | tuple):
                waiting.extend(part)
    return list(found.values())
