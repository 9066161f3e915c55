"""What one pass over some pictures says of every unit of every layer asked for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

from deepvis_app.corpus.fold import Rows
from deepvis_app.corpus.relevance import relevance
from deepvis_app.corpus.repeats import Repeat, repeats

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.nets.layers import LayerInfo
    from deepvis_app.nets.network import Network

SAMPLE_EVERY = 8  # batches between two whose places are counted
_NOISE = 2  # pictures of noise that show which layers are ever below zero


class Score(Enum):
    """What a picture counts for a unit."""

    MAX = "max"  # its highest activation of all places
    MEAN = "mean"  # the mean over all places
    RELEVANCE = "relevance"  # the most that a place contributes to the predicted class


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """What a batch gave in a layer, all (N, C) on the CPU, `sums` and `positive` (C,)."""

    scores: NDArray[np.float32] | None
    places: NDArray[np.int32] | None
    lows: NDArray[np.float32] | None
    sums: NDArray[np.float64] | None
    positive: NDArray[np.float64] | None


def signed_layers(network: Network, layers: Sequence[str]) -> frozenset[str]:
    """Return the layers that give anything below zero on noise."""
    noise = torch.randn(_NOISE, *network.input_shape, generator=torch.Generator().manual_seed(0))
    found = {name: maps.amin() for name, maps in network.activations(noise, layers).items()}
    return frozenset(name for name, least in found.items() if float(least) < 0)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What the first `count` pictures of a shard gave; nothing in it is written again."""

    layers: Mapping[str, LayerInfo]
    repeats: Mapping[str, Repeat]
    signed: frozenset[str]
    count: int
    sampled: int  # pictures whose places were counted
    scores: Mapping[str, NDArray[np.float32]]
    places: Mapping[str, NDArray[np.int32]]
    lows: Mapping[str, NDArray[np.float32]]
    sums: Mapping[str, NDArray[np.float64]]
    positive: Mapping[str, NDArray[np.float64]]

    def rows(self, layer: str) -> Rows:
        """Return what the pictures gave in a layer."""
        info = self.layers[layer]
        if not self.count:
            return _no_rows(info.map_size, info.unit_count, is_signed=layer in self.signed)
        if layer in self.repeats:
            return self._repeated(layer, self.repeats[layer])
        first = slice(self.count)
        return Rows(
            info.map_size,
            self.scores[layer][first],
            self.places[layer][first] if layer in self.places else None,
            self.lows[layer][first] if layer in self.lows else None,
            self.sums[layer],
            self.positive[layer],
            self.sampled,
        )

    def _repeated(self, layer: str, repeat: Repeat) -> Rows:
        sources = [self.rows(name) for name in repeat.sources]
        scores = np.concatenate([one.scores for one in sources], 1)
        all_places = [one.places for one in sources if one.places is not None]
        places = np.concatenate(all_places, 1) if len(all_places) == len(sources) else None
        positive = np.concatenate([one.positive for one in sources])
        if repeat.is_cut:
            scores, lows, sums = np.maximum(scores, 0), None, self.sums[layer]
        else:
            lows = self._joined_lows(layer, sources)
            sums = np.concatenate([one.sums for one in sources])
        size = self.layers[layer].map_size
        return Rows(size, scores, places, lows, sums, positive, self.sampled)

    def _joined_lows(self, layer: str, sources: Sequence[Rows]) -> NDArray[np.float32] | None:
        if layer not in self.signed:
            return None
        nothing = (np.zeros_like(one.scores) if one.lows is None else one.lows for one in sources)
        return np.concatenate(list(nothing), 1)


