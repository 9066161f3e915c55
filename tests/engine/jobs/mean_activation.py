"""The smallest kind of job: what a layer gives on average over a folder of pictures.

As a program, `python mean_activation.py FOLDER STORE`, it is killed in the middle of such a job.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from deepvis_app.engine.jobs.kind import JobKind
from deepvis_app.engine.jobs.progress import Progress


@dataclass(frozen=True)
class MeanRequest:
    folder: str
    layer: str


class MeanActivation(JobKind[MeanRequest, list[float]]):
    name, request = "mean activation", MeanRequest

    def title(self, request):
        return f"{request.layer} over {Path(request.folder).name}"

    def steps(self, network, request, resume):
        files = sorted(Path(request.folder).glob("*.png"))
        total = (
            torch.zeros(network.layer(request.layer).unit_count) if not resume else resume["total"]
        )
        for number in range(int(resume["done"]) if resume else 0, len(files)):
            x = network.prepare(np.asarray(Image.open(files[number])))
            maps = network.activations(x[None], [request.layer])[request.layer][0]
            total = total + maps.mean((1, 2))
            state = {"total": total, "done": torch.tensor(number + 1)}
            yield Progress(number + 1, len(files), (total / (number + 1)).tolist(), state)
        return (total / len(files)).tolist()

    def to_data(self, request):
        return asdict(request)

    def from_data(self, data):
        return MeanRequest(**data)


# What tests need of it


def network():
    from tests.engine.conftest import tiny_network

    return tiny_network()


def be_killed(folder: str, store: str) -> None:
    """Do such a job until a checkpoint is kept of it; then die in the middle of a step."""
    from deepvis_app.engine import Engine
    from deepvis_app.engine.jobs import kinds, runner
    from deepvis_app.store import Store

    kept = Store(Path(store))

    class Killed(MeanActivation):
        def steps(self, network, request, resume):
            for step in super().steps(network, request, resume):
                if step.step > 20 and kept.find("checkpoint"):
                    os.kill(os.getpid(), signal.SIGKILL)
                yield step

    kinds.KINDS = (*kinds.KINDS, Killed)
    runner.CHECKPOINT_S = 0.02
    with Engine("cpu", threads=1, store=kept) as engine:
        engine.set_network(network())
        engine.jobs.submit(MeanRequest(folder, "third"))
        while True:
            engine.next_snapshot(0.01)  # none comes: there is no source


if __name__ == "__main__":
    be_killed(sys.argv[1], sys.argv[2])
