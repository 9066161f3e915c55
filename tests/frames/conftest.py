"""Hand-made media, and a clock that moves only when told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from deepvis_app.frames.cv import cv2

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class FakeClock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s

    def advance(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def picture_of(index: int) -> np.ndarray:
    """Eight bars, black or white: the bits of `index`. Codecs blur them but keep them apart."""
    bits = (index >> np.arange(8)) & 1
    row = np.repeat(bits * 255, 20).astype(np.uint8)
    return np.broadcast_to(row[None, :, None], (120, 160, 3)).copy()


def index_of(image: np.ndarray) -> int:
    bits = image[60, 10::20, 1] > 127
    return int((bits << np.arange(8)).sum())


@pytest.fixture
def make_video(tmp_path: Path) -> Callable[..., Path]:
    """Write a video whose frames show their own index (up to 255)."""

    def make(
        name: str = "clip.mp4", count: int = 50, fps: float = 25, fourcc: str = "mp4v"
    ) -> Path:
        path = tmp_path / name
        writer = cv2.VideoWriter(
            str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*fourcc), fps, (160, 120)
        )
        assert writer.isOpened()
        for index in range(count):
            writer.write(picture_of(index))
        writer.release()
        return path

    return make


@pytest.fixture
def seen() -> Callable[[np.ndarray], int]:
    """Tell the index that a frame of `make_video` shows."""
    return index_of
