"""How fast preferred images are made, alone and beside the live view."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from itertools import count
from statistics import median
from typing import TYPE_CHECKING

import torch

from deepvis_app.engine import Engine, JobStatus, Purpose, SynthesisRequest
from deepvis_app.engine.device.device import choose_device
from deepvis_app.engine.device.replica import replica_on
from deepvis_app.engine.measure import WARM_UP_S, Film, full_request, warm_up, watch
from deepvis_app.engine.own_thread import on_own_thread
from deepvis_app.errors import UserError
from deepvis_app.nets import Network, Unit
from deepvis_app.synth import DEFAULT_RECIPE, PRESETS, Sample, synthesis_steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    from deepvis_app.nets import LayerInfo
    from deepvis_app.synth import Recipe

FPS = 30.0
PICTURE = (480, 640)  # of the source
STEPS_SLICE_S = 0.5  # short: other work on the machine then meets both alike
LIVE_SLICE_S = 3.0  # longer than the time over which shares are kept
SETTLING_S = 1.0
ENDLESS = 100_000


@dataclass(frozen=True, slots=True)
class JobFigures:
    """Rates of one run, medians over slices in turn.

    `ours` and `bare` are steps a second of one picture: our synthesis by the default recipe, and a
    bare forward and backward pass to the same layer at the same size. `live_*` are frames a second
    of the whole live view at a source of 30, `job_*` a job's steps a second.
    """

    ours: float
    bare: float
    ratio: float
    live_alone: float
    live_with_job: float
    live_ratio: float
    job_alone: float
    job_with_live: float
    job_ratio: float
    layer: str
    batch: int
    device: str


def measure_jobs(
    network: Network, seconds: float, *, device: str = "auto", threads: int | None = None
) -> JobFigures:
    """Measure for about `seconds` in all: a third for the steps, the rest for both together."""
    if threads is not None:
        torch.set_num_threads(threads)
    info = layer_of(network)
    recipe = PRESETS[DEFAULT_RECIPE].with_value("stop.steps", ENDLESS)
    steps = on_own_thread(lambda: _steps_rates(network, info, recipe, seconds / 3, device))
    slices = _shared_rates(network, info, recipe, seconds * 2 / 3, device, threads)
    return JobFigures(
        ours=median(a for a, _ in steps),
        bare=median(b for _, b in steps),
        ratio=median(a / b for a, b in steps),
        live_alone=median(one.live_alone for one in slices),
        live_with_job=median(one.live_with_job for one in slices),
        live_ratio=median(_ratio(one.live_with_job, one.live_alone) for one in slices),
        job_alone=median(one.job_alone for one in slices),
        job_with_live=median(one.job_with_live for one in slices),
        job_ratio=median(_ratio(one.job_with_live, one.job_alone) for one in slices),
        layer=info.name,
        batch=1,
        device=choose_device(device).name,
    )


def layer_of(network: Network) -> LayerInfo:
    """Return the deepest layer whose units have a gradient everywhere: no ReLU, no softmax."""
    plain = dict(network.module.named_modules())
    for info in reversed(network.layers):
        if info.name in plain and info.kind in ("Conv2d", "Linear"):
            return info
    return network.layers[-1]


def _ratio(rate: float, alone: float) -> float:
    return rate / alone if alone else math.nan


def _sample(info: LayerInfo) -> Sample:
    return Sample(Unit(info.name, 0))


# Steps


class BareSteps:
    """Forward and backward by PyTorch alone: no synthesis, no taps but one, weights at rest."""

    def __init__(self, network: Network, info: LayerInfo, size: tuple[int, int]) -> None:
        self._module = network.module.eval().requires_grad_(False)
        self._layer = dict(network.module.named_modules())[info.name]
        shape = (1, network.input_shape[0], *size)
        x = torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(network.device)
        self._x = x.contiguous(memory_format=torch.channels_last)

    def step(self) -> Tensor:
        """Return the gradient of the layer's first unit in the middle of its map."""
        x = self._x.detach().requires_grad_()
        handle = self._layer.register_forward_hook(_stop)
        try:
            self._module(x)
        except _Reached as reached:
            value = reached.value
        else:
            raise UserError("The layer was not run", "Choose another network")
        finally:
            handle.remove()
        middle = [size // 2 for size in value.shape[2:]]
        return torch.autograd.grad(value[(0, 0, *middle)], x)[0]


class _Reached(BaseException):
    """Ends a forward pass at the layer that is wanted."""

    def __init__(self, value: Tensor) -> None:
        super().__init__()
        self.value = value


def _stop(_module: object, _inputs: object, output: Tensor) -> None:
    raise _Reached(output)


def _steps_rates(
    network: Network, info: LayerInfo, recipe: Recipe, seconds: float, device_name: str
) -> list[tuple[float, float]]:
    """Return pairs of steps a second, ours and bare, in turn."""
    device = choose_device(device_name)
    replica = replica_on(network, device)
    steps = _endless(replica, info, recipe)
    height, width = next(steps)
    bare = BareSteps(network.replica(device.place), info, (height, width))

    def bare_step() -> None:
        bare.step()
        device.synchronise()

    def our_step() -> None:
        next(steps)  # waits for the device by itself

    def rate(step: Callable[[], None], seconds: float) -> float:
        started, done = time.perf_counter(), 0
        while (passed_s := time.perf_counter() - started) < seconds or not done:
            step()
            done += 1
        return done / passed_s

    for step in (our_step, bare_step):
        rate(step, WARM_UP_S / 2)
    rounds = max(round(seconds / (2 * STEPS_SLICE_S)), 1)
    return [(rate(our_step, STEPS_SLICE_S), rate(bare_step, STEPS_SLICE_S)) for _ in range(rounds)]


def _endless(replica: Network, info: LayerInfo, recipe: Recipe) -> Iterator[tuple[int, int]]:
    """Yield the pictures' size (height, width) at each step; seeds follow one another."""
    size: tuple[int, int] | None = None
    for seed in count():
        for progress in synthesis_steps(replica, [Sample(Unit(info.name, 0), seed)], recipe):
            if size is None:
                height, width = progress.pictures().shape[1:3]
                size = height, width
            yield size


# Live and job together


@dataclass(frozen=True, slots=True)
class _Slice:
    live_alone: float
    live_with_job: float
    job_alone: float
    job_with_live: float


def _shared_rates(
    network: Network,
    info: LayerInfo,
    recipe: Recipe,
    seconds: float,
    device: str,
    threads: int | None,
) -> list[_Slice]:
    grid = [one for one in network.layers if max(one.map_size) > 1] or list(network.layers)
    with Engine(device, threads=threads) as engine:
        engine.set_network(network)
        engine.open_source(Film(PICTURE, FPS))
        engine.request(full_request(network, grid[len(grid) // 2]))
        warm_up(engine)
        job = engine.jobs.submit(SynthesisRequest((_sample(info),), recipe, Purpose.LAYER))
        watch(engine, WARM_UP_S)
        rounds = max(round(seconds / (3 * (LIVE_SLICE_S + SETTLING_S))), 1)
        return [_slice(engine, job) for _ in range(rounds)]


def _slice(engine: Engine, job: int) -> _Slice:
    engine.jobs.pause(job)
    live_alone, _ = _rates(engine, job)
    engine.jobs.resume(job)
    live_with_job, job_with_live = _rates(engine, job)
    engine.freeze(True)
    _, job_alone = _rates(engine, job)
    engine.freeze(False)
    return _Slice(live_alone, live_with_job, job_alone, job_with_live)


def _rates(engine: Engine, job: int) -> tuple[float, float]:
    """Return frames and steps a second over a slice, after things have settled."""
    watch(engine, SETTLING_S)
    before, started = _status(engine, job).step, time.perf_counter()
    live, _ = watch(engine, LIVE_SLICE_S)
    after = _status(engine, job).step
    return live, (after - before) / (time.perf_counter() - started)


def _status(engine: Engine, job: int) -> JobStatus:
    status = next(one for one in engine.jobs.statuses() if one.id == job)
    if status.state.is_final:
        raise status.error or UserError(
            "The unit's gradient vanished", "Measure another network, or give it weights"
        )
    return status
