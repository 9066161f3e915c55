"""The best frames of this session for each unit of a layer, gathered while one watches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from deepvis_app.corpus.session import APART_S, SessionTops
from deepvis_app.engine.readers.reader import Reader
from deepvis_app.frames.cv import cv2, rgb_of_bgr

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.engine.readers.seen import Seen
    from deepvis_app.frames.source import Frame
    from deepvis_app.nets.network import Network

LISTED = 9
MOST_LAYERS = 4  # that are gathered for; the one looked at longest ago goes first
QUALITY = 92  # of the JPEG that a listed frame becomes once its moment has passed


@dataclass(frozen=True, slots=True, eq=False)
class BestFrame:
    """One of a unit's best frames. `picture` uint8 (H, W, 3), as the network saw it, read-only."""

    value: float
    position: tuple[int, int]  # where in the unit's map
    picture: NDArray[np.uint8]
    captured_at: float  # time.monotonic() seconds
    title: str


@dataclass(frozen=True, slots=True, eq=False)
class BestFramesReading:
    """The best frames of a unit so far, the best one first; `kept` are those of all units."""

    layer: str
    unit: int
    frames: tuple[BestFrame, ...]
    kept: int


@dataclass(frozen=True, slots=True)
class BestFramesReader(Reader[BestFramesReading]):
    """Gathers for all units of a layer, and shows those of one."""

    title: ClassVar[str] = "The best frames"

    layer: str
    unit: int

    def layers(self, network: Network) -> tuple[str, ...]:
        return (self.layer,)

    def read(self, seen: Seen) -> BestFramesReading:
        session = seen.look.memory.of(Session)
        if not seen.look.still and not seen.look.changes:
            session.add(self.layer, seen)
        return session.reading(self.layer, self.unit)


class _Kept:
    """A frame that is listed: its picture, or the JPEG of it."""

    def __init__(self, picture: NDArray[np.uint8], frame: Frame, now_s: float) -> None:
        self._picture: NDArray[np.uint8] | None = picture
        self._jpeg = b""
        self.captured_at, self.title, self.since_s = frame.captured_at, frame.title, now_s

    @property
    def is_packed(self) -> bool:
        return self._picture is None

    @property
    def jpeg(self) -> bytes:
        if not self._jpeg:
            bgr = np.ascontiguousarray(self.picture[..., ::-1])
            _, packed = cv2.imencode(".jpg", bgr, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))
            self._jpeg = packed.tobytes()
        return self._jpeg

    def pack(self) -> None:
        if self.jpeg:
            self._picture = None

    @property
    def picture(self) -> NDArray[np.uint8]:
        if self._picture is not None:
            return self._picture
        packed = np.frombuffer(self.jpeg, np.uint8)
        picture = rgb_of_bgr(cv2.imdecode(packed, cv2.IMREAD_COLOR))  # type: ignore[arg-type]
        picture.setflags(write=False)
        return picture


class Session:
    """What is gathered of one network's frames. For the worker's thread alone."""

    def __init__(self) -> None:
        self._tops: dict[str, SessionTops] = {}
        self._sizes: dict[str, tuple[int, int]] = {}
        self._frames: dict[int, _Kept] = {}
        self._number = 0
        self._added: Frame | None = None  # the frame of `_number`
        self._changed: dict[str, int] = {}  # layer -> how often
        self._shown: dict[tuple[str, int], tuple[int, BestFramesReading]] = {}

    def add(self, layer: str, seen: Seen) -> None:
        """Look at a frame for a layer."""
        frame, now_s = seen.look.frame, seen.look.now_s
        if frame is not self._added:
            self._added, self._number = frame, self._number + 1
        maps, stats = seen.maps(layer), seen.stats(layer)
        tops = self._of(layer, maps)
        entered = tops.add(self._number, now_s, stats.maxima, lambda units: _places(maps, units))
        if not len(entered):
            return
        self._changed[layer] = self._changed.get(layer, 0) + 1
        if self._number not in self._frames:
            self._frames[self._number] = _Kept(seen.look.picture, frame, now_s)
        self._forget()
        self._pack(now_s)

    def _of(self, layer: str, maps: Tensor) -> SessionTops:
        tops = self._tops.pop(layer, None)
        if tops is None:
            signed = bool((maps < 0).any())
            tops = SessionTops(len(maps), LISTED, above=-np.inf if signed else 0.0)
            self._sizes[layer] = maps.shape[1], maps.shape[2]
        self._tops[layer] = tops
        while len(self._tops) > MOST_LAYERS:
            del self._tops[next(iter(self._tops))]
        return tops

    def _forget(self) -> None:
        listed = frozenset().union(*(tops.frames for tops in self._tops.values()))
        for number in self._frames.keys() - listed:
            del self._frames[number]

    def _pack(self, now_s: float) -> None:
        """Make a JPEG of one frame whose moment has passed: it is likely to stay."""
        for kept in self._frames.values():
            if not kept.is_packed and now_s - kept.since_s > APART_S:
                kept.pack()
                return

    def reading(self, layer: str, unit: int) -> BestFramesReading:
        """Return a unit's best frames; the same value while nothing has changed."""
        changed = self._changed.get(layer, 0)
        known = self._shown.get((layer, unit))
        if known is not None and known[0] == changed:
            return known[1]
        found = BestFramesReading(layer, unit, self._best(layer, unit), len(self._frames))
        self._shown = {(layer, unit): (changed, found)}
        return found

    def _best(self, layer: str, unit: int) -> tuple[BestFrame, ...]:
        if layer not in self._tops:
            return ()
        tops, width = self._tops[layer].tops(), self._sizes[layer][1]
        rows = zip(tops.value[unit], tops.picture[unit], tops.place[unit], strict=True)
        found = ((float(v), self._frames[int(n)], int(at)) for v, n, at in rows if v == v)
        return tuple(
            BestFrame(value, divmod(at, width), kept.picture, kept.captured_at, kept.title)
            for value, kept, at in found
        )

    def pictures(self) -> tuple[bytes, ...]:
        """Return all frames that are listed, as JPEG, the oldest first."""
        return tuple(self._frames[number].jpeg for number in sorted(self._frames))

    def clear(self) -> None:
        """Throw away what was gathered."""
        layers = self._changed.keys()
        self._tops.clear()
        self._frames.clear()
        self._changed = {layer: self._changed[layer] + 1 for layer in layers}


def _places(maps: Tensor, units: Collection[int]) -> NDArray[np.int32]:
    """Return the first position of the maximum of some units' maps, row by row."""
    values = maps[list(units)].float().flatten(1).cpu().numpy()
    found: NDArray[np.int32] = values.argmax(1).astype(np.int32)
    return found
