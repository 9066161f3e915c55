"""What one pass over some pictures says of every unit of every layer asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

from deepvis_app.corpus.fold import Rows
from deepvis_app.corpus.relevance import relevance
from deepvis_app.corpus.repeats import Flow, Repeat

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets.layers import LayerInfo
    from deepvis_app.nets.network import Network

SAMPLE_EVERY = 8  # batches between two whose places are counted
_AT_ONCE = 32  # units from where PyTorch finds the least of all places in one go quickly
_NONE: Mapping[str, Rows] = MappingProxyType({})


class Score(Enum):
    """What a picture counts for a unit."""

    MAX = "max"  # its highest activation of all places
    MEAN = "mean"  # the mean over all places
    RELEVANCE = "relevance"  # the most that a place contributes to the predicted class


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """What a batch of N pictures gave in a layer, all (N, C).

    `sums` are of all places; how many are above zero, `positive`, is of batches that are sampled.
    """

    scores: Tensor
    places: Tensor | None
    lows: Tensor | None
    sums: Tensor
    positive: Tensor | None


@dataclass(frozen=True, slots=True, eq=False)
class Repeated:
    """A batch of a layer that repeats others: what cannot be told from these."""

    repeat: Repeat
    sums: Tensor | None


def signed_layers(network: Network, layers: Sequence[str]) -> frozenset[str]:
    """Return the layers that give anything below zero on pictures of noise."""
    chance = np.random.default_rng(0)
    height, width = network.input_shape[1:]
    pictures = [
        np.resize(chance.integers(0, 256, (*size, 3), np.uint8), (height, width, 3))
        for size in ((height, width), (1, 1), (height, 1))
    ]
    x = torch.stack([network.normalise(each) for each in pictures])
    least = dict.fromkeys(layers, lambda maps: maps.amin((1, 2, 3)))
    with torch.no_grad():
        found = network.forward(x, reduce=least, stop_early=True).activations
    return frozenset(name for name in layers if float(found[name].min()) < 0)


@dataclass(frozen=True, slots=True, eq=False)
class Earlier:
    """What the first `count` pictures of a shard gave in a scan before, in whole `batches`."""

    count: int
    batches: int
    rows: Mapping[str, Rows]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What the first `count` pictures of a shard gave, in `batches`; it does not change."""

    layers: Mapping[str, LayerInfo]
    signed: frozenset[str]
    count: int
    batches: int
    found: Mapping[str, Sequence[Numbers | Repeated]]
    earlier: Mapping[str, Rows]  # of pictures before these, which `count` has too; or nothing

    def rows(self, layer: str, known: Mapping[str, Rows] = _NONE) -> Rows:
        """Return what the pictures gave in a layer; `known` are those of other layers."""
        earlier = self.earlier.get(layer)
        if earlier is None:
            return self._rows(layer, 0, self.batches, known)
        own = [self._rows(layer, 0, self.batches)] if self.batches else []
        return _one_below_another([earlier, *own])

    def _rows(self, layer: str, first: int, end: int, known: Mapping[str, Rows] = _NONE) -> Rows:
        info, found = self.layers[layer], self.found[layer][first:end]
        if not found:
            return _no_rows(info.map_size, info.unit_count, is_signed=layer in self.signed)
        ways = [one.repeat if isinstance(one, Repeated) else None for one in found]
        if len(set(ways)) > 1:  # the network takes another way for other pictures
            parts = [self._rows(layer, at, at + 1) for at in range(first, end)]
            return _one_below_another(parts)
        if ways[0] is None:
            return _measured_rows(info.map_size, [n for n in found if isinstance(n, Numbers)])
        names = ways[0].sources
        sources = [known.get(name) or self._rows(name, first, end, known) for name in names]
        rows = _side_by_side(sources, with_lows=layer in self.signed)
        if not ways[0].is_cut:
            return rows
        scores = np.maximum(rows.scores, np.float32(0))
        # Where all places are cut, they are equal, and the first one counts.
        places = None if rows.places is None else np.where(scores > 0, rows.places, 0)
        sums = _stacked([one.sums for one in found])
        return replace(rows, scores=scores, places=places, lows=None, sums=sums)


