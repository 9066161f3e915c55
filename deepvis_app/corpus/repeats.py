"""Layers that give what others gave already: a ReLU its input's upper half, a concatenation both.

What is known of those need not be measured again; in networks of small convolutions these are more
than half of all values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from deepvis_app.nets.network import Network

STEP = 3  # of the places that are compared at first


@dataclass(frozen=True, slots=True)
class Repeat:
    """A layer whose maps are those of `sources`, one behind the other, cut at zero if `is_cut`."""

    sources: tuple[str, ...]
    is_cut: bool


def repeats(network: Network, x: Tensor, layers: Sequence[str]) -> dict[str, Repeat]:
    """Return the layers among `layers` that repeat earlier ones on inputs (N, C, H, W), to the bit.

    What holds for some pictures may not hold for all, where a network goes another way for each:
    look again now and then.
    """
    maps = network.activations(x, layers)
    varied = {name: bool(own.amin() < own.amax()) for name, own in maps.items()}  # not NaN, either
    found: dict[str, Repeat] = {}
    for place, layer in enumerate(layers):
        own = maps[layer]
        if own[0, 0].numel() == 1 or not varied[layer]:
            continue
        same_size = [
            name
            for name in reversed(layers[:place])
            if varied[name] and maps[name].shape[2:] == own.shape[2:]
        ]
        repeat = _cut(own, same_size, maps) or _joined(own, same_size, maps)
        if repeat is not None:
            found[layer] = repeat
    return found


def _cut(own: Tensor, names: Sequence[str], maps: Mapping[str, Tensor]) -> Repeat | None:
    if bool(own.amin() < 0):
        return None
    for name in names:
        other = maps[name]
        if other.shape == own.shape and bool(other.amin() < 0) and _are_equal(other, own, cut=True):
            return Repeat((name,), is_cut=True)
    return None


def _joined(own: Tensor, names: Sequence[str], maps: Mapping[str, Tensor]) -> Repeat | None:
    sources: list[str] = []
    done = 0
    while done < own.shape[1]:
        name = next((n for n in names if _begins(own[:, done:], maps[n])), None)
        if name is None:
            return None
        sources.append(name)
        done += maps[name].shape[1]
    return Repeat(tuple(sources), is_cut=False)


def _begins(own: Tensor, other: Tensor) -> bool:
    count = other.shape[1]
    return count <= own.shape[1] and _are_equal(other, own[:, :count])


def _are_equal(one: Tensor, other: Tensor, *, cut: bool = False) -> bool:
    few = one[:1, :, ::STEP, ::STEP]
    few = few.clamp(min=0) if cut else few
    if not torch.equal(few, other[:1, :, ::STEP, ::STEP]):
        return False
    return torch.equal(one.clamp(min=0) if cut else one, other)
