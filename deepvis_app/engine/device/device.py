"""Which device computes, and what it does best: the one place that knows."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch

from deepvis_app.errors import UserError


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment at which a device has done all that it was told before."""

    seconds: float
    event: torch.cuda.Event | None = None

    def ms_since(self, first: Mark) -> float:
        """Return the milliseconds since another mark of the same device; waits for this one."""
        if self.event is None or first.event is None:
            return (self.seconds - first.seconds) * 1e3
        self.event.synchronize()
        passed: float = first.event.elapsed_time(self.event)
        return passed


@dataclass(frozen=True, slots=True)
class Device:
    """A torch device and how to use it."""

    name: str  # "cpu", "cuda:0", "mps"
    channels_last: bool  # convolutions are faster with channels innermost
    autocast: torch.dtype | None  # mixed precision for the network's forward pass
    pinned: bool  # uploads are asynchronous from page-locked memory
    packed: bool  # convolutions are faster with their weights reordered beforehand
    recorded: bool  # passes of a fixed shape can be recorded and replayed

    @property
    def place(self) -> torch.device:
        return torch.device(self.name)

    def upload(self, x: torch.Tensor) -> torch.Tensor:
        """Copy one prepared input (C, H, W) to the device as (1, C, H, W) in its memory format."""
        if self.channels_last:
            # The batch comes before the rest is turned: its stride, too, then says the format.
            x = x.permute(1, 2, 0).contiguous()[None].permute(0, 3, 1, 2)
        else:
            x = x.contiguous()[None]
        if self.pinned:
            return x.pin_memory().to(self.place, non_blocking=True)
        return x.to(self.place)

    def synchronise(self) -> None:
        """Wait until the device has done what this thread told it."""
        if self.name.startswith("cuda"):
            # Not all of the device: other threads may be recording work of theirs there.
            torch.cuda.current_stream(self.place).synchronize()
        elif self.name == "mps":
            torch.mps.synchronize()

    def mark(self) -> Mark:
        """Return a mark here. A CUDA device is not waited for: it can be told more meanwhile."""
        if not self.name.startswith("cuda"):
            self.synchronise()
            return Mark(time.perf_counter())
        event = torch.cuda.Event(enable_timing=True)
        event.record(torch.cuda.current_stream(self.place))
        return Mark(time.perf_counter(), event)

    def release_memory(self) -> None:
        """Give cached memory back after a failure or an exchanged network."""
        if self.name.startswith("cuda"):
            torch.cuda.empty_cache()
        elif self.name == "mps":
            torch.mps.empty_cache()


def device_names() -> tuple[str, ...]:
    """Names that can be chosen here, the best first."""
    names = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        names.append("mps")
    return (*names, "cpu")


def choose_device(name: str = "auto") -> Device:
    """Return the device called `name`; "auto" takes the best. Raises `UserError`."""
    names = device_names()
    wanted = {"auto": names[0], "cuda": "cuda:0", "gpu": names[0]}.get(name, name)
    if wanted not in names:
        raise UserError(f"There is no device {name!r} here", f"Choose one of {', '.join(names)}")
    cuda = wanted.startswith("cuda")
    return Device(
        name=wanted,
        channels_last=wanted != "mps",
        autocast=torch.float16 if cuda else None,
        pinned=cuda,
        packed=wanted == "cpu" and torch.backends.mkldnn.is_available(),
        recorded=cuda,
    )
