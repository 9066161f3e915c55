"""Factories that a profile may name without being trusted: builders of networks in libraries."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any

from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Builder = Callable[..., Any]

# A word such as "same" or "zeros": neither a path nor an address.
_WORD = re.compile(r"[A-Za-z]\w{0,31}")
_FETCHING = re.compile(r"(weights|pretrained|checkpoint).*|.*_(cfg|dir|file|url)")


def free_builder(factory: str, arguments: Mapping[str, object]) -> Builder | None:
    """Return what "module:name" names, where neither it nor its arguments can run other code.

    These are the builders and network classes of `torchvision.models` and `timm.models`, the
    modules of `torch.nn`, `deepvis_app.nets.pocket:Pocket` and the builders of
    `deepvis_app.nets.learners`, each by its one public name and defined there, with plain
    arguments. None: it is none of them, and nothing was run.
    """
    library, _, name = factory.partition(":")
    if library not in _FINDERS or not name.isidentifier() or name.startswith("_"):
        return None
    if any(fetches(key) or not _is_plain(value) for key, value in arguments.items()):
        return None
    return _FINDERS[library](name)


def fetches(argument: str) -> bool:
    """Tell whether a builder may fetch or unpickle a file where it is given that argument."""
    return _FETCHING.fullmatch(argument) is not None


def _is_plain(value: object) -> bool:
    if isinstance(value, str):
        return _WORD.fullmatch(value) is not None
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return isinstance(value, bool | int | float)


def _torch_module(name: str) -> Builder | None:
    return _class_in(vars(nn), name, "torch.nn.modules.")


def _torchvision_builder(name: str) -> Builder | None:
    from torchvision import models

    found = vars(models).get(name)
    if name in models.list_models(models) and models.get_model_builder(name) is found:
        return _defined_in("torchvision.models.", found)
    return _class_in(vars(models), name, "torchvision.models.")


def _timm_builder(name: str) -> Builder | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of names that timm has moved
            import timm.models
    except ImportError:
        return None
    names: dict[str, Any] = vars(timm.models)
    found = names.get(name)
    if timm.models.is_model(name) and timm.models.model_entrypoint(name) is found:
        return _defined_in("timm.models.", found)
    return _class_in(names, name, "timm.models.")


def _bundled(name: str) -> Builder | None:
    from deepvis_app.nets.pocket import Pocket

    return Pocket if name == Pocket.__name__ else None


def _learner(name: str) -> Builder | None:
    from deepvis_app.nets.learners import LEARNERS

    return LEARNERS.get(name)


def _class_in(names: Mapping[str, Any], name: str, home: str) -> Builder | None:
    """Return the class of a network of that name, where it is defined inside `home`."""
    found = names.get(name)
    is_network = isinstance(found, type) and issubclass(found, nn.Module)
    return _defined_in(home, found) if is_network else None


def _defined_in(home: str, builder: Any) -> Builder | None:
    return builder if builder.__module__.startswith(home) else None


_FINDERS: Mapping[str, Callable[[str], Builder | None]] = {
    "torch.nn": _torch_module,
    "torchvision.models": _torchvision_builder,
    "timm.models": _timm_builder,
    "deepvis_app.nets.pocket": _bundled,
    "deepvis_app.nets.learners": _learner,
}
