"""From one frame and one request to one snapshot. Knows no thread."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch

from deepvis_app.engine.brushing import Covering
from deepvis_app.engine.device.replay import Replay
from deepvis_app.engine.explaining import LiveExplainer
from deepvis_app.engine.likeness import Likeness
from deepvis_app.engine.nonfinite import Watch, first_not_finite
from deepvis_app.engine.order import UnitHistory
from deepvis_app.engine.snapshot import ExplanationReading, GridReading, Snapshot, UnitReading
from deepvis_app.engine.strip import Strip
from deepvis_app.nets.outputs import probabilities as nets_probabilities
from deepvis_app.tiles import Mosaic, mosaic, unit_stats
from deepvis_app.tiles.contrast import Sign
from deepvis_app.tiles.thumbs import ThumbSheet, shrunk
from deepvis_app.tiles.tracker import ContrastTracker

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from contextlib import AbstractContextManager

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.engine.device.device import Device
    from deepvis_app.engine.nonfinite import NotFinite
    from deepvis_app.engine.request import Brush, GridRequest, LiveRequest
    from deepvis_app.frames.source import Frame
    from deepvis_app.nets.layers import Unit
    from deepvis_app.nets.network import Network
    from deepvis_app.nets.preprocessing import Fit, Placement
    from deepvis_app.tiles.contrast import Scale
    from deepvis_app.tiles.stats import UnitStats
    from deepvis_app.tiles.thumbs import Shrunk

    Reduce = Mapping[str, Callable[[Tensor], Tensor]]


class Prepared:
    """A frame as the network takes it; reused while frame, fit and mirror stay."""

    def __init__(
        self, network: Network, device: Device, frame: Frame, fit: Fit | None, mirror: bool
    ) -> None:
        self.frame, self._fit, self._mirror = frame, fit, mirror
        self.picture: NDArray[np.uint8]
        self.placement: Placement
        self.picture, self.placement = network.view(frame.image, fit, mirror)
        self.picture.setflags(write=False)
        x = network.normalise(self.picture, channels_last=device.channels_last)
        self.x = device.upload(x)
        self._covering = Covering(network, self.x, self.picture)

    def seen(self, brush: Brush | None) -> tuple[Tensor, NDArray[np.uint8]]:
        """Return the input (1, C, H, W) and its picture, as far as a brush leaves them."""
        return (self.x, self.picture) if brush is None else self._covering.cover(brush)

    def answers(self, frame: Frame, request: LiveRequest) -> bool:
        return self.frame is frame and self._fit == request.fit and self._mirror == request.mirror


class LiveProcessor:
    """Runs one network on frames and draws what is asked for. For one thread at a time.

    It taps only what is shown: the grids' layers, the picked unit's and the thumbnails whose turn
    it is; it draws on the device, and keeps no activation from one frame to the next.
    """

    def __init__(
        self,
        network: Network,
        device: Device,
        fingerprint: str = "",
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.network, self.device = network, device
        self.fingerprint = fingerprint or network.fingerprint
        self._clock = clock
        self._tracker = ContrastTracker()
        self._strip = Strip(self._tracker)
        self._explainer = LiveExplainer(network)
        self._likeness = Likeness(self.fingerprint)
        self._replay: Replay[_Pass] = Replay()
        self._watch = Watch()
        self._histories: dict[str, UnitHistory] = {}
        self._names = frozenset(info.name for info in network.layers)
        self._prepared: Prepared | None = None
        self._seen: Frame | None = None
        self._brush: Brush | None = None

    def prepare(self, frame: Frame, request: LiveRequest) -> Prepared:
        """Fit, resize, normalise and upload a frame, unless the last one will do."""
        if self._prepared is None or not self._prepared.answers(frame, request):
            self._prepared = Prepared(self.network, self.device, frame, request.fit, request.mirror)
        return self._prepared

    @torch.no_grad()
    def process(self, frame: Frame, request: LiveRequest) -> Snapshot:
        """Answer `request` for `frame`. Layers that the network has not are left out.

        The same frame again is a picture at rest: running ranges take their goal and every
        thumbnail is brought up to it. Raises whatever the network raises.
        """
        started = self.device.mark()
        still = frame is self._seen
        prepared = self.prepare(frame, request)
        x, picture = prepared.seen(request.brush)
        if request.brush != self._brush:
            self._brush = request.brush
            self._strip.unsettle()
        prepared_at = self.device.mark()
        now_s = self._clock()
        due = self._strip.due(request.strip, frame, now_s, still)
        strip = [name for name in due if name in self._names]
        grids = tuple(grid for grid in request.grids if grid.layer in self._names)
        unit = request.unit if request.unit and request.unit.layer in self._names else None
        probed = self._likeness.due(now_s, always=still or self.device.recorded)
        wanted = {grid.layer for grid in grids} | ({unit.layer} if unit else set()) | probed
        seen = self._look(x, request, wanted, grids, strip)
        maps = seen.maps
        forward_at = self.device.mark()

        stats = {name: unit_stats(maps[name]) for name in wanted}
        for name in probed:
            self._likeness.read(stats[name].maxima)
        if not still and request.brush is None:
            self._learn({grid.layer: stats[grid.layer] for grid in grids})
        readings = tuple(
            self._grid(grid, maps[grid.layer], stats[grid.layer], seen.gradients, now_s, still)
            for grid in grids
        )
        sheet = ThumbSheet()
        for name in strip:
            small = seen.small.get(name) or shrunk(maps[name].unsqueeze(0), request.strip.size_px)
            sheet.add(name, small)
        is_finite = self._strip.draw(sheet, frame, now_s, still)
        scores = None if seen.scores is None else seen.scores[0].cpu().numpy()
        if scores is not None:
            scores.setflags(write=False)
        reading = None if unit is None else read_unit(unit, maps[unit.layer], stats[unit.layer])
        is_finite = (
            is_finite
            and all(one.is_finite for one in stats.values())
            and (scores is None or bool(np.isfinite(scores).all()))
        )
        not_finite = self._watch.see(
            is_finite,
            (frame, request.brush),
            now_s,
            partial(self._first_bad, x, frame),
            still=still,
        )
        self._seen = frame
        tiled_at = self.device.mark()
        return Snapshot(
            generation=request.generation,
            network=self.fingerprint,
            frame=frame,
            picture=picture,
            placement=prepared.placement,
            grids=readings,
            thumbs=self._strip.thumbs(request.strip),
            scores=scores,
            unit=reading,
            explanation=seen.explanation,
            finished_at=time.monotonic(),
            stages_ms={
                "prepare": prepared_at.ms_since(started),
                "forward": forward_at.ms_since(prepared_at),
                "tiles": tiled_at.ms_since(forward_at),
            },
            is_finite=is_finite,
            not_finite=not_finite,
            likeness=self._likeness.value,
        )

    def shown_input(self) -> Tensor | None:
        """Return the last frame's input (C, H, W), a copy; None before the first."""
        return None if self._prepared is None else self._prepared.x[0].clone()

    @torch.no_grad()
    def activations(
        self, layers: Sequence[str] | None, dtype: type[np.floating]
    ) -> dict[str, NDArray[np.generic]]:
        """Return the last frame's activations (C, h, w) of `layers` (None: all), and its input."""
        if self._prepared is None:
            return {}
        names = [info.name for info in self.network.layers] if layers is None else list(layers)
        maps = self._pass(self._prepared.x, names).maps
        arrays: dict[str, NDArray[np.generic]] = {
            name: values.float().cpu().numpy().astype(dtype) for name, values in maps.items()
        }
        inputs = self._prepared.x[0].float().cpu().numpy()
        return {"picture": self._prepared.picture, "input": inputs, **arrays}

    def _look(
        self,
        x: Tensor,
        request: LiveRequest,
        layers: Collection[str],
        grids: Sequence[GridRequest],
        strip: Sequence[str],
    ) -> _Seen:
        """Run the network on the frame, and back from the unit to be explained.

        Of the layers in `strip` that are not in `layers`, only what a thumbnail needs is kept.
        """
        asked = request.explain
        problem = "" if asked is None else self._explainer.problem(asked)
        if asked is None or problem:
            found = self._forward(x, request, layers, strip)
            reading = None if asked is None else ExplanationReading(asked, problem=problem)
            return _Seen(found.scores, found.maps, found.small, reading)
        backward = {grid.layer for grid in grids if grid.backward}
        small: dict[str, Shrunk] = {}
        reduce = _shrinking(small, set(strip).difference(layers), request.strip.size_px)
        with self._mixed():
            forward, reading, gradients = self._explainer.run(x, asked, layers, backward, reduce)
        maps = {name: forward.activations[name][0].detach() for name in layers}
        with torch.no_grad():
            scores = self.network.scores(forward)
        return _Seen(scores, maps, small, reading, gradients)

    def _forward(
        self, x: Tensor, request: LiveRequest, layers: Collection[str], strip: Sequence[str]
    ) -> _Pass:
        """Run the network; a recorded pass is with all thumbnails or with none, whosever turn."""
        size_px = request.strip.size_px
        if self.device.recorded:
            strip = [name for name in request.strip.layers if strip and name in self._names]
            thumbs = tuple(name for name in strip if name not in layers)
            key = frozenset(layers), thumbs, size_px, x.shape
            return self._replay.run(key, lambda x: self._pass(x, layers, thumbs, size_px), x)
        return self._pass(x, layers, set(strip).difference(layers), size_px)

    def _pass(
        self, x: Tensor, layers: Collection[str], thumbs: Collection[str] = (), size_px: int = 0
    ) -> _Pass:
        small: dict[str, Shrunk] = {}
        with self._mixed():
            found = self.network.forward(x, layers, reduce=_shrinking(small, thumbs, size_px))
        return _Pass(
            self.network.scores(found), {name: found.activations[name][0] for name in layers}, small
        )

    def _first_bad(self, x: Tensor, frame: Frame) -> NotFinite | None:
        with self._mixed():
            return first_not_finite(self.network, x, frame.number)

    def _mixed(self) -> AbstractContextManager[object]:
        """Return a context of the device's precision."""
        if self.device.autocast is None:
            return nullcontext()
        return torch.autocast(self.device.place.type, self.device.autocast)

    def _learn(self, stats: Mapping[str, UnitStats]) -> None:
        for layer, values in stats.items():
            self._history(layer, len(values.maxima)).add(values)

    def _history(self, layer: str, unit_count: int) -> UnitHistory:
        if layer not in self._histories:
            self._histories[layer] = UnitHistory(unit_count)
        return self._histories[layer]

    def _grid(
        self,
        request: GridRequest,
        maps: Tensor,
        stats: UnitStats,
        gradients: Mapping[str, Tensor],
        now_s: float,
        still: bool,
    ) -> GridReading:
        history = self._history(request.layer, len(maps))
        order = history.order(request, stats)
        order.setflags(write=False)
        first = first_visible(request, len(order))
        units = order[first : first + request.count]
        backward = request.backward and request.layer in gradients
        key, contrast, drawn = request.layer, request.contrast, stats
        if backward:
            key, maps = f"{request.layer} backward", gradients[request.layer]
            contrast, drawn = replace(contrast, sign=Sign.DIVERGING), unit_stats(maps)
        scale = self._tracker.scale(key, maps, drawn, contrast, now_s, still=still)
        one_range = drawn.has_numbers and not isinstance(scale.low, torch.Tensor)
        return GridReading(
            layer=request.layer,
            mosaic=draw(maps, units, scale, request, is_finite=drawn.is_finite),
            order=order,
            first=first,
            dead=int(history.dead.sum()),
            maxima=stats.maxima,
            means=stats.means,
            low=float(scale.low) if one_range else float("nan"),
            high=float(scale.high) if one_range else float("nan"),
            signed=scale.signed,
            backward=backward,
            has_numbers=drawn.has_numbers,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Pass:
    """What a forward pass gave: scores (1, K), maps (C, h, w) and what thumbnails need."""

    scores: Tensor | None
    maps: dict[str, Tensor]
    small: dict[str, Shrunk]

    def tensors(self) -> list[Tensor]:
        scores = [] if self.scores is None else [self.scores]
        return [*scores, *self.maps.values(), *(one.values for one in self.small.values())]


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What was seen of a frame: as `_Pass`, and gradients (C, h, w) by layer."""

    scores: Tensor | None
    maps: dict[str, Tensor]
    small: Mapping[str, Shrunk]
    explanation: ExplanationReading | None = None
    gradients: Mapping[str, Tensor] = field(default_factory=dict)


def _shrinking(into: dict[str, Shrunk], layers: Collection[str], size_px: int) -> Reduce:
    """Return functions that put what a thumbnail needs of their layers into a dictionary."""

    def keep(name: str, maps: Tensor) -> Tensor:
        into[name] = shrunk(maps, size_px)
        return into[name].values

    return {name: partial(keep, name) for name in layers}


def first_visible(request: GridRequest, total: int) -> int:
    """Return the place of the first tile, moved back to the last row when it is beyond the end."""
    if request.first < total:
        return max(request.first, 0)
    return max(total - 1, 0) // request.columns * request.columns


def draw(
    maps: Tensor,
    units: NDArray[np.int64],
    scale: Scale,
    request: GridRequest,
    *,
    is_finite: bool | None = None,
) -> Mosaic:
    """Draw the mosaic of some units of maps (C, h, w); only their maps are worked on."""
    if not len(units):
        empty = np.empty((0, 0), np.uint8)
        empty.setflags(write=False)
        return Mosaic(empty, request.tile_px, 1, request.columns, 0)
    if len(units) < len(maps) or (units[:-1] > units[1:]).any():
        picked = torch.tensor(units, device=maps.device)
        maps, scale = maps.index_select(0, picked), scale.of_units(picked)
    return mosaic(
        maps,
        tile_px=request.tile_px,
        columns=request.columns,
        scale=scale,
        is_finite=is_finite,
    )


def probabilities(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what is shown of class scores (K,) whose kind is not known. Read-only."""
    scores: NDArray[np.float32] = nets_probabilities(torch.from_numpy(logits)[None])[0].numpy()
    scores.setflags(write=False)
    return scores


def read_unit(unit: Unit, maps: Tensor, stats: UnitStats) -> UnitReading | None:
    """Read one unit of maps (C, h, w); None when the layer has no such unit."""
    if not 0 <= unit.index < len(maps):
        return None
    values = maps[unit.index].float().cpu().numpy().copy()
    values.setflags(write=False)
    place = np.unravel_index(int(np.argmax(values)), values.shape)
    maximum = float(stats.maxima[unit.index])
    return UnitReading(
        unit=unit,
        map=values,
        maximum=maximum,
        mean=float(stats.means[unit.index]),
        argmax=(int(place[0]), int(place[1])),
        rank=1 + int((stats.maxima > maximum).sum()),
    )
