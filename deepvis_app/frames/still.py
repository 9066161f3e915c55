"""One picture that is in memory already: pasted, dropped, or a notebook's."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.frames.alpha import over_white
from deepvis_app.frames.base import BaseSource
from deepvis_app.frames.source import Frame, Policy, SourceError, SourceInfo

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


class StillSource(BaseSource):
    """Give `image`, uint8 (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), once.

    Transparent parts lie over white. A copy is kept, so the array may be written later.
    """

    def __init__(
        self,
        image: NDArray[np.uint8],
        title: str = "Pasted picture",
        *,
        policy: Policy = Policy.NEWEST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__("", policy=policy, clock=clock)
        self._image = _rgb(image)
        self._title = title
        self._is_due = False
        self._end_is_due = False

    def open(self) -> SourceInfo:
        self._is_due = self._end_is_due = True
        height, width = self._image.shape[:2]
        return SourceInfo(self._title, f"{width} × {height}", width, height, length=1)

    def due_in_s(self) -> float | None:
        every = self.policy is Policy.EVERY
        return 0.0 if self._is_due or (every and self._end_is_due) else None

    def read(self) -> Frame | None:
        if not self._is_due:
            self._end_is_due = False
            return None
        self._is_due = False
        return self._frame(self._image, self._title, 0)


def _rgb(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    image = np.asarray(image)
    if image.ndim == 2:
        image = image[:, :, None]
    known_shape = image.ndim == 3 and image.shape[2] in (1, 3, 4) and image.size > 0
    if image.dtype != np.uint8 or not known_shape:
        raise SourceError(
            f"A {image.dtype} array of shape {image.shape} is not a picture",
            "Give uint8 of shape (H, W), (H, W, 3) or (H, W, 4)",
        )
    if image.shape[2] == 4:
        return over_white(image)
    return np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image.copy()
