"""Something real that moves, offline: animals that walk by and things to look at, in a loop."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from deepvis_app import paths
from deepvis_app.frames.base import BaseSource
from deepvis_app.frames.cv import cv2
from deepvis_app.frames.demo_scenes import SIZE, CutOut, Ground, Photograph, Scene, Walk
from deepvis_app.frames.pacing import Pacer
from deepvis_app.frames.source import Frame, Playback, Policy, SourceError, SourceInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

RATE_HZ = 30.0
SLOT_S = 6.0  # how long a scene is seen
FADE_S = 0.6  # at its end, into the next one

# What is shown, in the words of the bundled network. Walks and grounds are such that it is right
# and sure all the way: a bison, say, it knows in snow, and not on a meadow.
SUBJECTS = ("African elephant", "espresso", "king penguin", "lemon", "bison")

_SAVANNA = Ground(
    sky=((126, 176, 214), (240, 226, 196)),
    far=(186, 176, 150),
    near=(190, 166, 110),
    plain=((208, 180, 118), (176, 140, 84)),
    horizon=0.62,
)
_ICE = Ground(
    sky=((108, 158, 206), (226, 236, 242)),
    far=(188, 211, 230),
    near=(209, 225, 238),
    plain=((236, 243, 248), (198, 214, 228)),
    horizon=0.6,
)
_TABLE = Ground(
    sky=((150, 104, 66), (172, 122, 78)),
    far=(172, 122, 78),
    near=(172, 122, 78),
    plain=((150, 96, 56), (112, 68, 38)),
    horizon=0.6,
    swell=0.0,
)
_SNOW = Ground(
    sky=((168, 182, 204), (244, 228, 214)),
    far=(206, 206, 214),
    near=(222, 222, 226),
    plain=((240, 240, 240), (206, 212, 222)),
    horizon=0.56,
)
_TO_THE_LEFT = Walk(
    height=350, foot=440, start=(64, 0), end=(-64, 8), growth=0.06, steps=2, bob=3, sway=0.8,
    pan=-64,
)  # fmt: skip
_WADDLE = Walk(height=410, foot=452, start=(-90, 0), end=(90, 0), steps=3, bob=4, sway=2.5, pan=40)
_ROLL = Walk(height=280, foot=400, start=(-60, 0), end=(60, 0), turn=40)
_TO_THE_RIGHT = Walk(
    height=300, foot=424, start=(-56, 0), end=(56, 8), growth=0.06, steps=2, bob=3, sway=0.8,
    pan=64,
)  # fmt: skip


def scenes() -> tuple[Scene, ...]:
    """Return the scenes of `SUBJECTS`; raise `SourceError` where a picture is missing."""
    try:
        return (
            CutOut(_picture("elephant.png", "RGBA"), _SAVANNA, _TO_THE_LEFT),
            Photograph(_picture("espresso.jpg", "RGB"), (0.5, 0.5, 1.0), (0.56, 0.45, 1.25)),
            CutOut(_picture("penguin.png", "RGBA"), _ICE, _WADDLE),
            CutOut(_picture("lemon.png", "RGBA"), _TABLE, _ROLL),
            CutOut(_picture("bison.png", "RGBA"), _SNOW, _TO_THE_RIGHT),
        )
    except OSError as error:
        raise SourceError(
            f"The demo's pictures cannot be read ({error})", "Install deepvis anew"
        ) from error


def _picture(name: str, mode: str) -> NDArray[np.uint8]:
    with Image.open(paths.RESOURCES / "demo" / name, formats=["PNG", "JPEG"]) as picture:
        return np.array(picture.convert(mode))


def demo_picture(scenes: Sequence[Scene], time_s: float) -> NDArray[np.uint8]:
    """Return the view at `time_s`, uint8 RGB (480, 640, 3).

    A loop with a period of one slot a scene; each fades into the next, which moves already.
    """
    time_s %= SLOT_S * len(scenes)
    slot = int(time_s / SLOT_S)
    since_s = time_s - slot * SLOT_S
    view = scenes[slot].picture((since_s + FADE_S) / (SLOT_S + FADE_S))
    left_s = SLOT_S - since_s
    if left_s >= FADE_S:
        return view
    following = scenes[(slot + 1) % len(scenes)].picture((FADE_S - left_s) / (SLOT_S + FADE_S))
    share = 0.5 + 0.5 * math.cos(math.pi * left_s / FADE_S)
    # The stub knows no dtype.
    return cv2.addWeighted(view, 1 - share, following, share, 0)  # type: ignore[return-value]


class DemoSource(BaseSource):
    """The loop as an endless source of 30 frames a second, the same at every start."""

    def __init__(
        self, *, policy: Policy = Policy.NEWEST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__("demo", policy=policy, clock=clock)
        self._scenes: tuple[Scene, ...] = ()
        self._pacer = Pacer(clock)
        self._playing = True
        self._index = 0
        self._target: int | None = 0

    def open(self) -> SourceInfo:
        self._scenes = scenes()
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
        if not self._scenes:
            return None
        if self._target is not None:
            return 0.0
        if not self._playing:
            return None
        if self.policy is Policy.EVERY:
            return 0.0
        return self._pacer.due_in_s((self._index + 1) / RATE_HZ)

    def read(self) -> Frame | None:
        if not self._scenes:
            return None
        if self._target is not None:
            self._index, self._target = self._target, None
            self._pacer.anchor(self._index / RATE_HZ)
        else:
            self._index = max(self._index + 1, self._due_index())
        image = demo_picture(self._scenes, self._index / RATE_HZ)
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
        self._scenes = ()
