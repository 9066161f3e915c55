"""How fast the live loop is, against the bare network in the same run."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app.engine.device.device import choose_device
from deepvis_app.engine.engine import Engine
from deepvis_app.engine.own_thread import on_own_thread
from deepvis_app.engine.readers import (
    ExplanationReader,
    GridReader,
    Reader,
    StripReader,
    UnitReader,
    Why,
)
from deepvis_app.engine.request import LiveRequest
from deepvis_app.engine.status import Phase
from deepvis_app.frames.source import Frame, Playback, Policy, SourceInfo
from deepvis_app.tiles import layout

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from deepvis_app.explain import Method
    from deepvis_app.nets.layers import LayerInfo
    from deepvis_app.nets.network import Network

PICTURES = 16
GRID_AREA_PX = (720, 900)  # (height, width) of a grid's pane
SLICE_S = 0.5  # short: other work on the machine then meets both alike
WARM_UP_S = 2.0
SETTLING_S = 0.3  # without an answer for so long, the frozen engine is at rest


@dataclass(frozen=True, slots=True)
class LiveFigures:
    """What a run gave. Rates are frames a second, medians over short slices.

    `ours` is the whole live loop: capture, preprocessing, every layer's thumbnail, one full grid,
    class scores and the unit's map; `bare` is the same module on one prepared input, no taps,
    slice by slice in turn with ours. `ratio` is the median of the slices' ratios. Ages are from
    the capture of a frame until its snapshot was taken.
    """

    ours: float
    bare: float
    ratio: float
    age_ms_p50: float
    age_ms_p95: float
    dropped: int
    rss_growth_mb: float
    forward_ms: float  # of one bare pass
    layer: str  # whose grid was drawn
    device: str


class Film:
    """A source of a few pictures over and over: at a rate, or as fast as they are taken."""

    device = ""

    def __init__(self, size: tuple[int, int], rate_hz: float | None) -> None:
        self.spec = ""
        self.policy = Policy.EVERY if rate_hz is None else Policy.NEWEST
        self._size, self._rate_hz = size, rate_hz
        self._pictures: list[NDArray[np.uint8]] = []
        self._given = 0
        self._next_s = 0.0

    def open(self) -> SourceInfo:
        random = np.random.default_rng(0)
        height, width = self._size
        coarse = random.random((PICTURES, 3, height // 16 + 1, width // 16 + 1), np.float32)
        self._pictures = list(on_own_thread(lambda: _enlarged(coarse, self._size)))
        self._next_s = time.monotonic()
        return SourceInfo("benchmark", f"{width} × {height}", width, height, self._rate_hz)

    def due_in_s(self) -> float:
        return 0.0 if self._rate_hz is None else max(self._next_s - time.monotonic(), 0.0)

    def read(self) -> Frame:
        now = time.monotonic()
        if self._rate_hz is not None:
            self._next_s = max(self._next_s + 1 / self._rate_hz, now)
        number, self._given = self._given, self._given + 1
        return Frame(self._pictures[number % PICTURES], number, now, "benchmark")

    def playback(self) -> Playback:
        return Playback(index=self._given)

    def play(self, playing: bool) -> None: ...

    def step(self, delta: int) -> None: ...

    def seek(self, index: int) -> None: ...

    def set_speed(self, speed: float) -> None: ...

    def set_loop(self, loop: bool) -> None: ...

    def interrupt(self) -> None: ...

    def close(self) -> None: ...


def _enlarged(coarse: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return pictures (N, H, W, 3) from values 0..1 (N, 3, h, w); read-only."""
    smooth = torch.nn.functional.interpolate(torch.from_numpy(coarse * 255), size, mode="bilinear")
    pictures = smooth.permute(0, 2, 3, 1).to(torch.uint8).contiguous().numpy()
    pictures.setflags(write=False)
    return pictures


class _Bare:
    """The network alone: no taps, one prepared input, no gradients.

    With `backward` a forward and a backward pass from the class scores to the input. It runs on
    the engine's own thread, as the live loop does: torch's threads are then the same ones for both
    (`on_own_thread` says what a second team of them would cost).
    """

    def __init__(self, network: Network, engine: Engine, *, backward: bool = False) -> None:
        self._network, self._engine, self._backward = network, engine, backward
        self._device = choose_device(engine.status().device)
        self._ready: tuple[nn.Module, Tensor] | None = None

    def rate(self, seconds: float) -> float:
        """Return passes a second over about so many seconds. Raises what the passes raise."""
        return self._engine.between_frames(lambda: self._passes(seconds)).result()

    def _passes(self, seconds: float) -> float:
        """Make all passes in one go: nothing comes between."""
        module, x = self._ready = self._ready or self._prepared()
        started, passes = time.perf_counter(), 0
        while (passed_s := time.perf_counter() - started) < seconds or not passes:
            self._pass(module, x)
            self._device.synchronise()
            passes += 1
        return passes / passed_s

    def _prepared(self) -> tuple[nn.Module, Tensor]:
        place, last = self._device.place, self._device.channels_last
        module = self._network.replica(place, channels_last=last).module.eval()
        height, width = self._network.input_shape[1:]
        picture = np.full((height, width, 3), 128, np.uint8)
        return module.requires_grad_(False), self._device.upload(self._network.prepare(picture))

    def _pass(self, module: nn.Module, x: Tensor) -> None:
        with torch.set_grad_enabled(self._backward):
            x = x.detach().requires_grad_(self._backward)
            output = module(x)
            if self._backward:
                torch.autograd.grad(output.sum(), x)


