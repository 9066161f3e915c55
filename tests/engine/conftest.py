"""A tiny network, scripted sources, and waiting without sleeping."""

from __future__ import annotations

import time
from collections import deque
from threading import Condition, Event
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import nn

from deepvis_app.engine import loader
from deepvis_app.engine.device.device import choose_device
from deepvis_app.frames.source import Frame, Playback, Policy, SourceInfo
from deepvis_app.nets.network import Network
from deepvis_app.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from deepvis_app.engine.device.device import Device

SIZE = (24, 32)  # of the tiny network's input


class Tiny(nn.Module):
    """Three convolutions, one dead unit, ten classes; raises or gives NaN when told."""

    def __init__(self, seed: int = 0, channels: int = 3) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.first = nn.Conv2d(channels, 8, 3, padding=1)
        self.act = nn.ReLU(inplace=True)
        self.second = nn.Conv2d(8, 12, 3, stride=2, padding=1)
        self.third = nn.Conv2d(12, 6, 3, padding=1)
        self.head = nn.Linear(6, 10)
        for parameter in self.parameters():
            nn.init.normal_(parameter, 0, 0.5, generator=generator)
        with torch.no_grad():
            self.first.weight[5] = 0  # unit 5 of `first` gives its bias, everywhere, always
        self.error: Exception | None = None
        self.spoil = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.error is not None:
            raise self.error
        maps = self.third(self.act(self.second(self.act(self.first(x)))))
        logits = self.head(maps.mean((2, 3)))
        return logits * float("nan") if self.spoil else logits


def tiny_network(seed: int = 0, name: str = "tiny") -> Network:
    labels = [f"class {index}" for index in range(10)]
    # In evaluation mode, as networks are loaded: tests run it beside the engine's thread.
    return Network(Tiny(seed).eval(), (3, *SIZE), labels=labels, name=name)


def frame_of(number: int, *, size: tuple[int, int] = SIZE) -> Frame:
    random = np.random.default_rng(number)
    image = random.integers(0, 256, (*size, 3), np.uint8)
    image.setflags(write=False)
    return Frame(image, number, time.monotonic(), f"frame {number}", number)


@pytest.fixture(scope="session")
def tiny() -> Network:
    return tiny_network()


@pytest.fixture
def make_network() -> Callable[..., Network]:
    return tiny_network


@pytest.fixture
def make_frame() -> Callable[..., Frame]:
    return frame_of


@pytest.fixture
def cpu() -> Device:
    return choose_device("cpu")


class ScriptedSource:
    """Gives what is fed to it, in order: frames, errors to raise, None for the end."""

    device = ""

    def __init__(self, spec: str = "scripted", policy: Policy = Policy.NEWEST) -> None:
        self.spec, self.policy = spec, policy
        self.opening: deque[Exception | None] = deque()  # outcomes of the next `open` calls
        self.opened = self.closed = self.steps = self.reads = 0
        self._things: deque[Frame | Exception | None] = deque()
        self._changed = Condition()
        self.gate: Event | None = None  # where set, `read` blocks on it
        self.interrupted = 0

    def feed(self, *things: Frame | Exception | None) -> None:
        with self._changed:
            self._things.extend(things)

    def open(self) -> SourceInfo:
        outcome = self.opening.popleft() if self.opening else None
        if outcome is not None:
            raise outcome
        self.opened += 1
        return SourceInfo(self.spec, "scripted", controls=frozenset({"step"}))

    def due_in_s(self) -> float | None:
        return 0.0 if self._things else None

    def read(self) -> Frame | None:
        self.reads += 1
        if self.gate is not None:
            self.gate.wait(20)
        thing = self._things.popleft()
        if isinstance(thing, BaseException):
            raise thing
        return thing

    def playback(self) -> Playback:
        return Playback(index=self.reads)

    def step(self, delta: int) -> None:
        self.steps += delta

    def play(self, playing: bool) -> None: ...

    def seek(self, index: int) -> None: ...

    def set_speed(self, speed: float) -> None: ...

    def set_loop(self, loop: bool) -> None: ...

    def interrupt(self) -> None:
        self.interrupted += 1

    def close(self) -> None:
        self.closed += 1


class EndlessSource(ScriptedSource):
    """Gives frame after frame at a rate, or as fast as they are read."""

    def __init__(
        self, spec: str = "endless", policy: Policy = Policy.NEWEST, rate_hz: float = 200
    ) -> None:
        super().__init__(spec, policy)
        self._interval_s = 1 / rate_hz
        self._next_s = time.monotonic()
        self._frames = [frame_of(number) for number in range(8)]

    def due_in_s(self) -> float:
        return max(self._next_s - time.monotonic(), 0.0)

    def read(self) -> Frame:
        self._next_s = time.monotonic() + self._interval_s
        image = self._frames[self.reads % 8].image
        self.reads += 1
        return Frame(image, self.reads - 1, time.monotonic(), self.spec)


@pytest.fixture
def scripted() -> type[ScriptedSource]:
    return ScriptedSource


@pytest.fixture
def endless() -> type[EndlessSource]:
    return EndlessSource


class News:
    """Wait until something holds, looking again whenever there are news and now and then."""

    def __init__(self) -> None:
        self.count = 0
        self._event = Event()

    def __call__(self) -> None:
        self.count += 1
        self._event.set()

    def until(self, holds: Callable[[], object], timeout_s: float = 20) -> None:
        end = time.monotonic() + timeout_s
        while not holds():
            assert time.monotonic() < end, "it never came"
            self._event.wait(0.01)
            self._event.clear()


@pytest.fixture
def news() -> News:
    return News()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "store")
    yield store
    store.close()


@pytest.fixture(autouse=True)
def memory_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for the thread that gives an exchanged network's memory back."""
    monkeypatch.setattr(loader, "give_back_after", lambda _: None)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny tensors gain nothing from more; tests beside each other lose."""
    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(usual)
