"""A monitor that runs for long holds no more at its end than at its beginning."""

from __future__ import annotations

import gc
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from deepvis_app.lab import Monitor, read_log
from tests.lab.monitor.loops import CRITERION, batches, small


def tensors_alive() -> int:
    gc.collect()
    return sum(1 for each in gc.get_objects() if type(each) is torch.Tensor)


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


@pytest.mark.slow(seconds=60)
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads sizes as Linux tells them")
def test_ten_thousand_steps_leave_nothing_behind(tmp_path: Path) -> None:
    model = small()
    optimizer = torch.optim.Adam(model.parameters(), 0.001)
    x, y = batches(1, size=16)[0]
    options: Any = {"probe": x, "probe_labels": y, "loss": CRITERION}
    counts, sizes = [], []
    with Monitor(model, optimizer, tmp_path, every=20, limit=math.inf, **options) as monitor:
        for step in range(10_000):
            optimizer.zero_grad()
            loss = CRITERION(model(x), y)
            loss.backward()
            optimizer.step()
            monitor.step(loss=loss)
            if step % 2000 == 1999:
                counts.append(tensors_alive())
                sizes.append(resident_mb())
    assert counts[-1] - counts[0] < 50, counts  # of some thousand looks
    assert sizes[-1] - sizes[0] < 8, sizes
    run = read_log(tmp_path)
    assert len(run.scalars["loss"]) == 10_000
    assert len(run.weights.steps) == 501
