"""Runs for tests: small networks that really learn, measured here by plain formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors.torch import save_file
from sklearn.datasets import load_digits
from torch import nn

from deepvis_app.lab.log.about import About, ModuleInfo
from deepvis_app.lab.log.bins import bins_of
from deepvis_app.lab.log.run import Counts
from deepvis_app.lab.log.writer import LogWriter

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor

LABELS = tuple("0123456789")


def digits() -> tuple[Tensor, Tensor]:
    """Return the 8 x 8 digits as (N, 1, 8, 8) in 0..1, and their classes."""
    found = load_digits()
    x = torch.from_numpy(found.images.astype(np.float32) / 16).unsqueeze(1)
    return x, torch.from_numpy(found.target.astype(np.int64))


def fully_connected() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 30), nn.Sigmoid(), nn.Linear(30, 10))


def convolving() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 12, 3, stride=2), nn.ReLU(),
        nn.Flatten(), nn.Linear(108, 10),
    )  # fmt: skip


def learn(
    folder: Path,
    module: nn.Module | None = None,
    *,
    rate: float = 0.5,
    steps: int = 120,
    keep: Sequence[int] = (0, 20, 60),
    every: int = 1,
    end: bool = True,
) -> Path:
    """Train on digits and write a log of our own with weights; return its folder."""
    torch.manual_seed(0)
    module = fully_connected() if module is None else module
    x, y = digits()
    layers = {n: m for n, m in module.named_modules() if list(m.parameters(recurse=False))}
    optimizer = torch.optim.SGD(module.parameters(), rate)
    begun = {n: p.detach().clone() for n, p in module.named_parameters()}
    folder.mkdir(parents=True, exist_ok=True)
    with torch.random.fork_rng():
        writer = LogWriter(folder)
        writer.about(_about(module, layers))
        order = torch.randperm(1500)
        for step in range(steps + 1):
            if step in keep:
                _keep(folder, writer, module, step)
            chosen = order[(step * 50) % 1500 :][:50]
            loss = nn.functional.cross_entropy(module(x[chosen]), y[chosen])
            optimizer.zero_grad()
            loss.backward()
            before = {n: p.detach().clone() for n, p in module.named_parameters()}
            optimizer.step()
            writer.scalars(step, {"loss": float(loss.detach())})
            if step % every == 0:
                _measure(writer, step, module, layers, before, begun)
            if step % 20 == 0:
                _judge(writer, step, module, x[1500:], y[1500:])
        writer.line(steps, (0, 0.5, 1, 2, 4, 8), _line(module, optimizer, x, y))
        if end:
            writer.state(steps, "finished")
        writer.close()
    return folder


def _about(module: nn.Module, layers: dict[str, nn.Module]) -> About:
    infos = tuple(
        ModuleInfo(
            name=name,
            kind=type(m).__name__,
            parameters=tuple(f"{name}.{p}" for p, _ in m.named_parameters(recurse=False)),
        )
        for name, m in layers.items()
    )
    return About(
        name="digits", layers=infos, classes=LABELS, batch=50, train_size=1500, val_size=297,
        steps_per_epoch=30,
    )  # fmt: skip


def _norm(tensors: Sequence[Tensor]) -> float:
    return float(torch.cat([t.flatten() for t in tensors]).double().norm())


def _measure(
    writer: LogWriter,
    step: int,
    module: nn.Module,
    layers: dict[str, nn.Module],
    before: dict[str, Tensor],
    begun: dict[str, Tensor],
) -> None:
    rows: dict[str, list[float]] = {}
    parts: dict[str, list[np.ndarray]] = {"weights": [], "gradients": [], "updates": []}
    for name, layer in layers.items():
        own = {f"{name}.{n}": p for n, p in layer.named_parameters(recurse=False)}
        weights = [before[n] for n in own]
        grads = [p.grad for p in own.values() if p.grad is not None]
        updates = [p.detach() - before[n] for n, p in own.items()]
        moved = [p.detach() - begun[n] for n, p in own.items()]
        bad = sum(int((~g.isfinite()).sum()) for g in grads)
        row = {
            "weight": _norm(weights), "gradient": _norm(grads), "update": _norm(updates),
            "moved": _norm(moved), "gradient_bad": bad,
            "weight_bad": sum(int((~w.isfinite()).sum()) for w in weights),
        }  # fmt: skip
        for key, value in row.items():
            rows.setdefault(key, []).append(value)
        for key, tensors in (("weights", weights), ("gradients", grads), ("updates", updates)):
            parts[key].append(np.concatenate([t.flatten().numpy() for t in tensors]))
    names = tuple(layers)
    writer.row("weights", step, names, {k: np.array(v, np.float32) for k, v in rows.items()})
    if step % 10 == 0:
        for key, values in parts.items():
            writer.counts(key, names, counts_of(step, values))


def counts_of(step: int, values: Sequence[np.ndarray]) -> Counts:
    """Return the histograms of some layers' values."""
    found = [np.unique(bins_of(each), return_counts=True) for each in values]
    return Counts(
        step,
        np.cumsum([len(bins) for bins, _ in found]),
        np.concatenate([bins for bins, _ in found]).astype(np.int16),
        np.concatenate([counts for _, counts in found]).astype(np.int64),
    )


def _keep(folder: Path, writer: LogWriter, module: nn.Module, step: int) -> None:
    path = folder / "checkpoints" / f"{step:08d}.safetensors"
    path.parent.mkdir(exist_ok=True)
    save_file(module.state_dict(), path)
    writer.checkpoint(step, f"checkpoints/{path.name}")


def _judge(writer: LogWriter, step: int, module: nn.Module, x: Tensor, y: Tensor) -> None:
    with torch.no_grad():
        scores = module(x)
    table = torch.zeros(10, 10, dtype=torch.int64)
    for true, said in zip(y.tolist(), scores.argmax(1).tolist(), strict=True):
        table[true, said] += 1
    writer.matrix("confusion", step, table.numpy())
    loss = float(nn.functional.cross_entropy(scores, y))
    accuracy = float((scores.argmax(1) == y).float().mean())
    writer.scalars(step, {"val_loss": loss, "val_accuracy": accuracy})


def _line(module: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor, y: Tensor) -> list[float]:
    loss = nn.functional.cross_entropy(module(x[:50]), y[:50])
    optimizer.zero_grad()
    loss.backward()
    rate = optimizer.param_groups[0]["lr"]
    start = [p.detach().clone() for p in module.parameters()]
    slopes = [p.grad.clone() for p in module.parameters() if p.grad is not None]
    losses = []
    with torch.no_grad():
        for length in (0, 0.5, 1, 2, 4, 8):
            for p, w, g in zip(module.parameters(), start, slopes, strict=True):
                p.copy_(w - length * rate * g)
            losses.append(float(nn.functional.cross_entropy(module(x[:50]), y[:50])))
    return losses
