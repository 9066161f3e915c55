"""The live view beside a training: what each leaves the other."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from deepvis_app.engine import Engine
from deepvis_app.engine.measure import Film, full_request, warm_up, watch
from deepvis_app.engine.process import TrainerProcess
from deepvis_app.errors import UserError
from deepvis_app.lab.trainer.plan import TrainPlan
from deepvis_app.nets import Network

SIZE = (480, 640)
SLICE_S = 1.0
PATIENCE_S = 120.0
FOREVER = 100_000  # epochs

#: What is trained meanwhile: small convolutions, whose steps use all the threads they may.
PLAN = TrainPlan(network="convnet", activation="relu", epochs=FOREVER, checkpoints=1)


@dataclass(frozen=True, slots=True)
class BesideFigures:
    """What a run gave over slices that take turns.

    `ours`: frames a second of the whole live loop while the training runs; `bare`: while it is
    paused; `ratio` of both, slice by slice: medians. `steps`: of the training a second while the
    view is live, `steps_alone` while it is frozen, `steps_ratio` of both: over all slices.
    """

    ours: float
    bare: float
    ratio: float
    steps: float
    steps_alone: float
    steps_ratio: float
    slices: int


def measure_beside(
    network: Network, seconds: float, fps: float = 0, *, device: str = "auto"
) -> BesideFigures:
    """Run the live loop with, without and beside a training in turns. Raises `UserError`."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Engine(device) as engine,
        _Trained(Path(folder, "run")) as trained,
    ):
        engine.set_network(network)
        engine.open_source(Film(SIZE, fps or None))
        layer = network.layers[len(network.layers) // 2]
        engine.request(full_request(network, layer))
        warm_up(engine)
        rows = [_turn(engine, trained) for _ in range(max(1, round(seconds / (3 * SLICE_S))))]
    both, live, steps, alone = (list(column) for column in zip(*rows, strict=True))
    return BesideFigures(
        median(both),
        median(live),
        median(one / max(other, 1e-9) for one, other in zip(both, live, strict=True)),
        sum(steps) / len(rows),
        sum(alone) / len(rows),
        sum(steps) / max(sum(alone), 1e-9),
        len(rows),
    )


def _turn(engine: Engine, trained: _Trained) -> tuple[float, float, float, float]:
    """Return rates of the view beside the training and alone, then steps likewise."""
    trained.run(True)
    before, began = trained.step(), time.monotonic()
    both, _ = watch(engine, SLICE_S)
    steps = (trained.step() - before) / (time.monotonic() - began)
    trained.run(False)
    live, _ = watch(engine, SLICE_S)
    trained.run(True)
    engine.freeze(True)
    before, began = trained.step(), time.monotonic()
    time.sleep(SLICE_S)
    alone = (trained.step() - before) / (time.monotonic() - began)
    engine.freeze(False)
    return both, live, steps, alone


class _Trained:
    """A training in its own process that is paused and goes on."""

    def __init__(self, folder: Path) -> None:
        self._trainer = TrainerProcess(folder)

    def __enter__(self) -> _Trained:
        self._trainer.start(PLAN)
        self._until(lambda: self._trainer.status().step > 0)
        return self

    def __exit__(self, *_: object) -> None:
        self._trainer.close()

    def run(self, wanted: bool) -> None:
        (self._trainer.go_on if wanted else self._trainer.pause)()
        state = "running" if wanted else "paused"
        self._until(lambda: self._trainer.status().state == state)

    def step(self) -> int:
        return self._trainer.status().step

    def _until(self, reached: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not reached():
            status = self._trainer.status()
            if not status.is_alive or time.monotonic() > end:
                raise status.error or UserError("The training does not answer", "Try again")
            time.sleep(0.005)
