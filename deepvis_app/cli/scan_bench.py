"""What a scan costs beside what it cannot do without: decoding and the network's own pass."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import torch

from deepvis_app.corpus.folder import Folder
from deepvis_app.corpus.pictures import source_of
from deepvis_app.corpus.progress import ScanProgress
from deepvis_app.corpus.scan import Wish, scan_steps
from deepvis_app.corpus.shard import reader_of
from deepvis_app.engine.at_once import at_once
from deepvis_app.engine.device.device import choose_device
from deepvis_app.engine.device.replica import replica_on

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from deepvis_app.corpus.shard import Reader
    from deepvis_app.engine.device.device import Device
    from deepvis_app.nets import Network

END = object()

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class ScanFigures:
    """Pictures a second; all of one run in turn, batch by batch.

    `ours` is a scan of all layers with decoding and files, `bare` PyTorch's forward pass alone on
    the same batches, `bare_decoded` that with decoding and preparing; `ratio` is ours to that.
    `statistics_share` is the part of our time that is neither of these.
    """

    ours: float
    bare: float
    bare_decoded: float
    ratio: float
    statistics_share: float
    pictures: int
    layers: int
    batch: int
    device: str


def measure_scan(network: Network, source: str, rounds: int, device: str = "auto") -> ScanFigures:
    """Scan pictures so many times; the medians count. Raises `UserError`."""
    place = choose_device(device)
    ours, bare = replica_on(network, place), network.replica(place.place)
    fingerprint = network.fingerprint
    found = [_measured(ours, bare, source, fingerprint, place) for _ in range(rounds)]
    middle = [median(values) for values in zip(*(times for times, *_ in found), strict=True)]
    whole_s, decoding_s, forward_s = middle
    _, pictures, layers, batch = found[0]
    return ScanFigures(
        ours=pictures / whole_s,
        bare=pictures / forward_s,
        bare_decoded=pictures / (decoding_s + forward_s),
        ratio=(decoding_s + forward_s) / whole_s,
        statistics_share=1 - (decoding_s + forward_s) / whole_s,
        pictures=pictures,
        layers=layers,
        batch=batch,
        device=place.name,
    )


def _measured(
    ours: Network, bare: Network, source: str, fingerprint: str, device: Device
) -> tuple[tuple[float, float, float], int, int, int]:
    """Return the seconds of a scan, of decoding and of the bare passes; and what was scanned."""
    with tempfile.TemporaryDirectory(prefix="deepvis-bench-") as place:
        out = Path(place, "corpus")
        steps = scan_steps(ours, Wish(source, out, fingerprint=fingerprint), each=at_once)
        times, done = np.zeros(3), 0
        read: Reader | None = None
        names: Sequence[str] = ()
        while True:
            step, seconds = _timed(lambda: next(steps, END), device)
            times[0] += seconds
            if step is END:
                break
            if not isinstance(step, ScanProgress) or step.so_far is None or step.step == done:
                continue
            if read is None:
                manner, names = Folder(out).about().manner, Folder(out).plan().names
                read = reader_of(bare, source_of(source), manner)
            times[1:] += _bare(bare, read, names[done : step.step], device)
            done = step.step
        manner = Folder(out).about().manner
    return (times[0], times[1], times[2]), done, len(manner.layers), manner.batch


def _bare(
    network: Network, read: Reader, names: Sequence[str], device: Device
) -> tuple[float, float]:
    """Return the seconds of reading pictures as inputs, and of a pass of these."""

    def inputs() -> Tensor:
        seen = [each for each in read(names) if isinstance(each, np.ndarray)]
        stacked = torch.stack([network.normalise(each) for each in seen])
        return stacked.to(device.place).contiguous(memory_format=torch.channels_last)

    def forward() -> None:
        with torch.no_grad():
            network.module(x)

    x, reading_s = _timed(inputs, device)
    return reading_s, _timed(forward, device)[1]


def _timed(function: Callable[[], Result], device: Device) -> tuple[Result, float]:
    started = time.perf_counter()
    result = function()
    device.synchronise()
    return result, time.perf_counter() - started
