"""What a run was judged by: its validation examples, and one of its networks."""

from __future__ import annotations

from concurrent.futures import Future
from functools import lru_cache
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

from deepvis_app.lab.trainer import RunFolder, TrainPlan, load_data
from deepvis_app.nets import load_network

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.lab.trainer import DataSet
    from deepvis_app.nets.network import Network


class Judged(NamedTuple):
    """A network of a run, and validation examples as it takes them, (N, C, H, W), and (N,)."""

    network: Network
    pictures: Tensor
    classes: NDArray[np.int64]
    labels: tuple[str, ...]


def run_data(folder: Path) -> DataSet:
    """Return what a run learns from and is judged by. Raises `UserError`. It takes a while."""
    return _data(TrainPlan.read(RunFolder(folder).plan))


@lru_cache(maxsize=2)
def _data(plan: TrainPlan) -> DataSet:
    return load_data(plan)


def judged_by(folder: Path) -> Future[Judged]:
    """Load a run's network and its validation examples in a thread that ends with it."""
    future: Future[Judged] = Future()

    def load() -> None:
        try:
            network, data = load_network(folder), run_data(folder)
            found = Judged(network, data.val_x, data.val_y.numpy(), data.labels)
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            future.set_exception(error)
        else:
            future.set_result(found)

    Thread(target=load, name="deepvis-run-data", daemon=True).start()
    return future
