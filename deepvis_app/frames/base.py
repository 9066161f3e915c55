"""What all sources share: counting frames, and controls that do nothing."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.frames.source import Frame, Playback, Policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


class BaseSource:
    """A source without controls; `clock` gives monotonic seconds."""

    device = ""

    def __init__(
        self,
        spec: str,
        *,
        policy: Policy = Policy.NEWEST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.spec = spec
        self.policy = policy
        self._clock = clock
        self._given = 0

    def _frame(
        self, image: NDArray[np.uint8], title: str, index: int | None = None, note: str = ""
    ) -> Frame:
        """Make the next frame of `image`, which nobody may write from now on."""
        image = np.ascontiguousarray(image)
        image.flags.writeable = False
        number = self._given
        self._given += 1
        place = number if index is None else index
        return Frame(image, number, self._clock(), title, place, note)

    def playback(self) -> Playback:
        return Playback(index=max(0, self._given - 1))

    def play(self, playing: bool) -> None:
        pass

    def step(self, delta: int) -> None:
        pass

    def seek(self, index: int) -> None:
        pass

    def set_speed(self, speed: float) -> None:
        pass

    def set_loop(self, loop: bool) -> None:
        pass

    def interrupt(self) -> None:
        pass

    def close(self) -> None:
        pass
