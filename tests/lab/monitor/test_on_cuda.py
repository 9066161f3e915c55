"""On a CUDA device: the same numbers, read late and in their order."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from deepvis_app.lab import Monitor
from deepvis_app.lab.monitor.exponents import SAMPLED, raw_counts
from tests.lab.monitor.loops import CRITERION, batches, read, same, small

if TYPE_CHECKING:
    from pathlib import Path

    from deepvis_app.lab import Run

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif("not torch.cuda.is_available()", reason="there is no CUDA device"),
]


def trained(folder: Path | None, device: str, steps: int = 6) -> tuple[Run | None, dict[str, Any]]:
    model = small().to(device)
    optimizer = torch.optim.AdamW(model.parameters(), 0.01)
    x, y = (each.to(device) for each in batches(1, size=9)[0])
    options: Any = {"probe": x, "probe_labels": y, "loss": CRITERION, "every": 1}
    monitor = Monitor(model, optimizer, folder, limit=math.inf, **options) if folder else None
    for x, y in batches(steps):
        optimizer.zero_grad()
        loss = CRITERION(model(x.to(device)), y.to(device))
        loss.backward()
        optimizer.step()
        if monitor:
            monitor.step(loss=loss)
    if monitor:
        monitor.close()
    return (read(folder) if folder else None), model.state_dict()


def test_numbers_are_those_of_the_cpu(tmp_path: Path) -> None:
    (there, _), (here, _) = trained(tmp_path / "a", "cuda"), trained(tmp_path / "b", "cpu")
    assert there is not None
    assert here is not None
    for name in ("loss", "gradient_norm", "probe_loss", "alpha"):
        assert there.scalars[name].steps.tolist() == here.scalars[name].steps.tolist()
        assert there.scalars[name].values == pytest.approx(here.scalars[name].values, rel=1e-6)
    assert there.weights.steps.tolist() == here.weights.steps.tolist()
    for quantity, values in here.weights.values.items():
        found = there.weights.values[quantity]
        assert np.allclose(found, values, rtol=1e-5, atol=1e-9, equal_nan=True), quantity


def test_the_network_is_the_same_with_and_without(tmp_path: Path) -> None:
    assert same(trained(tmp_path, "cuda")[1], trained(None, "cuda")[1])


@pytest.mark.parametrize("is_fused", [False, True])
def test_scaled_halves(tmp_path: Path, is_fused: bool) -> None:
    model = small(kind=torch.float32).cuda()
    optimizer = torch.optim.Adam(model.parameters(), 0.01, fused=is_fused)
    scaler = torch.amp.GradScaler("cuda", init_scale=2.0**10)
    options: Any = {"every": 1, "limit": math.inf, "scaler": scaler}
    with Monitor(model, optimizer, tmp_path, **options) as monitor:
        for step, (x, y) in enumerate(batches(4), 1):
            optimizer.zero_grad()
            with torch.autocast("cuda", torch.float16):
                loss = CRITERION(model(x.float().cuda()), y.cuda())
            scaler.scale(loss).backward()
            if step == 3:
                model[0].weight.grad[0, 0] = math.inf
            else:
                whole = torch.stack([p.grad.norm() for p in model.parameters()]).norm()
                expected = float(whole) / scaler.get_scale()
            scaler.step(optimizer)
            scaler.update()
            monitor.step(loss=loss)
    run = read(tmp_path)
    assert run.scalars["gradient_norm"].last == pytest.approx(expected, rel=1e-4)
    assert [event.step for event in run.events_of("skipped")] == [3]
    assert not run.events_of("nonfinite")


def test_exponents_of_a_sample() -> None:
    values = torch.randn(1000, 997, device="cuda")
    values[::7] = 0
    counts, every = raw_counts(values).cpu(), raw_counts(values.cpu())
    assert SAMPLED / 2 < int(counts[:512].sum()) <= SAMPLED
    assert counts[:512] / counts[:512].sum() == pytest.approx(
        every[:512] / every[:512].sum(), abs=0.01
    )
