"""Which of the state dicts in a file is a network's, behind which prefix.

No name of a wrapper is known beforehand: wherever one of the network's own names ends the name of
a tensor in the file, what stands before it is a prefix to be tried.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from torch import Tensor
from torch.nn.parameter import is_lazy

from deepvis_app.nets.weights import StateDict
from deepvis_app.nets.weights_file import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from torch import nn

    from deepvis_app.nets.weights_file import WeightsFile

_COMPILED = "_orig_mod"  # what torch.compile puts before a module's names, wherever it was compiled
# What an optimizer keeps for every weight has a weight's name and shape, and is none.
_OPTIMIZER = re.compile(r"(^|[._])(optim(izers?)?|exp_avg\w*|momentum_buffers?|grads?)($|[._])")
# Of batches, and of operations, as profilers leave them: none changes an output.
_COUNTERS = ("num_batches_tracked", "total_ops", "total_params")
# Averages over the training: those are what is evaluated and published.
_AVERAGED = re.compile(r"(^|[._])(ema|averaged?|shadow|swa|teacher)($|[._])")


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """A part of a file as the state dict of a network.

    `name` is the prefix that it stands behind, without the last dot. `state` has the network's own
    names, and others under the same prefix as they are there. `right` counts the needed tensors
    that are there in their shape.
    """

    name: str
    state: StateDict
    right: int

    @property
    def is_averaged(self) -> bool:
        return bool(_AVERAGED.search(self.name))


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """Own names by what a file may call them; `start` is what all lack that own names have."""

    names: dict[str, str]
    start: str = ""

    def own(self, name: str) -> str:
        return self.names.get(name, self.start + name)


class Own:
    """The names and shapes that a network needs, and how a file may call them."""

    def __init__(self, module: nn.Module) -> None:
        state = module.state_dict()
        self.versions = getattr(state, "_metadata", {})
        self.state = {key: value for key, value in state.items() if isinstance(value, Tensor)}
        parameters = {name for name, _ in module.named_parameters(remove_duplicate=False)}
        #: Indices, masks and counters, which a network sets by itself, need not be in a file.
        self.needed = frozenset(
            key
            for key, value in self.state.items()
            if key in parameters or value.is_floating_point() or value.is_complex()
        )
        #: Buffers that are no part of the state: a file that has them brings nothing by them.
        self.computed = frozenset(name for name, _ in module.named_buffers()) - self.state.keys()
        self.views = self._views()

    def has(self, key: str, tensor: Tensor) -> bool:
        """Whether a tensor has the shape that the network needs under its own name `key`."""
        value = self.state[key]
        return is_lazy(value) or value.shape == tensor.shape

    def _views(self) -> tuple[_View, ...]:
        """Return own names as they are, and without wrappers that the file may lack."""
        plain = _View({key: key for key in self.state})
        bare = {_without(key, {_COMPILED}): key for key in self.state}
        start = _shared_start(list(bare))
        view = _View({name[len(start) :]: key for name, key in bare.items()}, start)
        return (plain,) if view.names.keys() == plain.names.keys() else (plain, view)


def matches(file: WeightsFile, own: Own) -> list[Match]:
    """Return the parts of a file that fit a network best, all as well as each other.

    The first is the one to take: an average over the training where there is one, since that is
    what is evaluated; else the first in the file. Where none has all that is needed, the nearest
    ones; none where nothing in the file, or in its part FILE#NAME, has a name of the network.
    """
    nearest: list[Match] = []
    for tensors in _unwrapped(file.tensors, own):
        for view in own.views:
            found = _best(tensors, view, own, file.wanted)
            if found and (not nearest or found[0].right > nearest[0].right):
                nearest = found
    return sorted(nearest, key=lambda m: (file.wanted not in ("", m.name), not m.is_averaged))


def has_part(file: WeightsFile) -> bool:
    """Whether there is something under the NAME of FILE#NAME."""
    part = f".{file.wanted.strip('.')}."
    return file.wanted == WHOLE or any(part in f".{key}." for key in file.tensors)


def is_optimizers(key: str) -> bool:
    """Whether a tensor's name speaks of what an optimizer keeps."""
    return bool(_OPTIMIZER.search(key))


