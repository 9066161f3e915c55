"""Screen regions, on a display where there is one."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from mss import MSS

from deepvis_app.frames import SourceError, open_source
from deepvis_app.frames.screen import _visible

if TYPE_CHECKING:
    from collections.abc import Iterator

WHOLE = {"left": -100, "top": 0, "width": 900, "height": 600}


@pytest.fixture(scope="module")
def display() -> Iterator[None]:
    if sys.platform == "linux" and not os.environ.get("DISPLAY"):
        pytest.skip("there is no display: DISPLAY is not set")
    with MSS():  # Xvfb starts anew when its last client goes, and is away for that time
        yield


def test_no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform != "linux":
        pytest.skip("only X11 can be without a display")
    monkeypatch.delenv("DISPLAY", raising=False)
    source = open_source("screen")
    with pytest.raises(SourceError, match=r"No screen can be read .*DISPLAY is set"):
        source.open()
    assert source.due_in_s() is None
    source.close()


def test_display_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform != "linux":
        pytest.skip("only X11 can be without a display")
    monkeypatch.setenv("DISPLAY", ":98765")
    with pytest.raises(SourceError, match="No screen can be read"):
        open_source("screen:0,0,10,10").open()


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ((0, 0, 10, 20), (0, 0, 10, 20)),
        ((-500, -50, 1000, 100), (-100, 0, 600, 50)),
        ((700, 500, 300, 300), (700, 500, 100, 100)),
    ],
)
def test_regions_are_cut_to_the_screen(region, expected) -> None:
    box = _visible(region, WHOLE)
    assert (box["left"], box["top"], box["width"], box["height"]) == expected


@pytest.mark.parametrize("region", [(800, 0, 10, 10), (0, 600, 5, 5), (0, 0, 0, 5)])
def test_regions_off_the_screen(region) -> None:
    with pytest.raises(SourceError, match="is not on the screen"):
        _visible(region, WHOLE)


@pytest.mark.usefixtures("display")
def test_a_region(clock) -> None:
    source = open_source("screen:10,20,64,48", clock=clock)
    info = source.open()
    assert (info.width, info.height, info.rate_hz) == (64, 48, 30)
    frame = source.read()
    assert frame is not None
    assert frame.image.shape == (48, 64, 3)
    assert frame.image.dtype == np.uint8
    assert source.due_in_s() == pytest.approx(1 / 30)
    clock.advance(10)
    assert source.due_in_s() == 0
    assert source.read() is not None
    assert source.due_in_s() == pytest.approx(0, abs=1 / 30)
    source.close()
    source.close()
    assert source.read() is None


@pytest.mark.usefixtures("display")
def test_monitors() -> None:
    source = open_source("screen")
    info = source.open()
    assert info.title == "Screen 1"
    frame = source.read()
    assert frame is not None
    assert frame.image.shape == (info.height, info.width, 3)
    source.close()
    with pytest.raises(SourceError, match="There is no monitor 99"):
        open_source("screen:99").open()
