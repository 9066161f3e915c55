"""How good a trained network is: accuracy, dead units, time of a pass."""

from __future__ import annotations

import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from deepvis_app.lab.pocket.augment import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor, nn

    from deepvis_app.lab.pocket.pictures import Pictures
    from deepvis_app.nets import Network


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Shares of pictures, 0..1: the class is the first guess, it is among the first five."""

    top1: float
    top5: float


@torch.inference_mode()
def accuracy(module: nn.Module, pictures: Pictures, *, side: int | None = None) -> Accuracy:
    """Measure a classifier of normalised (N, 3, H, W); leaves it in evaluation mode.

    `side`: enlarge the pictures to that many pixels first; None: as they are.
    """
    module.eval()
    device = next(module.parameters()).device
    first = among = 0
    for views, classes in _batches(pictures, side):
        guesses = module(views.to(device)).float().topk(5, dim=1).indices.cpu()
        hits = guesses == classes[:, None]
        first += int(hits[:, 0].sum())
        among += int(hits.sum())
    return Accuracy(first / len(pictures), among / len(pictures))


@torch.inference_mode()
def dead_units(network: Network, pictures: Pictures) -> dict[str, float]:
    """Return, for each ReLU, the share of units (0..1) that are zero on all of the pictures."""
    layers = [layer.name for layer in network.layers if layer.kind == "ReLU"]
    alive: dict[str, Tensor] = {}
    for views, _ in _batches(pictures, None):
        for name, maps in network.activations(views, layers).items():
            fires = (maps > 0).flatten(2).any(2).any(0)
            alive[name] = alive[name] | fires if name in alive else fires
    return {name: 1 - fires.float().mean().item() for name, fires in alive.items()}


@torch.inference_mode()
def pass_times(
    modules: Sequence[tuple[nn.Module, tuple[int, int, int]]], rounds: int = 30
) -> list[float]:
    """Return the median seconds of one forward pass of each (module, input shape).

    All are timed in turn within each round, so a busy machine slows all of them alike.
    """
    ready = [
        (module.eval().to(memory_format=torch.channels_last), _noise(shape))
        for module, shape in modules
    ]
    times: list[list[float]] = [[] for _ in ready]
    for turn in range(rounds + 3):
        for (module, x), taken in zip(ready, times, strict=True):
            start = time.perf_counter()
            module(x)
            if turn >= 3:  # the first passes allocate
                taken.append(time.perf_counter() - start)
    return [median(taken) for taken in times]


def _noise(shape: tuple[int, int, int]) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(1, *shape, generator=generator)
    return noise.contiguous(memory_format=torch.channels_last)


def _batches(
    pictures: Pictures, side: int | None, size: int = 250
) -> Iterator[tuple[Tensor, Tensor]]:
    split = zip(pictures.pixels.split(size), pictures.classes.split(size), strict=True)
    for pixels, classes in split:
        views = normalise(pixels)
        if side is not None and side != views.shape[-1]:
            views = functional.interpolate(
                views, size=(side, side), mode="bilinear", antialias=True
            )
        yield views.contiguous(memory_format=torch.channels_last), classes