class Measuring:
    """Adds up batches of one shard's pictures. A layer that repeats others is not measured twice.

    `layers` are names; `signed` those of them whose lowest activations are wanted. `earlier` is
    what a scan that was left had of the shard.
    """

    def __init__(
        self,
        network: Network,
        layers: Sequence[str],
        score: Score,
        signed: frozenset[str],
        earlier: Earlier,
    ) -> None:
        self._network, self._layers, self._score = network, tuple(layers), score
        self._signed = signed
        self._infos = {name: network.layer(name) for name in layers}
        self._found: dict[str, list[Numbers | Repeated]] = {name: [] for name in layers}
        self._earlier = earlier
        self._done, self._batches = earlier.count, earlier.batches
        self._passes = 0

    def add(self, x: Tensor) -> None:
        """Run the network on inputs (N, C, H, W), float32, and take in what it gives."""
        is_sampled = self._batches % SAMPLE_EVERY == 0
        for part in x.split(1) if self._network.behaviour.runs_alone else (x,):
            for name, numbers in self._pass(part, is_sampled).items():
                self._found[name].append(numbers)
            self._passes += 1
        self._batches += 1
        self._done += len(x)

    def so_far(self) -> Measured:
        """Return what the pictures gave by now; what is added later does not change it."""
        return Measured(
            self._infos, self._signed, self._done, self._passes, self._found, self._earlier.rows
        )

    @property
    def batches(self) -> int:
        """Return how many batches were run, those before included."""
        return self._batches

    def _pass(self, x: Tensor, is_sampled: bool) -> Mapping[str, Numbers | Repeated]:
        look = Look(self._score, self._signed, is_sampled)
        if self._score is Score.RELEVANCE:
            maps, scored = relevance(self._network, x, self._layers)
            with torch.no_grad():
                for name, own in maps.items():
                    look.at(name, own, scored[name])
            return look.found
        watched = {name: partial(look.at, name) for name in self._layers}
        with torch.no_grad(), look.flow:
            self._network.forward(x, reduce=watched, stop_early=True)
        return look.found


class Look:
    """Measures the layers of one pass, as they come; `found` has what they gave."""

    def __init__(self, score: Score, signed: frozenset[str], is_sampled: bool) -> None:
        self.found: dict[str, Numbers | Repeated] = {}
        self.flow = Flow()
        self._score, self._signed, self._is_sampled = score, signed, is_sampled

    def at(self, name: str, maps: Tensor, scored: Tensor | None = None) -> Tensor:
        """Measure a layer's maps (N, C, h, w); `scored` is ranked in their place. Returns nothing.

        What it returns must not hold on to the maps: the network's memory is used again.
        """
        with torch._C.DisableTorchFunction():  # noqa: SLF001 - what is done here is no flow
            is_single = maps.shape[2] * maps.shape[3] == 1
            repeat = None if is_single else self.flow.met(name, maps)
            if repeat is not None and self._is_told_by(name, repeat):
                sums = _sums(maps.float()) if repeat.is_cut else None
                self.found[name] = Repeated(repeat, sums)
            else:
                self.found[name] = self._measured(name, maps.float(), scored, is_single)
            return maps.new_empty(0)

    def _is_told_by(self, name: str, repeat: Repeat) -> bool:
        """Tell whether everything follows from what is known of other layers."""
        if self._score is not Score.MAX:
            return False
        if name in self._signed:
            return not repeat.is_cut and self._signed.issuperset(repeat.sources)
        return not self._is_sampled or all(map(self._is_counted, repeat.sources))

    def _is_counted(self, name: str) -> bool:
        found = self.found[name]
        if isinstance(found, Repeated):
            return all(map(self._is_counted, found.repeat.sources))
        return found.positive is not None

    def _measured(self, name: str, maps: Tensor, scored: Tensor | None, is_single: bool) -> Numbers:
        ranked = maps if scored is None else scored
        places: Tensor | None = None
        if is_single:
            scores = ranked[:, :, 0, 0].clone()
        elif self._score is Score.MEAN:
            scores = maps.mean((2, 3))
        else:
            # Of equal places this takes the first, on every device; argmax promises nothing.
            high, place = functional.max_pool2d(ranked, maps.shape[2:], return_indices=True)
            scores, places = high[:, :, 0, 0].cpu(), place[:, :, 0, 0].cpu()
        lows = _lows(maps).cpu() if name in self._signed else None
        sums, positive = _sums(maps), None
        if self._is_sampled and bool(torch.isfinite(sums).all()):
            positive = _above_zero(maps)
        return Numbers(scores.cpu(), places, lows, sums, positive)


