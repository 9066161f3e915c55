"""Put a file's weights into a module, and tell which of them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import torch

from deepvis_app.nets.matching import Own, has_part, is_optimizers, matches, others, strangers
from deepvis_app.nets.misfits import Misfit, no_match, no_part
from deepvis_app.nets.taken import StoredWeights, TakenWeights
from deepvis_app.nets.weights_file import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import nn

    from deepvis_app.nets.matching import Match
    from deepvis_app.nets.weights_file import WeightsFile


def fit(module: nn.Module, file: WeightsFile, title: str) -> TakenWeights:
    """Load what of `file` fits `module` best; every parameter must be there, of the right shape.

    Raises `UserError` that says what the file holds instead. The module is not to be used then.
    """
    own = Own(module)
    if file.wanted and not has_part(file):
        raise no_part(file, _distinct(matches(file.without_name(), own)))
    found = _distinct(matches(file, own))
    if not found:
        raise no_match(file, own, title)
    match = found[0]
    missing: Iterable[str] = own.needed - match.state.keys()
    unexpected: Iterable[str] = match.state.keys()
    shapes = [k for k in own.needed & match.state.keys() if not own.has(k, match.state[k])]
    if not shapes:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of conversions that then succeed
            missing, unexpected = module.load_state_dict(match.state, strict=False)
    missing = own.needed & set(missing)
    unexpected = strangers(unexpected, own)
    if missing or unexpected or shapes:
        raise Misfit(file, title, own, match, missing, unexpected, shapes).error()
    return _taken(file, own, found)


def class_count(file: WeightsFile, module: nn.Module, usual: int) -> int:
    """Return how many classes the weights have that are the nearest to `module`'s of `usual`.

    The last weight of the module with `usual` rows is taken for the final layer's.
    """
    own = Own(module)
    heads = [k for k, value in own.state.items() if value.ndim >= 2 and value.shape[0] == usual]
    found = matches(file, own)
    if not heads or not found or heads[-1] not in found[0].state:
        return usual
    head = found[0].state[heads[-1]]
    return int(head.shape[0]) if head.ndim == own.state[heads[-1]].ndim else usual


def _distinct(found: list[Match]) -> list[Match]:
    """Return the matches without those that hold the very numbers of one before them."""
    distinct: list[Match] = []
    for match in found:
        if not any(_same(match, other) for other in distinct):
            distinct.append(match)
    return distinct


def _same(one: Match, other: Match) -> bool:
    return one.state.keys() == other.state.keys() and all(
        value.dtype == other.state[key].dtype and torch.equal(value, other.state[key])
        for key, value in one.state.items()
    )


def _taken(file: WeightsFile, own: Own, found: list[Match]) -> TakenWeights:
    match = found[0]
    fitting = _distinct(matches(file.without_name(), own)) if file.wanted else found
    taken, left = _stored(file, own, match), _left_out(own, match, fitting)
    is_wrapper = "." not in match.name and match.name in file.mappings
    is_only = is_wrapper and not match.is_averaged and len(found) == 1 and not left
    choices = tuple(_stored(file, own, each) for each in fitting)
    return TakenWeights(file.path, taken, choices, left, bool(file.wanted) or is_only)


def _left_out(own: Own, match: Match, fitting: list[Match]) -> tuple[str, ...]:
    """Return the modules beside the network's own in a match, but for what is no module's."""
    start = f"{match.name}." if match.name else ""
    elsewhere = tuple(f"{m.name}." for m in fitting if len(m.name) > len(match.name))
    left = [
        key.partition(".")[0]
        for key in others(match.state, own)
        if match.state[key].ndim and match.state[key].is_floating_point()
        if not is_optimizers(key) and not f"{start}{key}".startswith(elsewhere)
    ]
    return tuple(dict.fromkeys(left))


def _stored(file: WeightsFile, own: Own, match: Match) -> StoredWeights:
    """Return what a part of a file is called: the key it lies under, the prefix it has there."""
    ways = [way for way in file.mappings if not way or f"{match.name}.".startswith(f"{way}.")]
    way = max(ways, key=len, default="")
    prefix = match.name[len(way) :].lstrip(".")
    behind = f"{', ' if way else 'what is '}behind '{prefix}.'" if prefix else ""
    count = len(own.state.keys() & match.state.keys())
    return StoredWeights(match.name or WHOLE, way + behind or "the top of the file", count)
