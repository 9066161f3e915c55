"""A part of the screen, as it changes."""

from __future__ import annotations

import re
import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from deepvis_app.frames.base import BaseSource
from deepvis_app.frames.cv import cv2
from deepvis_app.frames.source import Frame, Policy, SourceError, SourceInfo, SourceLost

if TYPE_CHECKING:
    from collections.abc import Callable

    from mss import MSS

RATE_HZ = 30.0
_REGION = re.compile(r"(-?\d+),(-?\d+),(\d+),(\d+)")
_Box = dict[str, int]  # left, top, width, height, in screen pixels


class ScreenSource(BaseSource):
    """`which`: a monitor's number from 1 (0: all together), or a region `x,y,width,height`."""

    def __init__(
        self,
        which: str = "1",
        *,
        policy: Policy = Policy.NEWEST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(f"screen:{which}", policy=policy, clock=clock)
        region = _REGION.fullmatch(which.replace(" ", ""))
        if region is None and not which.isdigit():
            raise SourceError(
                f"screen:{which} is no part of a screen",
                "Write screen, screen:2 for a monitor, or screen:x,y,width,height",
            )
        self._monitor = None if region else int(which)
        self._region = tuple(int(number) for number in region.groups()) if region else None
        self._grabber: MSS | None = None
        self._box: _Box = {}
        self._due_at_s = 0.0
        self._title = "Screen"

    def open(self) -> SourceInfo:
        self.close()
        from mss import MSS, ScreenShotError  # loads X11's libraries

        try:
            self._grabber = MSS()
            monitors = [dict(monitor) for monitor in self._grabber.monitors]
        except (ScreenShotError, OSError) as error:
            self.close()
            raise _no_display(error) from error
        self._box = self._choose(monitors)
        self._due_at_s = self._clock()
        width, height = self._box["width"], self._box["height"]
        return SourceInfo(
            self._title, f"{width} × {height} · {RATE_HZ:.0f} fps", width, height, RATE_HZ
        )

    def _choose(self, monitors: list[_Box]) -> _Box:
        if self._region is not None:
            return _visible(self._region, monitors[0])
        number = self._monitor or 0
        if number >= len(monitors):
            raise SourceError(
                f"There is no monitor {number}", f"Choose 1 to {len(monitors) - 1}, or 0 for all"
            )
        self._title = f"Screen {number}" if number else "All screens"
        return {key: int(monitors[number][key]) for key in ("left", "top", "width", "height")}

    def due_in_s(self) -> float | None:
        return None if self._grabber is None else max(0.0, self._due_at_s - self._clock())

    def read(self) -> Frame | None:
        if self._grabber is None:
            return None
        from mss import ScreenShotError

        now_s = self._clock()
        self._due_at_s = max(self._due_at_s + 1 / RATE_HZ, now_s)
        try:
            shot = self._grabber.grab(self._box)
        # mss asserts where the display has gone in mid-talk.
        except (ScreenShotError, OSError, AssertionError) as error:
            self.close()
            raise SourceLost("The screen cannot be read any more", "It is tried again") from error
        bgra = np.frombuffer(shot.raw, np.uint8).reshape(shot.height, shot.width, 4)
        image = cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGB)
        return self._frame(image, self._title)  # type: ignore[arg-type] # the stub knows no dtype

    def close(self) -> None:
        grabber, self._grabber = self._grabber, None
        if grabber is None:
            return
        from mss import ScreenShotError

        try:
            grabber.close()
        except (ScreenShotError, OSError, AssertionError):
            return  # the display went first


def _visible(region: tuple[int, ...], whole: _Box) -> _Box:
    """Return the part of `region` (x, y, width, height) that is on the screens."""
    x, y, width, height = region
    left, top = max(x, whole["left"]), max(y, whole["top"])
    right = min(x + width, whole["left"] + whole["width"])
    bottom = min(y + height, whole["top"] + whole["height"])
    if right <= left or bottom <= top:
        raise SourceError(
            f"The region {x},{y},{width},{height} is not on the screen",
            f"The screen is {whole['width']} × {whole['height']} pixels",
        )
    return {"left": left, "top": top, "width": right - left, "height": bottom - top}


def _no_display(error: Exception) -> SourceError:
    on_x11 = sys.platform.startswith("linux")
    remedy = (
        "Start deepvis within an X11 session (or XWayland), so that DISPLAY is set"
        if on_x11
        else "Allow screen recording for this program"
    )
    return SourceError(f"No screen can be read ({error})", remedy)
