"""A computation of fixed shapes, recorded once on a CUDA device and replayed from then on.

A small network at one picture is so quick on a graphics processor that Python cannot hand it the
work in time. A CUDA graph holds all of it: one call starts everything.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from torch import Tensor

logger = logging.getLogger(__name__)

PATIENCE = 4  # calls before one is recorded: recording takes as long as some ten
KEPT = 2  # recordings: each holds the memory of a whole pass
WARM_UP = 3  # runs before, as PyTorch's notes on CUDA graphs say: libraries choose their ways
TOLERANCE = 0.02  # of the largest value: half precision does not always add in the same order


class Found(Protocol):
    """What a computation gives."""

    def tensors(self) -> Iterable[Tensor]:
        """Return all tensors in it."""
        ...


T = TypeVar("T", bound=Found)


class Replay(Generic[T]):
    """Runs computations of one tensor, from a recording once one has come again and again.

    What it returns may be overwritten by the next call. A computation that cannot be recorded, or
    comes out differently, is run as it is. For one thread.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, _Known[T]] = {}  # that came last is last
        self._refused = False

    def run(self, key: Hashable, compute: Callable[[Tensor], T], x: Tensor) -> T:
        """Return `compute(x)`. Equal keys mean: the same computation, and `x` of the same shape."""
        known = self._known.pop(key) if key in self._known else _Known()
        self._known[key] = known
        while len(self._known) > KEPT:
            del self._known[next(iter(self._known))]
        if known.recording is not None:
            return known.recording.play(x)
        known.calls += 1
        if known.calls >= PATIENCE and not self._refused:
            known.recording = self._record(compute, x)
        return compute(x)

    def _record(self, compute: Callable[[Tensor], T], x: Tensor) -> _Recording[T] | None:
        try:
            recording = _Recording(compute, x)
            if _alike(recording.play(x), compute(x)):
                return recording
            logger.info("a recorded pass came out differently")
        except Exception:  # a network may do anything that a recording does not allow
            logger.info("the pass cannot be recorded", exc_info=True)
        self._refused = True
        return None


@dataclass(slots=True)
class _Known(Generic[T]):
    calls: int = 0
    recording: _Recording[T] | None = None


class _Recording(Generic[T]):
    def __init__(self, compute: Callable[[Tensor], T], x: Tensor) -> None:
        self._x = x.clone()
        stream, usual = torch.cuda.Stream(x.device), torch.cuda.current_stream(x.device)
        stream.wait_stream(usual)
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP):
                compute(self._x)
        usual.wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        # Only this thread's calls are recorded: another may be loading a network meanwhile.
        with torch.cuda.graph(self._graph, capture_error_mode="thread_local"):
            self._found = compute(self._x)

    def play(self, x: Tensor) -> T:
        self._x.copy_(x)
        self._graph.replay()
        return self._found


def _alike(one: Found, other: Found) -> bool:
    for a, b in zip(one.tensors(), other.tensors(), strict=True):
        largest = b.float().abs().max()
        if not bool(((a.float() - b.float()).abs().max() <= TOLERANCE * largest).all()):
            return False
    return True
