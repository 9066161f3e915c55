"""The same noise in every pass of a network that draws random numbers."""

from __future__ import annotations

import random
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from torch import nn


@dataclass(frozen=True, slots=True)
class _Source:
    """Where random numbers come from: how its state is read and set, and how it is seeded."""

    read: Callable[[], Any]
    write: Callable[[Any], object]
    seed: Callable[[int], object]


class Chance:
    """All that a network may draw from: the usual generators, and those that it keeps itself."""

    def __init__(self, modules: Iterable[nn.Module], device: torch.device) -> None:
        self._usual = _usual_sources(device)
        own = (_source(value) for module in modules for value in vars(module).values())
        self._own = [(source, source.read()) for source in own if source is not None]

    @contextmanager
    def fixed(self, seed: int = 0) -> Iterator[None]:
        """Draw from a seed; with 0 the network's own generators begin where they stood at first.

        Afterwards all go on as if nothing had been drawn.
        """
        sources = [*self._usual, *(source for source, _ in self._own)]
        before = [source.read() for source in sources]
        try:
            for source in sources:
                source.seed(seed)
            for source, first in self._own if seed == 0 else ():
                source.write(first)
            yield
        finally:
            for source, state in zip(sources, before, strict=True):
                source.write(state)

    def state(self) -> list[str]:
        """Return what changes when something is drawn."""
        read = (s.read() for s in [*self._usual, *(source for source, _ in self._own)])
        return [repr(s.tolist() if isinstance(s, torch.Tensor) else s) for s in read]


def _usual_sources(device: torch.device) -> list[_Source]:
    usual = torch.default_generator
    sources = [
        _Source(usual.get_state, usual.set_state, usual.manual_seed),
        _Source(random.getstate, random.setstate, random.seed),
        _Source(np.random.get_state, np.random.set_state, np.random.seed),
    ]
    if device.type == "cuda":
        index = torch.cuda.current_device() if device.index is None else device.index
        on_device = torch.cuda.default_generators[index]
        sources.append(_Source(on_device.get_state, on_device.set_state, on_device.manual_seed))
    return sources


def _source(value: object) -> _Source | None:
    if isinstance(value, torch.Generator):
        return _Source(value.get_state, value.set_state, value.manual_seed)
    if isinstance(value, np.random.RandomState):
        return _Source(value.get_state, value.set_state, value.seed)
    if isinstance(value, random.Random):
        return _Source(value.getstate, value.setstate, value.seed)
    if isinstance(value, np.random.Generator):
        bits = value.bit_generator

        def write(state: Any) -> None:
            bits.state = state

        return _Source(lambda: bits.state, write, lambda seed: write(type(bits)(seed).state))
    return None
