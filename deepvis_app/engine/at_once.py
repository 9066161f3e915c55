"""A function called with many things, on as many threads as the network's passes are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import torch
from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Given = TypeVar("Given")
    Result = TypeVar("Result")


def at_once(function: Callable[[Given], Result], things: Sequence[Given]) -> Iterator[Result]:
    """Call a function with each thing, and give what it returns in their order, like `map`.

    For arithmetic of NumPy's, which lets other threads run, never for torch: threads that have run
    that slow down the one which runs the network. NumPy's own threads are one meanwhile: who sets
    those sets them for all threads here. What is not begun when the iterator is closed is left out.
    """
    with (
        threadpool_limits(1, "blas"),
        ThreadPoolExecutor(torch.get_num_threads(), "deepvis-at-once") as pool,
    ):
        yield from pool.map(function, things)
