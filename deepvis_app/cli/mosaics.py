"""Our mosaic against the ancestor's, on the same maps in the same run."""

from __future__ import annotations

from statistics import median
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, NamedTuple

import torch

from deepvis_app.cli.ancestor import PANE_PX, ancestors_mosaic
from deepvis_app.tiles import Contrast, Mosaic, Scaling, layout, unit_stats
from deepvis_app.tiles import mosaic as lay_out
from deepvis_app.tiles.tracker import ContrastTracker

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

# (C, h, w); the first is the one with a target, the others are those the ancestor was timed with.
LAYERS: tuple[tuple[int, int, int], ...] = (
    (64, 224, 224),
    (64, 112, 112),
    (96, 55, 55),
    (256, 27, 27),
    (256, 13, 13),
    (2048, 7, 7),
    (4096, 1, 1),
)


class MosaicTimes(NamedTuple):
    """Median milliseconds for one layer's picture."""

    ours: float
    bare: float


def random_maps(shape: tuple[int, int, int], device: str) -> Tensor:
    """Return maps (C, h, w) as the live view gets them: after a ReLU, channels last in memory."""
    maps = torch.randn(1, *shape, generator=torch.Generator().manual_seed(0)).relu_()
    return maps.to(device, memory_format=torch.channels_last)[0]


def our_mosaic(maps: Tensor, tracker: ContrastTracker) -> Mosaic:
    """Do what the live view does from a layer's maps to the bytes of its grid.

    With the ancestor's contrast: one range for the layer, measured on this frame.
    """
    columns, tile_px = layout(len(maps), (maps.shape[1], maps.shape[2]), PANE_PX)
    contrast = Contrast(Scaling.LAYER)
    scale = tracker.scale("layer", maps, unit_stats(maps), contrast, monotonic())
    return lay_out(maps, tile_px=tile_px, columns=columns, scale=scale)


def time_mosaic(shape: tuple[int, int, int], device: str, rounds: int) -> MosaicTimes:
    """Time both ways in turns, so that both see the same load of the machine."""
    maps, tracker = random_maps(shape, device), ContrastTracker()
    for_ancestor = maps.cpu().contiguous().numpy()

    def ours() -> object:
        return our_mosaic(maps, tracker)

    def bare() -> object:
        return ancestors_mosaic(for_ancestor)

    _time_ms(ours), _time_ms(bare)  # warm
    pairs = [(_time_ms(ours), _time_ms(bare)) for _ in range(rounds)]
    return MosaicTimes(median(p[0] for p in pairs), median(p[1] for p in pairs))


def _time_ms(work: Callable[[], object]) -> float:
    """Ends with the bytes on the processor: the work waits for the device itself."""
    started = perf_counter()
    work()
    return (perf_counter() - started) * 1000
