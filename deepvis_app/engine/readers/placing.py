"""Where in a map of scanned pictures the frame belongs."""

from __future__ import annotations

from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from deepvis_app.corpus.measure import Score
from deepvis_app.corpus.pooled import as_kept, pooled
from deepvis_app.corpus.relevance import relevance
from deepvis_app.engine.readers.reader import Needs, Reader, Surrounding

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from deepvis_app.corpus.map.placement import Placed, Placer
    from deepvis_app.engine.readers.reader import Look
    from deepvis_app.engine.readers.seen import Seen
    from deepvis_app.frames.source import Frame

    Point = tuple[float, float]

WEIGHT = 0.3  # of a new place in the smoothed one
TRAIL = 14  # places before the present one that are shown
APART_S = 0.5  # between two frames that are no film
APART = 90  # frames of a film that nobody leaves out: somebody went elsewhere in it
AGAIN_S = 0.2  # between two passes back, where these are what a picture is scored by


@dataclass(frozen=True, slots=True, eq=False)
class PlaceReading:
    """`placed` is of this frame alone, `point` smoothed over frames, `trail` (T, 2) those before.

    Where the picture rests, `point` is its own. Arrays are read-only.
    """

    placed: Placed
    point: Point
    trail: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    """A layer's scores (C,) of one picture."""

    values: Tensor


@dataclass(frozen=True, slots=True)
class Pool:
    """Reduces maps (1, C, h, w) as a scan by `score` does."""

    score: Score

    def __call__(self, maps: Tensor) -> Pooled:
        return Pooled(pooled(maps, self.score))


@dataclass(frozen=True, slots=True)
class PlaceReader(Reader[PlaceReading]):
    """The frame's place among the codes of a layer that a scan scored by `score`.

    `without` is the place, in the map, of a picture that this frame is: it is no neighbour of its
    own. Raises `UserError` where the layer is none of the network, or another one than the map's.
    """

    title: ClassVar[str] = "The place in the map"

    layer: str
    placer: Placer  # equal to itself alone: another map is another question
    score: Score = Score.MAX
    without: int | None = None

    def needs(self, look: Look) -> Needs:
        if self.score is not Score.RELEVANCE:
            return Needs(reduced={self.layer: Pool(self.score)})
        look.network.layer(self.layer)
        return Needs()

    def read(self, seen: Seen) -> PlaceReading | None:
        walk = seen.look.memory.of(_Walk)
        if self.score is Score.RELEVANCE:
            if not walk.is_due(self, seen.look):
                return walk.last
            scores = self._contributions(seen)
        else:
            scores = seen.reduced(self.layer, Pool(self.score)).values
        placed = self.placer(as_kept(scores), self.without)
        return walk.to(self, seen.look, placed)

    def _contributions(self, seen: Seen) -> Tensor:
        """Return what each unit adds to the predicted class: by a pass of its own, and back."""
        look = seen.look
        with ExitStack() as stack:
            for one in look.changes:
                if isinstance(one, Surrounding):
                    stack.enter_context(one.around(look.network))
            _, found = relevance(look.network, seen.x.detach().clone(), (self.layer,))
        return pooled(found[self.layer], self.score)


class _Walk:
    """Where the frames before were; anew for another map, and where the picture jumps."""

    def __init__(self) -> None:
        self.last: PlaceReading | None = None
        self._reader: PlaceReader | None = None
        self._frame: Frame | None = None
        self._trail: deque[Point] = deque(maxlen=TRAIL)
        self._looked_s = float("-inf")

    def is_due(self, reader: PlaceReader, look: Look) -> bool:
        """Tell whether so long has passed that a dear look is worth it."""
        if not look.still and reader == self._reader and look.now_s - self._looked_s < AGAIN_S:
            return False
        self._looked_s = look.now_s
        return True

    def to(self, reader: PlaceReader, look: Look, placed: Placed) -> PlaceReading:
        """Go on to where a frame is."""
        point, before, frame = placed.point, self.last, look.frame
        jumps = reader != self._reader or self._frame is None or _jumps(self._frame, frame)
        if before is None or jumps:
            self._trail.clear()
        elif frame is not self._frame:
            self._trail.append(before.point)
        if before is not None and not jumps and not look.still:
            point = _between(before.point, point)
        trail = np.array(self._trail, np.float32).reshape(-1, 2)
        trail.setflags(write=False)
        self._reader, self._frame = reader, frame
        self.last = PlaceReading(placed, point, trail)
        return self.last


def _between(old: Point, new: Point) -> Point:
    return old[0] + WEIGHT * (new[0] - old[0]), old[1] + WEIGHT * (new[1] - old[1])


def _jumps(old: Frame, new: Frame) -> bool:
    """Tell whether one frame does not go on from another: of another source, or elsewhere in it."""
    ahead = new.index - old.index
    is_late = new.captured_at - old.captured_at > APART_S
    return new.number < old.number or is_late or not 0 <= ahead <= APART