def strangers(state: Iterable[str], own: Own) -> list[str]:
    """Return the names in a part of a file that speak of another variant of the network.

    Those of whole modules that the network does not have (a loss's, a decoder's, a queue) do not;
    the next of a row of layers (layer5 where there are four) does.
    """
    tops = {key.partition(".")[0] for key in own.state}
    stems = tops | {_stem(top) for top in tops}
    return [key for key in others(state, own) if _stem(key.partition(".")[0]) in stems]


def others(state: Iterable[str], own: Own) -> list[str]:
    """Return the names in a part of a file that the network does not have, counters left out."""
    return [
        key
        for key in state
        if key not in own.state
        and key not in own.computed
        and key.rpartition(".")[2] not in _COUNTERS
    ]


def _best(tensors: StateDict, view: _View, own: Own, wanted: str) -> list[Match]:
    """Return the matches behind the prefixes with the most right tensors, fewest others first."""
    right, named = _counted(tensors, view, own)
    prefixes = _in_scope(list(named), wanted)
    if not prefixes:
        return []
    best = max((right[p], named[p]) for p in prefixes)
    found = [
        _match(tensors, p, view, own, right[p]) for p in prefixes if (right[p], named[p]) == best
    ]
    extra = [len(strangers(match.state, own)) for match in found]
    return [match for match, count in zip(found, extra, strict=True) if count == min(extra)]


def _counted(tensors: StateDict, view: _View, own: Own) -> tuple[Counter[str], Counter[str]]:
    """Count for each prefix the needed names behind it: those of the right shape, and all."""
    right, named = Counter[str](), Counter[str]()
    for key, tensor in tensors.items():
        parts = key.split(".")
        for start in range(len(parts)):
            name = view.names.get(".".join(parts[start:]), "")
            if name in own.needed:
                prefix = ".".join(parts[:start])
                named[prefix] += 1
                right[prefix] += own.has(name, tensor)
    return right, named


def _in_scope(prefixes: Sequence[str], wanted: str) -> list[str]:
    """Return the prefixes that may be taken: those of the NAME that is wanted, where one is."""
    if not wanted:
        return [prefix for prefix in prefixes if not is_optimizers(prefix)]
    if wanted == WHOLE:
        return [prefix for prefix in prefixes if not prefix]
    name = f"{wanted.strip('.')}."
    exact = [prefix for prefix in prefixes if f"{prefix}.".startswith(name)]
    return exact or [prefix for prefix in prefixes if f".{prefix}.".endswith(f".{name}")]


def _match(tensors: StateDict, prefix: str, view: _View, own: Own, right: int) -> Match:
    part = tensors.inside(f"{prefix}." if prefix else "")
    state = ((view.own(key), value) for key, value in part.items())
    # Modules convert the weights of their older versions; a file without versions is a current one.
    versions = own.versions if view.start or not part.versions else part.versions
    return Match(prefix, StateDict(state, versions), right)


def _unwrapped(tensors: StateDict, own: Own) -> list[StateDict]:
    """Return a file's tensors as they are, and without wrappers in the middle of their names.

    Such as a compiled or parallel part of a network leaves: what stands behind the first of the
    network's own words and is none of them.
    """
    names = own.views[-1].names
    words = {part for name in names for part in name.split(".")}
    tops = {name.partition(".")[0] for name in names}
    renamed = {}
    for key, tensor in tensors.items():
        *way, last = key.split(".")
        start = next((i for i, part in enumerate(way) if part in tops), len(way))
        kept = [part for part in way[start:] if part in words]
        renamed[".".join([*way[:start], *kept, last])] = tensor
    if renamed.keys() == tensors.keys() or len(renamed) < len(tensors):
        return [tensors]
    return [tensors, StateDict(renamed)]


def _stem(name: str) -> str:
    return name.rstrip("0123456789")


def _without(key: str, words: set[str]) -> str:
    return ".".join(part for part in key.split(".") if part not in words)


def _shared_start(names: Sequence[str]) -> str:
    """Return the words that all names begin with, with the dot behind them; never a whole name."""
    columns = zip(*(name.split(".")[:-1] for name in names), strict=False)
    shared = takewhile(lambda column: len(set(column)) == 1, columns)
    return "".join(f"{column[0]}." for column in shared)
