"""What a run was judged by: its validation examples, and one of its networks."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from deepvis_app.engine.own_thread import apart
from deepvis_app.lab.timeline import BATCH, MOST_PICTURES
from deepvis_app.lab.trainer import RunFolder, TrainPlan, load_data
from deepvis_app.nets import load_network
from deepvis_app.nets.run_folders import RunNetwork, checkpoints

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.lab.trainer import DataSet
    from deepvis_app.nets.network import Network


class Judged(NamedTuple):
    """A network of a run, and the validation examples that it is looked at with.

    `inputs` (N, C, H, W) as it takes them, `classes` (N,); `pictures` uint8 (N, H, W, 3), None of
    points.
    """

    network: Network
    inputs: Tensor
    classes: NDArray[np.int64]
    labels: tuple[str, ...]
    pictures: NDArray[np.uint8] | None = None


def run_data(folder: Path) -> DataSet:
    """Return what a run learns from and is judged by. Raises `UserError`. It takes a while."""
    return _data(TrainPlan.read(RunFolder(folder).plan))


@lru_cache(maxsize=2)
def _data(plan: TrainPlan) -> DataSet:
    return load_data(plan)


def judged_by(folder: Path) -> Future[Judged]:
    """Load a run's network, that of its last checkpoint, and its first validation examples."""

    def load() -> Judged:
        step = next(reversed(checkpoints(folder)), None)
        return _judged(RunNetwork(folder, step))

    return apart(load)


def dead_units(folder: Path, layer: str) -> Future[tuple[int, ...]]:
    """Find the units of a layer that never rise above zero on a run's validation pictures.

    With its newest weights, at any place. `UserError` where it has no such layer.
    """

    def find() -> tuple[int, ...]:
        found = _judged(RunNetwork(folder.absolute()))
        scores = [
            found.network.activations(part, [layer])[layer].flatten(2).amax(2)
            for part in found.inputs.split(BATCH)
        ]
        dead = torch.cat(scores).amax(0) <= 0
        return tuple(dead.nonzero().flatten().tolist())

    return apart(find)


def _judged(run: RunNetwork) -> Judged:
    network, data = load_network(run.spec), run_data(run.folder)
    count = min(len(data.val_y), MOST_PICTURES)
    pictures = None
    if not data.is_points:
        pictures = np.stack([data.picture(place, val=True) for place in range(count)])
        pictures.setflags(write=False)
    return Judged(network, data.val_x[:count], data.val_y[:count].numpy(), data.labels, pictures)
