"""Something real that moves, offline: a slow flight over two installed photographs."""

from __future__ import annotations

import importlib.util
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.frames.base import BaseSource
from deepvis_app.frames.cv import cv2
from deepvis_app.frames.decode import decode_picture
from deepvis_app.frames.pacing import Pacer
from deepvis_app.frames.source import Frame, Playback, Policy, SourceError, SourceInfo

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

RATE_HZ = 30.0
SIZE = (640, 480)  # width, height
SLOT_S = 12.0  # how long a photograph is seen
FADE_S = 1.5
_PHOTOGRAPHS = ("china.jpg", "flower.jpg")  # scikit-learn's, CC BY 2.0
_ZOOM = (1.0, 1.9)  # of the smallest scale that fills the picture
_REACH = 0.6  # of the way to the photograph's edges: its subject stays in sight


def photographs() -> tuple[NDArray[np.uint8], ...]:
    """Return scikit-learn's two sample photographs, RGB (427, 640, 3).

    They are read as files: importing scikit-learn takes a second.
    """
    package = importlib.util.find_spec("sklearn")
    if package is None or package.origin is None:
        raise SourceError(
            "The demo's photographs are not installed", "Install them: pip install scikit-learn"
        )
    folder = Path(package.origin).parent / "datasets" / "images"
    return tuple(decode_picture(folder / name) for name in _PHOTOGRAPHS)


def demo_picture(photos: tuple[NDArray[np.uint8], ...], time_s: float) -> NDArray[np.uint8]:
    """Return the view at `time_s`, uint8 RGB (480, 640, 3).

    The path is closed, with a period of one slot a photograph; the photographs fade into each
    other at the ends of their slots. The scale never falls under 1, so nothing aliases.
    """
    time_s %= SLOT_S * len(photos)
    slot = int(time_s / SLOT_S)
    left_s = (slot + 1) * SLOT_S - time_s
    view = _view(photos[slot], time_s, len(photos))
    if left_s >= FADE_S:
        return view
    following = _view(photos[(slot + 1) % len(photos)], time_s, len(photos))
    share = 0.5 + 0.5 * math.cos(math.pi * left_s / FADE_S)
    # The stub knows no dtype.
    return cv2.addWeighted(view, 1 - share, following, share, 0)  # type: ignore[return-value]


def _view(photo: NDArray[np.uint8], time_s: float, count: int) -> NDArray[np.uint8]:
    height, width = photo.shape[:2]
    turn = 2 * math.pi * time_s / (SLOT_S * count)
    middle, swing = (_ZOOM[1] + _ZOOM[0]) / 2, (_ZOOM[1] - _ZOOM[0]) / 2
    fill = max(SIZE[0] / width, SIZE[1] / height)
    scale = fill * (middle - swing * math.cos(2 * turn))
    centre_x = width / 2 - _REACH * (width - SIZE[0] / scale) / 2 * math.sin(turn)
    centre_y = height / 2 + _REACH * (height - SIZE[1] / scale) / 2 * math.sin(2 * turn + 1)
    # Pixel centres lie at integers: the middle of SIZE is at (SIZE - 1) / 2.
    shift_x = (SIZE[0] - 1) / 2 - scale * (centre_x - 0.5)
    shift_y = (SIZE[1] - 1) / 2 - scale * (centre_y - 0.5)
    matrix = np.array([[scale, 0.0, shift_x], [0.0, scale, shift_y]])
    return cv2.warpAffine(  # type: ignore[return-value] # the stub knows no dtype
        photo, matrix, SIZE, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


class DemoSource(BaseSource):
    """The flight as an endless source of 30 frames a second, the same at every start."""

    def __init__(
        self, *, policy: Policy = Policy.NEWEST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__("demo", policy=policy, clock=clock)
        self._photos: tuple[NDArray[np.uint8], ...] = ()
        self._pacer = Pacer(clock)
        self._playing = True
        self._index = 0
        self._target: int | None = 0

    def open(self) -> SourceInfo:
        self._photos = photographs()
        self._index, self._target = 0, 0
        width, height = SIZE
        return SourceInfo(
            title="Demo",
            detail=f"{width} × {height} · {RATE_HZ:.0f} fps",
            width=width,
            height=height,
            rate_hz=RATE_HZ,
            controls=frozenset({"play", "step", "speed"}),
        )

    def due_in_s(self) -> float | None:
        if not self._photos:
            return None
        if self._target is not None:
            return 0.0
        if not self._playing:
            return None
        if self.policy is Policy.EVERY:
            return 0.0
        return self._pacer.due_in_s((self._index + 1) / RATE_HZ)

    def read(self) -> Frame | None:
        if not self._photos:
            return None
        if self._target is not None:
            self._index, self._target = self._target, None
            self._pacer.anchor(self._index / RATE_HZ)
        else:
            self._index = max(self._index + 1, self._due_index())
        image = demo_picture(self._photos, self._index / RATE_HZ)
        return self._frame(image, "Demo", self._index)

    def _due_index(self) -> int:
        if self.policy is Policy.EVERY or not self._playing:
            return 0
        return int(self._pacer.now_s() * RATE_HZ + 1e-6)

    def playback(self) -> Playback:
        return Playback(
            index=self._index if self._target is None else self._target,
            playing=self._playing,
            speed=self._pacer.speed,
            time_s=self._index / RATE_HZ,
        )

    def play(self, playing: bool) -> None:
        if playing and not self._playing:
            self._pacer.anchor(self._index / RATE_HZ)
        self._playing = playing

    def step(self, delta: int) -> None:
        base = self._index if self._target is None else self._target
        self._playing = False
        self._target = max(0, base + delta)

    def set_speed(self, speed: float) -> None:
        self._pacer.set_speed(speed)

    def close(self) -> None:
        self._photos = ()