def measure_live(
    network: Network,
    seconds: float = 20.0,
    source_fps: float | None = None,
    *,
    size: tuple[int, int] = (480, 640),
    layer: str | None = None,
    device: str = "auto",
    threads: int | None = None,
    explain: Method | None = None,
    more: tuple[Reader[object], ...] = (),
) -> LiveFigures:
    """Run the live loop and the bare network in turn for about `seconds` in all.

    With `explain` the first class is explained on each frame by that method, and bare is a
    forward and a backward pass. `more` are further readers.

    `source_fps` None: frames of `size` (height, width) come as fast as they are taken; that
    compares rates. With a rate such as 30 the figures that count are the ages. `layer` is the one
    whose grid is drawn, the middle one of the network unless named.
    """
    info = _middle(network) if layer is None else network.layer(layer)
    with Engine(device, threads=threads) as engine:
        engine.set_network(network)
        engine.open_source(Film(size, source_fps))
        asked = full_request(network, info, explain)
        engine.request(replace(asked, readers=(*asked.readers, *more)))
        warm_up(engine)
        bare = _Bare(network, engine, backward=explain is not None)
        engine.freeze(True)
        bare.rate(WARM_UP_S / 2)
        before_mb, dropped = rss_mb(), engine.status().rates.dropped
        rates: list[tuple[float, float]] = []
        ages: list[float] = []
        for _ in range(max(round(seconds / (2 * SLICE_S)), 1)):
            engine.freeze(False)
            ours, young = watch(engine, SLICE_S)
            ages += young
            engine.freeze(True)
            _settle(engine)
            rates.append((ours, bare.rate(SLICE_S)))
        status = engine.status()
    return LiveFigures(
        ours=median(a for a, _ in rates),
        bare=median(b for _, b in rates),
        ratio=median(a / b for a, b in rates),
        age_ms_p50=float(np.quantile(ages or [np.nan], 0.5)),
        age_ms_p95=float(np.quantile(ages or [np.nan], 0.95)),
        dropped=status.rates.dropped - dropped,
        rss_growth_mb=rss_mb() - before_mb,
        forward_ms=1000 / median(b for _, b in rates),
        layer=info.name,
        device=status.device,
    )


def full_request(network: Network, info: LayerInfo, explain: Method | None = None) -> LiveRequest:
    """Ask for everything at once: all thumbnails, one layer's whole grid and one unit's map.

    With `explain` also why the first class, or the last layer's first unit, fires.
    """
    from deepvis_app.nets.layers import Unit

    columns, tile_px = layout(info.unit_count, info.map_size, GRID_AREA_PX)
    readers: list[Reader[object]] = [
        GridReader(info.name, tile_px, columns),
        StripReader(tuple(one.name for one in network.layers)),
        UnitReader(Unit(info.name, 0)),
    ]
    if explain is not None:
        readers.append(ExplanationReader(Why(Unit(_deepest(network), 0), explain)))
    return LiveRequest(generation=1, readers=tuple(readers))


def _deepest(network: Network) -> str:
    return network.output_layer or network.own_layers[-1].name


def _middle(network: Network) -> LayerInfo:
    layers = [info for info in network.layers if max(info.map_size) > 1] or list(network.layers)
    return layers[len(layers) // 2]


def _settle(engine: Engine) -> None:
    """Wait for the frame that was under way, and for the whole answer to the one that stays."""
    while engine.next_snapshot(SETTLING_S) is not None:
        pass


def warm_up(engine: Engine) -> None:
    """Wait for the first picture, however long the network takes to load, then run for a while.

    Raises what is wrong with the network.
    """
    while engine.next_snapshot(SETTLING_S) is None:
        raise_problem(engine)
    watch(engine, WARM_UP_S)
    raise_problem(engine)


def watch(engine: Engine, seconds: float) -> tuple[float, list[float]]:
    """Take snapshots for so long; return their rate and the ages (ms) of those captured since."""
    started = time.monotonic()
    finished, ages = [], []
    while (left_s := started + seconds - time.monotonic()) > 0:
        snapshot = engine.next_snapshot(left_s)
        if snapshot is None or snapshot.finished_at < started:
            continue
        finished.append(snapshot.finished_at)
        if snapshot.frame.captured_at > started:
            ages.append((time.monotonic() - snapshot.frame.captured_at) * 1000)
    if len(finished) < 2:
        return len(finished) / seconds, ages
    return (len(finished) - 1) / (finished[-1] - finished[0]), ages


def raise_problem(engine: Engine) -> None:
    """Raise what is wrong with the network, if anything is."""
    status = engine.status()
    failed = status.network.phase is Phase.FAILED
    problem = status.network.error if failed else status.fault
    if problem is not None:
        raise problem


def own_mb() -> float:
    """Return the memory in MB that is this process's alone: without files that are mapped.

    The system takes pages of files (libraries, most of all) in and out as it likes, so that the
    resident size goes up and down by dozens of MB while the process does nothing.
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return rss_mb()
    sizes = dict(line.split(":", 1) for line in status.splitlines())
    own = [sizes[name].split()[0] for name in ("RssAnon", "RssShmem") if name in sizes]
    return sum(map(int, own)) * 1024 / 1e6 if own else rss_mb()


def rss_mb() -> float:
    """Return the memory that this process holds now, in MB; its peak where only that is known."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
