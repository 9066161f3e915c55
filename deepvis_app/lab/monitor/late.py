"""Numbers of a device, read once they are there: training never waits for them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from torch import Tensor

    Then = Callable[[NDArray[Any]], None]

MOST_WAITING = 4096  # before the oldest one is waited for


class Late:
    """Hands numbers on in the order in which they were asked for.

    Of a CPU they are there at once. On CUDA they are copied into pinned memory behind what the
    stream has still to do; an event tells when they have arrived.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[torch.cuda.Event | None, Tensor | None, Then]] = deque()

    def is_there(self, values: Tensor) -> bool:
        """Whether a number can be taken at once, in its order."""
        return not self._waiting and values.device.type == "cpu"

    def read(self, values: Tensor, then: Then) -> None:
        """Call `then` with the numbers, float64 or int64, now or at a later `poll`.

        `values` may be overwritten as soon as this returns.
        """
        values = values.detach()
        if values.device.type == "cuda":
            host = torch.empty(values.shape, dtype=values.dtype, pin_memory=True)
            host.copy_(values, non_blocking=True)
            event = torch.cuda.Event()
            event.record(torch.cuda.current_stream(values.device))
            self._waiting.append((event, host, then))
        elif self._waiting:
            self._waiting.append((None, values.cpu().clone(), then))
        else:
            then(_numbers(values))

    def then(self, work: Callable[[], None]) -> None:
        """Call `work` once all that was asked for before has been handed on."""
        if self._waiting:
            self._waiting.append((None, None, lambda _: work()))
        else:
            work()

    def poll(self) -> None:
        """Hand on what has arrived."""
        if len(self._waiting) > MOST_WAITING:
            _wait(self._waiting[0][0])
        while self._waiting and _is_there(self._waiting[0][0]):
            self._hand_on()

    def finish(self) -> None:
        """Wait for all, and hand it on."""
        while self._waiting:
            _wait(self._waiting[0][0])
            self._hand_on()

    def _hand_on(self) -> None:
        _, values, then = self._waiting.popleft()
        then(_numbers(torch.empty(0) if values is None else values))


def _is_there(event: torch.cuda.Event | None) -> bool:
    return event is None or event.query()


def _wait(event: torch.cuda.Event | None) -> None:
    if event is not None:
        event.synchronize()


def _numbers(values: Tensor) -> NDArray[Any]:
    wide = torch.float64 if values.is_floating_point() else torch.int64
    if values.device.type == "mps":  # knows no float64
        values = values.cpu()
    found: NDArray[Any] = values.to("cpu", wide).numpy()
    return found
