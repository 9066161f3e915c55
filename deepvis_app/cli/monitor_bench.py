"""What the training monitor costs: the same loops with it and without, in turn."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from deepvis_app.engine.device.device import choose_device
from deepvis_app.lab import Monitor

if TYPE_CHECKING:
    from collections.abc import Sequence

WANTED = 0.05  # of a step, at most
SLICE_S = 0.5  # short: other work on the machine then meets both alike
PROBE = 32
WARM_UP = 0.25  # of the time: the first steps of a run are looked at more closely


@dataclass(frozen=True, slots=True)
class MonitorFigures:
    """Training steps a second with the monitor (`ours`) and without (`bare`), one network.

    Rates are by the processor's seconds, on an accelerator by the clock's. `share` is what the
    monitor measures of itself, `every` the steps between two looks that it has come to.
    """

    network: str
    ours: float
    bare: float
    ratio: float
    share: float
    step_ms: float
    every: int
    probe_every: int
    steps: int
    device: str


def small_convnet() -> tuple[nn.Module, torch.Tensor]:
    """Return a network of 55 thousand parameters and a batch of 64 pictures of 28 x 28."""
    layers = [
        nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(1568, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 10),
    ]  # fmt: skip
    return nn.Sequential(*layers), torch.randn(64, 1, 28, 28)


def squeezenet() -> tuple[nn.Module, torch.Tensor]:
    """Return SqueezeNet 1.0 with random weights and a batch of 8 pictures of 224 x 224."""
    from torchvision.models import squeezenet1_0

    return squeezenet1_0(weights=None), torch.randn(8, 3, 224, 224)


NETWORKS: dict[str, Callable[[], tuple[nn.Module, torch.Tensor]]] = {
    "small convnet": small_convnet,
    "squeezenet1_0": squeezenet,
}


def measure_monitor(name: str, seconds: float, device: str = "auto") -> MonitorFigures:
    """Train one network twice, a slice of the one and a slice of the other in turn."""
    where = choose_device(device).place
    with tempfile.TemporaryDirectory() as folder:
        plain, monitored = _Loop(name, where), _Loop(name, where, Path(folder))
        _in_turn((plain, monitored), WARM_UP * seconds)
        for loop in (plain, monitored):
            loop.seconds, loop.steps = 0.0, 0
        _in_turn((plain, monitored), (1 - WARM_UP) * seconds)
        ours, bare = monitored.steps / monitored.seconds, plain.steps / plain.seconds
        monitor = monitored.monitor
        assert monitor is not None
        monitor.close()
        return MonitorFigures(
            name, ours, bare, ours / bare, monitor.share, 1000 / bare,
            monitor.every(), monitor.every("probe"), monitored.steps, str(where),
        )  # fmt: skip


def _in_turn(loops: Sequence[_Loop], seconds: float) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        for loop in loops:
            loop.steps_for(SLICE_S)


class _Loop:
    """A training that makes steps for so many seconds, and counts both."""

    def __init__(self, name: str, device: torch.device, folder: Path | None = None) -> None:
        torch.manual_seed(0)
        model, x = NETWORKS[name]()
        self._device = device
        self._model, self._x = model.to(device), x.to(device)
        self._y = torch.randint(0, 10, (len(x),), device=device)
        self._loss = nn.CrossEntropyLoss()
        self._optimizer = torch.optim.SGD(self._model.parameters(), 0.01, momentum=0.9)
        self.monitor: Monitor | None = None
        self.seconds, self.steps = 0.0, 0
        if folder is not None:
            probe: dict[str, Any] = {"probe": self._x[:PROBE], "probe_labels": self._y[:PROBE]}
            self.monitor = Monitor(
                self._model, self._optimizer, folder, loss=self._loss, limit=WANTED, **probe
            )

    def steps_for(self, seconds: float) -> None:
        """Make steps for so long by the clock."""
        started, ends = self._clock(), time.monotonic() + seconds
        while time.monotonic() < ends:
            self._step()
        self.seconds += self._clock() - started

    def _step(self) -> None:
        self._optimizer.zero_grad()
        loss = self._loss(self._model(self._x), self._y)
        loss.backward()
        self._optimizer.step()
        if self.monitor is not None:
            self.monitor.step(loss=loss)
        self.steps += 1

    def _clock(self) -> float:
        """Return the process's own seconds, which other work on the machine does not touch."""
        if self._device.type == "cpu":
            return time.process_time()
        torch.accelerator.synchronize(self._device)
        return time.perf_counter()
