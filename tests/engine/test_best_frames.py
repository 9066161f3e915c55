"""The best frames of a session, as the live loop gathers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from deepvis_app.engine.live import LiveProcessor
from deepvis_app.engine.readers import BestFramesReader, Brush
from deepvis_app.engine.readers.best_frames import MOST_LAYERS, Session
from deepvis_app.engine.request import LiveRequest
from deepvis_app.frames.source import Frame
from deepvis_app.nets import Box

if TYPE_CHECKING:
    from deepvis_app.engine.device.device import Device
    from deepvis_app.nets import Network

UNIT = 3


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def live(tiny: Network, cpu: Device, clock: Clock) -> LiveProcessor:
    return LiveProcessor(tiny.replica("cpu"), cpu, clock=clock)


def noise(number: int) -> Frame:
    """A frame of its own colours, unlike any other."""
    chance = np.random.default_rng(number)
    colours = 255 * chance.random(3) ** 3
    pixels = (chance.random((24, 32, 3)) ** 0.2 * colours).astype(np.uint8)
    pixels.setflags(write=False)
    return Frame(pixels, number, float(number), f"frame {number}")


def third(network: Network, frame: Frame) -> np.ndarray:
    found: np.ndarray = network.activations(network.prepare(frame.image)[None], ["third"])["third"]
    return found[0].numpy()


def unlike_frames(network: Network, count: int) -> list[Frame]:
    """Frames that no two of give nearly the same maxima."""
    frames: list[Frame] = []
    codes: list[np.ndarray] = []
    for number in range(500):
        frame = noise(number)
        code = third(network, frame).max((1, 2))
        apart = [np.linalg.norm(code - c) / max(map(np.linalg.norm, (code, c))) for c in codes]
        if min(apart, default=1.0) > 0.15:
            frames.append(frame)
            codes.append(code)
        if len(frames) == count:
            return frames
    raise AssertionError("too few frames are unlike each other")


def ask(layer: str = "third", unit: int = UNIT, *more: object) -> LiveRequest:
    return LiveRequest(1, (BestFramesReader(layer, unit), *more))  # type: ignore[arg-type]


def reading(live: LiveProcessor, frame: Frame, request: LiveRequest):
    return live.process(frame, request).of(request.readers[0])


def test_the_best_frames_are_those_with_the_highest_maxima(
    live: LiveProcessor, tiny: Network, clock: Clock
) -> None:
    frames = unlike_frames(tiny, 14)
    for frame in frames:
        clock.now_s += 5
        found = reading(live, frame, ask())
    maps = [third(tiny, frame)[UNIT] for frame in frames]
    order = np.argsort([-float(each.max()) for each in maps])[: len(found.frames)]
    assert [one.title for one in found.frames] == [frames[n].title for n in order]
    assert [one.value for one in found.frames] == pytest.approx([maps[n].max() for n in order])
    for one, number in zip(found.frames, order, strict=True):
        assert one.position == np.unravel_index(maps[number].argmax(), maps[number].shape)
        assert one.picture.shape == frames[number].image.shape
        # As a JPEG it is not the same; its colours are those of no other frame.
        colours = one.picture.mean((0, 1)), frames[number].image.mean((0, 1))
        assert np.abs(colours[0] - colours[1]).max() < 10
    assert len(found.frames) == 9


def test_a_picture_at_rest_and_a_covered_one_are_not_gathered(
    live: LiveProcessor, clock: Clock
) -> None:
    frame = noise(1)
    assert len(reading(live, frame, ask()).frames) == 1
    clock.now_s += 60
    assert len(reading(live, frame, ask()).frames) == 1
    covered = ask("third", UNIT, Brush((Box(0, 0, 4, 4),)))
    clock.now_s += 60
    assert len(reading(live, noise(2), covered).frames) == 1


def test_nothing_new_is_the_same_reading(live: LiveProcessor, clock: Clock) -> None:
    first = reading(live, noise(1), ask())
    assert reading(live, noise(1), ask()) is first  # it beats nothing
    clock.now_s += 60
    assert reading(live, noise(2), ask()) is not first


def test_few_layers_are_gathered_for_and_it_can_be_thrown_away(
    live: LiveProcessor, clock: Clock
) -> None:
    for number, layer in enumerate(("first", "second", "third", "act", "head")):
        clock.now_s += 5
        reading(live, noise(number), ask(layer, 0))
    session = live.memory.of(Session)
    assert len(session.pictures()) <= 5
    assert not session.reading("first", 0).frames  # looked at longest ago
    assert MOST_LAYERS == 4
    assert all(each.startswith(b"\xff\xd8") for each in session.pictures())
    session.clear()
    assert not session.pictures()
    assert not session.reading("head", 0).frames
