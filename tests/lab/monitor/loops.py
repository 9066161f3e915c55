"""Small networks in float64 and a record by hand of what an optimiser gets and does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from deepvis_app.lab import Run

CRITERION = nn.CrossEntropyLoss()


def small(seed: int = 0, kind: torch.dtype = torch.float64) -> nn.Sequential:
    """A network of three layers with parameters, "0", "2" and "4"."""
    torch.manual_seed(seed)
    layers = nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 7), nn.ReLU(), nn.Linear(7, 3)
    return nn.Sequential(*layers).to(kind)


def batches(count: int, size: int = 5, seed: int = 1) -> list[tuple[torch.Tensor, torch.Tensor]]:
    source = torch.Generator().manual_seed(seed)
    return [
        (
            torch.randn(size, 6, generator=source, dtype=torch.float64),
            torch.randint(0, 3, (size,), generator=source),
        )
        for _ in range(count)
    ]


def length(tensors: Iterable[torch.Tensor | None]) -> float:
    """The norm of all of them together, by hand."""
    known = [each.detach() for each in tensors if each is not None]
    dense = [each.to_dense() if each.is_sparse else each for each in known]
    return float(sum((each.abs().double() ** 2).sum() for each in dense)) ** 0.5


def weights_of(module: nn.Module) -> list[torch.Tensor]:
    return [each.detach().clone() for each in module.parameters()]


def change(module: nn.Module, before: list[torch.Tensor]) -> float:
    """How far a module's parameters are from what they were."""
    pairs = zip(module.parameters(), before, strict=True)
    return length([now.detach() - then for now, then in pairs])


def at(run: Run, quantity: str, layer: str, step: int) -> float:
    place = run.weights.steps.tolist().index(step)
    return float(run.weights.of(quantity, layer)[place])


def read(folder: Path) -> Run:
    from deepvis_app.lab import read_log

    run = read_log(folder)
    assert not run.faults
    assert not run.events_of("fault"), [dict(each.data) for each in run.events_of("fault")]
    return run


def same(one: Any, other: Any) -> bool:
    """Equal to the last bit."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