class Measuring:
    """Adds up batches of one shard's pictures. A layer that repeats others is not measured twice.

    `layers` are names; `signed` those of them whose lowest activations are wanted.
    """

    def __init__(
        self,
        network: Network,
        layers: Sequence[str],
        score: Score,
        signed: frozenset[str],
        count: int,
    ) -> None:
        self._network, self._layers, self._score = network, tuple(layers), score
        self._signed, self._count = signed, count
        self._infos = {name: network.layer(name) for name in layers}
        self._repeats: Mapping[str, Repeat] | None = None
        self._done = self._batches = self._sampled = 0
        self._scores: dict[str, NDArray[np.float32]] = {}
        self._places: dict[str, NDArray[np.int32]] = {}
        self._lows: dict[str, NDArray[np.float32]] = {}
        self._sums: dict[str, NDArray[np.float64]] = {}
        self._positive: dict[str, NDArray[np.float64]] = {}

    def add(self, x: Tensor) -> None:
        """Run the network on inputs (N, C, H, W), float32, and take in what it gives."""
        if self._repeats is None:
            self._repeats = self._find_repeats(x)
        is_sampled = self._batches % SAMPLE_EVERY == 0
        found = self._pass(x, is_sampled)
        self._batches += 1
        self._sampled += len(x) * is_sampled
        rows = slice(self._done, self._done + len(x))
        self._done += len(x)
        for name, numbers in found.items():
            self._take(name, rows, numbers)

    def so_far(self) -> Measured:
        """Return what the pictures gave by now; what is added later does not change it."""
        return Measured(
            self._infos, self._repeats or {}, self._signed, self._done, self._sampled,
            dict(self._scores), dict(self._places), dict(self._lows),
            dict(self._sums), dict(self._positive),
        )  # fmt: skip

    # One pass

    def _find_repeats(self, x: Tensor) -> Mapping[str, Repeat]:
        """Return what can be had from other layers, where the score is the map's maximum."""
        if self._score is not Score.MAX or not self._network.behaviour.is_plain:
            return {}
        return repeats(self._network, x, self._layers)

    def _pass(self, x: Tensor, is_sampled: bool) -> dict[str, Numbers]:
        if self._score is Score.RELEVANCE:
            maps, scores = relevance(self._network, x, self._layers)
            with torch.no_grad():
                return {
                    name: _on_cpu(self._of(name, own, is_sampled, scores[name]))
                    for name, own in maps.items()
                }
        kept: dict[str, tuple[Tensor | None, ...]] = {}

        def look(name: str, maps: Tensor) -> Tensor:
            kept[name] = self._of(name, maps, is_sampled)
            return maps[:0]

        watched = {name: partial(look, name) for name in self._layers if self._is_watched(name)}
        with torch.no_grad():
            self._network.forward(x, reduce=watched, stop_early=True)
        return {name: _on_cpu(values) for name, values in kept.items()}

    def _is_watched(self, name: str) -> bool:
        repeat = (self._repeats or {}).get(name)
        return repeat is None or repeat.is_cut

    def _of(
        self, name: str, maps: Tensor, is_sampled: bool, scored: Tensor | None = None
    ) -> tuple[Tensor | None, ...]:
        """Return scores, places, lows, sums and positive places of maps (N, C, h, w).

        `scored` are maps of what is ranked, where that is something else than the activation.
        """
        if name in (self._repeats or {}):
            return None, None, None, maps.sum((2, 3)).sum(0, dtype=torch.float64), None
        maps = maps.float()
        ranked = maps if scored is None else scored
        places: Tensor | None = None
        lows: Tensor | None = None
        positive: Tensor | None = None
        if maps[0, 0].numel() == 1:
            flat = maps[:, :, 0, 0].clone()
            scores = flat if scored is None else ranked[:, :, 0, 0].clone()
            lows, sums, positive = flat, flat, flat > 0
        else:
            if self._score is Score.MEAN:
                scores = maps.mean((2, 3))
            else:
                # Of equal places this takes the first, on every device; argmax promises nothing.
                high, place = functional.adaptive_max_pool2d(ranked, 1, return_indices=True)
                scores, places = high[:, :, 0, 0], place[:, :, 0, 0]
            sums = maps.sum((2, 3))
            positive = (maps > 0).sum((2, 3)) if is_sampled else None
            if name in self._signed:
                lows = maps.amin((2, 3))
        lows = lows if name in self._signed else None
        if positive is not None:
            positive = positive.sum(0, dtype=torch.float64) if is_sampled else None
        return scores, places, lows, sums.sum(0, dtype=torch.float64), positive

    def _take(self, name: str, rows: slice, numbers: Numbers) -> None:
        if numbers.sums is not None:
            _add(self._sums, name, numbers.sums)
        if numbers.positive is not None:
            _add(self._positive, name, numbers.positive)
        for into, values in (
            (self._scores, numbers.scores), (self._places, numbers.places),
            (self._lows, numbers.lows),
        ):  # fmt: skip
            if values is not None:
                if name not in into:
                    into[name] = np.empty((self._count, values.shape[1]), values.dtype)
                into[name][rows] = values


def _no_rows(size: tuple[int, int], count: int, *, is_signed: bool) -> Rows:
    nothing, zero = np.empty((0, count), np.float32), np.zeros(count)
    return Rows(size, nothing, None, nothing if is_signed else None, zero, zero, 0)


def _add(into: dict[str, NDArray[np.float64]], name: str, values: NDArray[np.float64]) -> None:
    into[name] = into[name] + values if name in into else values


def _on_cpu(values: tuple[Tensor | None, ...]) -> Numbers:
    kinds: tuple[Any, ...] = (np.float32, np.int32, np.float32, np.float64, np.float64)
    found: list[Any] = [
        None if value is None else value.cpu().numpy().astype(kind, copy=False)
        for value, kind in zip(values, kinds, strict=True)
    ]
    return Numbers(*found)
