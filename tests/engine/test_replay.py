"""Recordings of passes: when they are made, dropped and refused; on CUDA also what they give."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from torch import nn

from deepvis_app.engine.device import replay
from deepvis_app.engine.device.device import choose_device
from deepvis_app.engine.device.replay import KEPT, PATIENCE, Replay
from deepvis_app.engine.device.replica import replica_on
from deepvis_app.engine.live import LiveProcessor
from deepvis_app.engine.readers import GridReader, StripReader
from deepvis_app.engine.request import LiveRequest
from deepvis_app.frames.source import Frame
from deepvis_app.nets import Network


@dataclass
class Doubled:
    value: torch.Tensor

    def tensors(self) -> list[torch.Tensor]:
        return [self.value]


@dataclass
class Device:
    """Stands for CUDA: counts what is recorded, played and run."""

    recorded: int = 0
    played: int = 0
    ran: list[str] = field(default_factory=list)
    slip: float = 0.0  # by which recordings differ
    error: Exception | None = None

    def compute(self, name: str):
        def run(x: torch.Tensor) -> Doubled:
            self.ran.append(name)
            return Doubled(2 * x)

        return run


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Device:
    device = Device()

    class Recording:
        def __init__(self, compute, x: torch.Tensor) -> None:
            if device.error is not None:
                raise device.error
            device.recorded += 1

        def play(self, x: torch.Tensor) -> Doubled:
            device.played += 1
            return Doubled(2 * x + device.slip)

    monkeypatch.setattr(replay, "_Recording", Recording)
    return device


def run(passes: Replay[Doubled], device: Device, names: str) -> None:
    for number, name in enumerate(names):
        found = passes.run(name, device.compute(name), torch.tensor(float(number)))
        assert found.value == 2 * number


def test_what_comes_again_is_recorded_and_then_played(device: Device) -> None:
    passes: Replay[Doubled] = Replay()
    run(passes, device, "a" * (PATIENCE - 1))
    assert device.recorded == 0
    run(passes, device, "a")
    assert device.recorded == 1
    ran = len(device.ran)
    run(passes, device, "aaaa")
    assert len(device.ran) == ran


def test_a_few_take_turns_and_the_oldest_is_dropped(device: Device) -> None:
    passes: Replay[Doubled] = Replay()
    names = "abcd"[:KEPT]
    run(passes, device, names * PATIENCE)
    assert device.recorded == KEPT
    run(passes, device, "z" * PATIENCE)
    run(passes, device, names[1:] * 3)
    assert device.recorded == KEPT + 1
    run(passes, device, names[0] * PATIENCE)
    assert device.recorded == KEPT + 2


def test_what_always_changes_is_never_recorded(device: Device) -> None:
    run(Replay(), device, "abcdefgh" * PATIENCE)
    assert device.recorded == 0


def test_what_comes_out_differently_is_not_played(device: Device) -> None:
    device.slip = 1.0
    passes: Replay[Doubled] = Replay()
    run(passes, device, "a" * 3 * PATIENCE)
    assert device.recorded == 1
    assert device.played == 1


def test_what_cannot_be_recorded_is_run(device: Device) -> None:
    device.error = RuntimeError("operation not permitted when stream is capturing")
    run(Replay(), device, "a" * 3 * PATIENCE)
    assert len(device.ran) == 3 * PATIENCE


cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device is here")


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 8, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.second = nn.Conv2d(8, 4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.second(self.relu(self.first(x))).mean((2, 3))


class Choosy(Small):
    """Does as the picture is: no recording can hold that."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x) * (1.0 if float(x.mean()) > 0 else -1.0)


@pytest.mark.cuda
@cuda
@pytest.mark.parametrize("module", [Small, Choosy])
def test_live_on_cuda_gives_what_the_cpu_gives(module) -> None:
    torch.manual_seed(0)
    network = Network(module().eval(), (3, 24, 24))
    layers = tuple(info.name for info in network.layers)
    request = LiveRequest(
        readers=(GridReader("second", (40, 40), 2), StripReader(layers, interval_s=0))
    )
    processors = []
    for name in ("cpu", "cuda"):
        device = choose_device(name)
        processors.append(LiveProcessor(replica_on(network, device), device))
    random = np.random.default_rng(0)
    for number in range(3 * PATIENCE):
        image = random.integers(0, 256, (30, 30, 3), dtype=np.uint8)
        frame = Frame(np.full_like(image, 250 * (number % 2)) // 2 + image // 2, number, 0.0, "")
        cpu, gpu = (one.process(frame, request) for one in processors)
        np.testing.assert_allclose(cpu.scores, gpu.scores, atol=5e-3)
        assert (
            set(cpu.first(StripReader).thumbs) == set(gpu.first(StripReader).thumbs) == set(layers)
        )
        np.testing.assert_allclose(
            cpu.every(GridReader)[0].maxima, gpu.every(GridReader)[0].maxima, atol=2e-2
        )