def _sums(maps: Tensor) -> Tensor:
    return maps.sum((2, 3)).cpu()


def _above_zero(maps: Tensor) -> Tensor:
    """Return the number of places above zero, in float32: a sum of that is ten times as fast."""
    counts = [torch.gt(one, 0, out=torch.empty_like(one)).sum((2, 3)) for one in maps.split(1)]
    return torch.cat(counts).cpu()


def _lows(maps: Tensor) -> Tensor:
    if maps.shape[1] % _AT_ONCE and maps.is_contiguous(memory_format=torch.channels_last):
        # Fewer units than fill its vectors PyTorch takes one by one, unless rows are done first.
        return maps.permute(0, 2, 3, 1).amin(1).amin(1)
    return maps.amin((2, 3))


def _measured_rows(size: tuple[int, int], found: Sequence[Numbers]) -> Rows:
    count = found[0].scores.shape[1]
    return Rows(
        size,
        _stacked([one.scores for one in found]) + np.float32(0),  # -0 becomes 0
        None if found[0].places is None else _stacked([one.places for one in found], np.int32),
        None if found[0].lows is None else _stacked([one.lows for one in found]) + np.float32(0),
        _stacked([one.sums for one in found]),
        _added([one.positive for one in found], count),
        sum(len(one.positive) for one in found if one.positive is not None),
    )


def _stacked(values: Sequence[Tensor | None], kind: type = np.float32) -> NDArray[Any]:
    arrays = [one.numpy() for one in values if one is not None]
    return np.concatenate(arrays, dtype=kind, casting="unsafe")


def _added(values: Sequence[Tensor | None], count: int) -> NDArray[np.float64]:
    """Return the sum (C,) of all rows, one after the other."""
    arrays = [one.numpy() for one in values if one is not None]
    rows = np.concatenate([np.zeros((1, count), np.float32), *arrays])
    found: NDArray[np.float64] = rows.sum(0, dtype=np.float64)
    return found


def _side_by_side(parts: Sequence[Rows], *, with_lows: bool) -> Rows:
    """Return layers as one that has the units of all."""
    lows = [one.lows for one in parts if one.lows is not None] if with_lows else []
    places = [one.places for one in parts if one.places is not None]
    return Rows(
        parts[0].size,
        np.concatenate([one.scores for one in parts], 1),
        np.concatenate(places, 1) if len(places) == len(parts) else None,
        np.concatenate(lows, 1) if len(lows) == len(parts) else None,
        np.concatenate([one.sums for one in parts], 1),
        np.concatenate([one.positive for one in parts]),
        parts[0].sampled,
    )


def _one_below_another(parts: Sequence[Rows]) -> Rows:
    """Return batches of a layer as one."""
    lows = [one.lows for one in parts if one.lows is not None]
    places = [one.places for one in parts if one.places is not None]
    return Rows(
        parts[0].size,
        np.concatenate([one.scores for one in parts]),
        np.concatenate(places) if len(places) == len(parts) else None,
        np.concatenate(lows) if len(lows) == len(parts) else None,
        np.concatenate([one.sums for one in parts]),
        np.sum([one.positive for one in parts], 0),
        sum(one.sampled for one in parts),
    )


def _no_rows(size: tuple[int, int], count: int, *, is_signed: bool) -> Rows:
    nothing = np.empty((0, count), np.float32)
    lows = nothing if is_signed else None
    return Rows(size, nothing, None, lows, nothing, np.zeros(count), 0)
