"""The live view of a network that learns: what new weights cost, several times a second."""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from statistics import median

from deepvis_app.engine import Engine
from deepvis_app.engine.measure import Film, full_request, warm_up, watch
from deepvis_app.engine.own_thread import apart, on_own_thread
from deepvis_app.lab.trainer import Training, TrainPlan
from deepvis_app.nets import Network, load_network
from deepvis_app.nets.run_folders import NOW, checkpoints

SIZE = (480, 640)
SLICE_S = 2.0  # ten times new weights
RATE_HZ = 5.0  # as a training writes them while somebody watches


@dataclass(frozen=True, slots=True)
class RefreshFigures:
    """What a run gave over slices that take turns.

    `ours`: frames a second of the whole live loop while new weights come; `bare`: while none do;
    `ratio` of both, slice by slice: medians. `refreshes` were taken a second.
    """

    ours: float
    bare: float
    ratio: float
    refreshes: float
    slices: int


def measure_refreshes(
    net: str, seconds: float, fps: float = 0, *, device: str = "auto"
) -> RefreshFigures:
    """Run the live loop with and without new weights in turns. Raises `UserError`.

    Another process would write them; here copies of two checkpoints are put in place in turn.
    """
    with tempfile.TemporaryDirectory() as folder, Engine(device) as engine:
        run = Path(folder, "run")
        network = on_own_thread(lambda: _trained(net, run))
        engine.set_network(network)
        engine.open_source(Film(SIZE, fps or None))
        engine.request(full_request(network, network.layers[len(network.layers) // 2]))
        warm_up(engine)
        rows = [_turn(engine, run) for _ in range(max(1, round(seconds / (2 * SLICE_S))))]
    live, still, refreshes = (list(column) for column in zip(*rows, strict=True))
    return RefreshFigures(
        median(live),
        median(still),
        median(one / max(other, 1e-9) for one, other in zip(live, still, strict=True)),
        median(refreshes),
        len(rows),
    )


def _trained(net: str, run: Path) -> Network:
    """Return a run's network; two checkpoints of it lie in its folder."""
    plan = TrainPlan(network=net, activation="relu", epochs=1, checkpoints=2)
    with Training(plan, run) as training:
        for _ in training.steps():
            pass
    return load_network(str(run))


def _turn(engine: Engine, run: Path) -> tuple[float, float, float]:
    """Return rates of the view with new weights and without, and how many came a second."""
    with _Writing(run):
        live, _ = watch(engine, SLICE_S)
        followed = engine.status().followed
    still, _ = watch(engine, SLICE_S)
    return live, still, 0.0 if followed is None else followed.rate


class _Writing:
    """Puts a checkpoint in the place of the present weights, again and again."""

    def __init__(self, run: Path) -> None:
        self._run, self._is_over = run, False

    def __enter__(self) -> _Writing:
        self._work_done = apart(self._work)
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._work_done.result()

    def _work(self) -> None:
        aside = self._run / "aside"
        for file in cycle(checkpoints(self._run).values()):
            began = time.monotonic()
            shutil.copyfile(file, aside)
            aside.replace(self._run / NOW)
            time.sleep(max(1 / RATE_HZ - (time.monotonic() - began), 0))
            if self._is_over:
                return
